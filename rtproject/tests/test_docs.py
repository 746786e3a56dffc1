"""The documentation says what the code does."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from django.conf import settings

from pulse.prometheus import GAUGES
from pulse.protocol import AlertEntry, Alerts, Pulse
from rooms import protocol
from rtproject.environment import DECLARED
from rtproject.websocket.close_codes import CloseCode

DOCS = Path(settings.BASE_DIR) / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table rows below a heading of a page, without the table's own head."""
    section = (DOCS / page).read_text().split(heading + "\n", 1)[1]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table
        if "`" in line or line[2].isdigit()
    ]


def frames(heading: str) -> dict[str, str]:
    return {cells[0].strip("`"): cells[1] for cells in rows("protocol.md", heading)}


def test_every_close_code_is_documented_as_the_code_has_it():
    documented = [tuple(cells) for cells in rows("protocol.md", "## Close codes")]
    assert documented == [
        (str(int(code)), code.title, code.reconnect, str(code.meaning)) for code in CloseCode
    ]


@pytest.mark.parametrize(
    ("heading", "union"),
    [("### Client to server", protocol.ClientFrame), ("### Server to client", protocol.ServerFrame)],
)
def test_every_frame_of_a_room_is_documented_with_all_its_fields(heading, union):
    documented = frames(heading)
    assert set(documented) == {frame.__struct_config__.tag for frame in get_args(union)}
    for frame in get_args(union):
        for field in msgspec.structs.fields(frame):
            assert f"`{field.encode_name}`" in documented[frame.__struct_config__.tag], (
                frame,
                field.encode_name,
            )


def test_every_error_code_is_documented():
    assert set(frames("### Errors")) == set(get_args(protocol.ErrorCode))


def test_the_pulse_frame_is_documented_with_all_its_fields():
    documented = re.findall(r"`(\w+)`", frames("## `/stats`")["pulse"])
    assert documented == [field.encode_name for field in msgspec.structs.fields(Pulse)]


def test_the_alerts_frame_is_documented_with_all_its_fields():
    documented = re.findall(r"`(\w+)`", frames("## `/stats`")["alerts"])
    assert documented == [
        field.encode_name for kind in (Alerts, AlertEntry) for field in msgspec.structs.fields(kind)
    ]


def test_every_metric_for_prometheus_is_documented():
    text = (DOCS / "protocol.md").read_text().split("### Prometheus\n", 1)[1].split("\n## ", 1)[0]
    documented = set(re.findall(r"`(\w+)`", text))
    assert {name for name, _, _ in GAUGES} <= documented


def test_every_setting_is_documented_with_its_default_and_its_help():
    documented = {
        cells[0].strip("`"): (cells[1].strip("`"), cells[2]) for cells in rows("deployment.md", "## Settings")
    }
    assert documented == DECLARED
