"""Connections that all speak at once: in a room, where everybody hears everything, or to the echo."""

import time

from benchmarks.client import CLOCK_DIGITS, SPEAKER_DIGITS, Client, message
from benchmarks.crowd import Crowd
from benchmarks.talk import PATIENCE, Heard, Latencies, outcome


class Speaker:
    """Speaks again whenever one of its own messages has come back, until `end` (of time.perf_counter).

    `confirmed` takes the time of each. `number` tells it from the others, and `size` is its texts', in bytes.
    """

    def __init__(self, client: Client, number: int, template: str, size: int, confirmed: Latencies) -> None:
        self.sent = 0
        self.end = 0.0
        self._client, self._number, self._template, self._size = client, number, template, size
        self._own = f"{number:0{SPEAKER_DIGITS}d}".encode()
        self._confirmed = confirmed
        client.heard = self.hear

    def say(self, count: int) -> None:
        """Says `count` things at once."""
        self.sent += count
        frames = [message(self._template, self._size, self._number) for _ in range(count)]
        self._client.send(b"".join(frames))

    def hear(self, client: Client, data: bytes, at: int) -> None:
        """A client's `heard`."""
        speaker = at + CLOCK_DIGITS
        if data[speaker : speaker + SPEAKER_DIGITS] != self._own:
            return
        self._confirmed.hear(client, data, at)
        if time.perf_counter() < self.end:
            self.say(1)


def everybody(crowd: Crowd, template: str, size: int, seconds: float, ahead: int, shared: bool) -> Heard:
    """All say `ahead` messages at once, and for `seconds` another one for each that came back to its speaker.

    `shared` is whether each message is for all, or for its speaker alone. The latencies are the speakers' own: from
    saying something to hearing it. `size` is the text's, in bytes.
    """
    confirmed = Latencies()
    speakers = [Speaker(each, number, template, size, confirmed) for number, each in enumerate(crowd.members)]
    crowd.forget()
    began = time.perf_counter()
    for speaker in speakers:
        speaker.end = began + seconds
        speaker.say(ahead)
    hearers = len(speakers) if shared else 1

    def sent() -> int:
        return sum(speaker.sent for speaker in speakers)

    crowd.pump_until(lambda: crowd.total >= hearers * sent(), seconds + PATIENCE)
    took = time.perf_counter() - began
    own = [speaker.sent for speaker in speakers]
    return outcome(crowd, confirmed, sent(), took, None if shared else own)
