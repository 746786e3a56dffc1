"""The documentation has everything that the code has."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from django.conf import settings

from pulse.prometheus import METRICS as OF_PULSE
from pulse.protocol import AlertEntry, Alerts, Pulse
from rooms import protocol
from rtproject.environment import DECLARED
from rtproject.metrics import METRICS
from rtproject.tests.support.env_example import env_example
from rtproject.websocket.close_codes import CloseCode

DOCS = Path(settings.BASE_DIR) / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table rows below a heading of a page, without the table's own head."""
    section = (DOCS / page).read_text().split(heading + "\n", 1)[1]
    section = re.split(r"^#+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    table = [line for line in section.splitlines() if line.startswith("|")]
    lines = [line for line in table if "`" in line or line[2].isdigit()]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def frames(heading: str) -> dict[str, str]:
    return {cells[0].strip("`"): cells[1] for cells in rows("protocol.md", heading)}


def fields(*kinds: type) -> list[str]:
    return [field.encode_name for kind in kinds for field in msgspec.structs.fields(kind)]


def test_every_close_code_is_documented() -> None:
    documented = [tuple(cells) for cells in rows("protocol.md", "## Close codes")]
    assert documented == [
        (str(int(code)), code.title, code.reconnect, str(code.meaning)) for code in CloseCode
    ]


@pytest.mark.parametrize(
    ("heading", "union"),
    [("### Client to server", protocol.ClientFrame), ("### Server to client", protocol.ServerFrame)],
)
def test_every_frame_of_a_room_is_documented_with_its_fields(heading: str, union: type) -> None:
    documented = frames(heading)
    assert set(documented) == {frame.__struct_config__.tag for frame in get_args(union)}
    for frame in get_args(union):
        for name in fields(frame):
            assert f"`{name}`" in documented[frame.__struct_config__.tag], (frame, name)


def test_every_error_code_is_documented() -> None:
    assert set(frames("### Errors")) == set(get_args(protocol.ErrorCode))


@pytest.mark.parametrize(("frame", "kinds"), [("pulse", [Pulse]), ("alerts", [Alerts, AlertEntry])])
def test_every_frame_of_the_pulse_is_documented_with_its_fields(frame: str, kinds: list[type]) -> None:
    assert re.findall(r"`(\w+)`", frames("## `/stats`")[frame]) == fields(*kinds)


def test_every_metric_for_prometheus_is_documented() -> None:
    text = (DOCS / "protocol.md").read_text().split("### Prometheus\n", 1)[1].split("\n## ", 1)[0]
    assert {name for name, _, _ in OF_PULSE} | METRICS.keys() <= set(re.findall(r"`(\w+)`", text))


def test_every_setting_is_documented_with_its_default_and_its_help() -> None:
    documented = {
        cells[0].strip("`"): (cells[1].strip("`"), cells[2]) for cells in rows("deployment.md", "## Settings")
    }
    assert documented == DECLARED


def test_the_example_of_an_environment_has_every_setting() -> None:
    example = Path(settings.BASE_DIR) / ".env.example"
    hint = "write it with: python -m rtproject.tests.support.env_example > .env.example"
    assert example.read_text() == env_example(), hint


@pytest.mark.slow
def test_the_site_builds_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    """With each page in its navigation; MkDocs ends at a warning."""
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=DOCS.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "index.html").exists()
