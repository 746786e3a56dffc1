"""Clients send messages while processes, Redis and the database are killed and stopped.

`python -m benchmarks.destruction --help`. In the end all clients must have received the same messages, and among them
all that were ever confirmed. `rooms/tests/test_destruction.py` is the short form.
"""
