"""A simple chat on FastAPI: a list of connections, one `await send_text` after another."""

from collections import defaultdict

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    """The connections of one room."""

    def __init__(self) -> None:
        self.connections: list[WebSocket] = []

    async def connect(self, websocket: WebSocket) -> None:
        """Accept a connection and add it to the room."""
        await websocket.accept()
        self.connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        """Remove a connection from the room."""
        self.connections.remove(websocket)

    async def broadcast(self, text: str) -> None:
        """Send `text` to all connections, in the order in which they were accepted."""
        for connection in self.connections:
            await connection.send_text(text)


app = FastAPI()
managers: defaultdict[str, ConnectionManager] = defaultdict(ConnectionManager)


@app.websocket("/ws/{room}")
async def chat(websocket: WebSocket, room: str) -> None:
    """Send each message to everybody in the room."""
    manager = managers[room]
    await manager.connect(websocket)
    try:
        while True:
            text = await websocket.receive_text()
            await manager.broadcast(f"{room}: {text}")
    except WebSocketDisconnect:
        manager.disconnect(websocket)


@app.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    """Send back each message."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(f"Echo: {await websocket.receive_text()}")
    except WebSocketDisconnect:
        return
