"""A chat and an echo on uWebSockets (C++): `python -m benchmarks.baselines.uwebsockets_chat PORT`."""

import sys
from typing import Any

from socketify import App, AppListenOptions, OpCode

app: Any = App()
app.ws(
    "/ws/*",
    {
        "open": lambda ws: ws.subscribe("room"),
        "message": lambda ws, text, opcode: app.publish("room", text, OpCode.TEXT),
    },
)
app.ws("/echo", {"message": lambda ws, text, opcode: ws.send(f"Echo: {text}", OpCode.TEXT)})
app.listen(AppListenOptions(port=int(sys.argv[1]), host="127.0.0.1"), lambda _: None)
app.loop.uv_loop.run()  # the loop in C: `app.run()` polls without pause, for asyncio's sake
