"""ASGI middleware between a server and our consumers."""
