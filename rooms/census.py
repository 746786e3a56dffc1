"""Who is in which room, asked of all processes at one moment: for the admin, who is in none of them."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from channels.layers import get_channel_layer

from rooms.attendance import HERE
from rooms.protocol import Person
from rtproject.websocket.drain import background
from rtproject.websocket.errors import Unavailable
from rtproject.websocket.fanout import Event, broadcast
from rtproject.websocket.layer import ask_layer

if TYPE_CHECKING:
    from rooms.feeds import Feeds

GROUP = "rooms.census"
ANSWER_SECONDS = 0.3  # how long the other processes have to answer

Members = dict[str, dict[str, Person]]  # room's key -> member's id -> member


class Respondent:
    """Answers for the rooms of one process; a member of GROUP."""

    def __init__(self, feeds: "Feeds") -> None:
        self._feeds = feeds

    def deliver(self, event: Event) -> None:
        """Somebody asks."""
        background(self._answer(event.tags["answer_to"]), "rooms census")

    async def _answer(self, channel: str) -> None:
        rooms: dict[str, list[list[Any]]] = {}
        for feed in self._feeds:  # there may be two of one name for a while
            here = feed.presence.attendance.at(HERE).values()
            rooms.setdefault(feed.key, []).extend([person.id, person.name, person.guest] for person in here)
        with contextlib.suppress(Unavailable):  # then who asks hears nothing, and counts nobody
            await ask_layer(get_channel_layer().send(channel, {"type": "rooms.census", "rooms": rooms}))


async def take_census() -> Members:
    """The members in all rooms, as far as the processes answer in time. Raises Unavailable."""
    layer: Any = get_channel_layer()
    channel: str = await ask_layer(layer.new_channel())
    found: Members = {}
    await broadcast(GROUP, None, answer_to=channel)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                answer = await layer.receive(channel)
                for key, people in answer["rooms"].items():
                    room = found.setdefault(key, {})
                    room.update(
                        {person[0]: Person(person[0], person[1], guest=person[2]) for person in people}
                    )
    return found
