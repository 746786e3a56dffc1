"""The pulse frame, as docs/protocol.md has it."""

import json

import pytest

from pulse.protocol import Disk, DiskUsage, Network, Usage, decode, encode, moment, rfc3339
from pulse.tests.support import NOON, pulse


def test_a_pulse_has_the_fields_of_the_contract() -> None:
    made = pulse(
        "web-1",
        17,
        cpu=12.5,
        cores=(10.0, 15.0),
        memory=Usage(50.0, 1, 2),
        swap=None,
        load=(0.1, 0.2, 0.3),
        disk=DiskUsage(25.0, 1, 4, available=3, inodes=2.0),
        network=Network(7, 8, 70, 80),
        uptime=90,
        steal=0.0,
        iowait=1.0,
        disks=(Disk("/", 25.0, 3, 4, 2.0),),
        limited=True,
        missing=("swap",),
    )
    frame = json.loads(encode(made))
    expected = {
        "type": "pulse",
        "cpu": 12.5,
        "host": "web-1",
        "seq": 17,
        "at": "2027-01-15T08:00:00.000Z",
        "interval": 5.0,
        "cores": [10.0, 15.0],
        "memory": {"percent": 50.0, "used": 1, "total": 2},
        "swap": None,
        "load": [0.1, 0.2, 0.3],
        "disk": {"percent": 25.0, "used": 1, "total": 4, "available": 3, "inodes": 2.0},
        "network": {"sent": 7, "received": 8, "sent_total": 70, "received_total": 80},
        "uptime": 90,
        "steal": 0.0,
        "iowait": 1.0,
        "disks": [{"mount": "/", "percent": 25.0, "available": 3, "total": 4, "inodes": 2.0}],
        "limited": True,
        "missing": ["swap"],
    }
    assert frame | expected == frame  # others may come later
    assert decode(encode(made)) == made


# As version 0 stored it. A field that comes later has a default; never change this text.
STORED = (
    '{"type":"pulse","cpu":12.5,"host":"web-1","seq":17,"at":"2027-01-15T08:00:00.000Z","interval":5.0,"cores":[10.0,15.0],'
    '"memory":{"percent":50.0,"used":1,"total":2},"swap":{"percent":0.0,"used":0,"total":0},"load":[0.1,0.2,0.3],'
    '"disk":{"percent":25.0,"used":1,"total":4},"network":{"sent":7,"received":8},"uptime":90}'
)


def test_a_frame_that_an_earlier_version_stored_can_be_read() -> None:
    read = decode(STORED)
    assert (read.host, read.cpu, read.load, read.network) == ("web-1", 12.5, (0.1, 0.2, 0.3), Network(7, 8))


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
