"""Rows that are read as one JSON text."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from rtproject.tests.support.site import Site
from rtproject.utils.rows import read_rows

READ = """
import json
from rooms.history.reader import read_after, read_before
from rooms.models import Message, Room
from rooms.tests.support import keeping_room, put_texts
from pulse.models import Rollup
from pulse.storage.series import _RollupRow
from rtproject.utils.rows import read_rows

room = keeping_room("keeps")
texts = ["first", 'a "quote" \\\\ and a\\nline', "\\N{FOX FACE}\\u2028", "4"]
written = put_texts(room, *texts)
read = read_before(room.pk, None, 3).rows
print(json.dumps({
    "texts": [row.text for row in read] == texts[1:],
    "equal": all(
        (row.seq, row.member, row.name, row.guest, row.at, row.key)
        == (known.seq, known.member, known.name, known.guest, known.at, known.key)
        for row, known in zip(read, written[1:], strict=True)
    ),
    "after": [row.seq for row in read_after(room.pk, 1, 2).rows],
    "none": read_rows(Rollup.objects.all(), _RollupRow),
}))
"""


class Row(msgspec.Struct, array_like=True):
    """A user."""

    username: str
    is_staff: bool
    date_joined: datetime


@pytest.mark.parametrize("on_postgresql", [False, True])
def test_rows_come_as_they_were_written_and_in_their_order(tmp_path, request, on_postgresql: bool) -> None:
    settings = {"DATABASE_URL": request.getfixturevalue("database_url")} if on_postgresql else {}
    site = Site(tmp_path, settings)
    site.manage("migrate", "--verbosity", "0")
    expected = {"texts": True, "equal": True, "after": [2, 3], "none": []}
    assert json.loads(site.execute(READ)) == expected


def test_they_take_one_query(django_user_model, db: None, django_assert_num_queries) -> None:
    joined = datetime(2026, 1, 31, 12, tzinfo=UTC)
    for number in range(3):
        django_user_model.objects.create(username=str(number), date_joined=joined, is_staff=number == 1)
    with django_assert_num_queries(1):
        rows = read_rows(django_user_model.objects.order_by("-username")[:2], Row)
    assert [(row.username, row.is_staff) for row in rows] == [("2", False), ("1", True)]
    assert rows[0].date_joined.replace(tzinfo=UTC) == joined
