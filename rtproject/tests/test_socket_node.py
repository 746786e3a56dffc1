"""`socket.js` in Node, without a page: the same module, on a real server."""

import asyncio
import json
from pathlib import Path

import playwright
from django.conf import settings

NODE = Path(playwright.__file__).parent / "driver" / "node"  # which playwright brings along
MODULE = Path(settings.BASE_DIR) / "rtproject" / "static" / "rtproject" / "socket.js"
PATIENCE = 30.0  # seconds

PROGRAM = """
const [module, echo, room] = process.argv.slice(1);
const { Socket } = await import(module);
const told = [];
const heard = (address, options, isLast) => new Promise((done) => {
  const socket = new Socket(address, {
    ...options,
    onState: ({ state, code }) => {
      told.push(code === undefined ? state : `${state} ${code}`);
      if (state === "closed") done();
    },
    onMessage: (data) => {
      told.push(typeof data === "string" ? data : [...new Uint8Array(data)]);
      if (isLast(data)) socket.close(3000);
    },
  });
  socket.open();
  options.say?.(socket);
});
await heard(echo, {
  queue: { frames: 2 },
  heartbeat: { message: "beat", isAnswer: (data) => data === "Echo: beat" },
  say: (socket) => ["hello", new Uint8Array([1, 2])].forEach((data) => socket.send(data)),
}, (data) => typeof data !== "string");
await heard(room, {}, () => true);
console.log(JSON.stringify(told));
"""


async def test_a_program_talks_without_a_page(daphne):
    """Queue, echo and close are the same as in a browser; a refusal ends it; and nothing keeps Node running.

    Daphne answers every close with 1000.
    """
    urls = daphne.ws_url("/echo"), daphne.ws_url("/ws/VIP", **{"pass": "wrong"})
    program = await asyncio.create_subprocess_exec(
        NODE, "--input-type=module", "--eval", PROGRAM, MODULE.as_uri(), *urls, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(program.communicate(), PATIENCE)
    assert program.returncode == 0
    told = json.loads(output)
    assert told[:4] == ["connecting", "open", "Echo: hello", [*b"Echo: ", 1, 2]]
    assert told[4:] == ["closing", "closed 1000", "connecting", "open", "closed 4003"]
