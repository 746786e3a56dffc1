"""The lesson's server: FastAPI, a list of connections for each room, and one `await send_text` after the other."""

from collections import defaultdict

from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    """Who is connected to one room."""

    def __init__(self) -> None:
        self.connections: list[WebSocket] = []

    async def connect(self, websocket: WebSocket) -> None:
        """Accepts a newcomer."""
        await websocket.accept()
        self.connections.append(websocket)

    def disconnect(self, websocket: WebSocket) -> None:
        """Forgets one who has gone."""
        self.connections.remove(websocket)

    async def broadcast(self, text: str) -> None:
        """Sends `text` to everybody, in the order in which they came."""
        for connection in self.connections:
            await connection.send_text(text)


app = FastAPI()
managers: defaultdict[str, ConnectionManager] = defaultdict(ConnectionManager)


@app.websocket("/ws/{room}")
async def chat(websocket: WebSocket, room: str) -> None:
    """What one says in a room, all in it hear."""
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
    """Says back what it hears."""
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(f"Echo: {await websocket.receive_text()}")
    except WebSocketDisconnect:
        return
