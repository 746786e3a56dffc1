"""The pulse frame, as docs/protocol.md has it."""

import json

import pytest

from pulse.protocol import Network, Usage, decode, encode, moment, rfc3339
from pulse.tests.support import NOON, pulse


def test_a_pulse_has_the_fields_of_the_contract_in_their_order() -> None:
    made = pulse(
        "web-1",
        17,
        cpu=12.5,
        cores=(10.0, 15.0),
        memory=Usage(50.0, 1, 2),
        load=(0.1, 0.2, 0.3),
        disk=Usage(25.0, 1, 4),
        network=Network(7, 8),
        uptime=90,
    )
    assert json.loads(encode(made), object_pairs_hook=list)[:13] == [  # others may come later
        ("type", "pulse"),
        ("cpu", 12.5),
        ("host", "web-1"),
        ("seq", 17),
        ("at", "2027-01-15T08:00:00.000Z"),
        ("interval", 5.0),
        ("cores", [10.0, 15.0]),
        ("memory", [("percent", 50.0), ("used", 1), ("total", 2)]),
        ("swap", [("percent", 0.0), ("used", 0), ("total", 0)]),
        ("load", [0.1, 0.2, 0.3]),
        ("disk", [("percent", 25.0), ("used", 1), ("total", 4)]),
        ("network", [("sent", 7), ("received", 8)]),
        ("uptime", 90),
    ]


# As version 0 stored it. A field that comes later has a default; never change this text.
STORED = (
    '{"type":"pulse","cpu":12.5,"host":"web-1","seq":17,"at":"2027-01-15T08:00:00.000Z","interval":5.0,"cores":[10.0,15.0],'
    '"memory":{"percent":50.0,"used":1,"total":2},"swap":{"percent":0.0,"used":0,"total":0},"load":[0.1,0.2,0.3],'
    '"disk":{"percent":25.0,"used":1,"total":4},"network":{"sent":7,"received":8},"uptime":90}'
)


def test_a_frame_that_an_earlier_version_stored_can_be_read() -> None:
    read = decode(STORED)
    assert (read.host, read.cpu, read.load, read.network.received) == ("web-1", 12.5, (0.1, 0.2, 0.3), 8)


@pytest.mark.parametrize(
    ("unix_time", "text"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (NOON + 4.9999, "2027-01-15T08:00:04.999Z"),
        (1_763_860_000.2, "2025-11-23T01:06:40.200Z"),
    ],
)
def test_times_are_rfc_3339_in_utc_with_milliseconds_rounded_down(unix_time: float, text: str) -> None:
    assert rfc3339(moment(unix_time)) == text
