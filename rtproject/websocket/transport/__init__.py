"""The server's transport below ASGI, and what waits to be written to it."""
