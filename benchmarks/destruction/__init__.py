"""Proof by destruction: clients talk while what carries their words is killed, restarted, stalled and cut.

`python -m benchmarks.destruction --help`. In the end everybody must hold the same transcript, and all that was ever
confirmed must be in it. `rooms/tests/test_destruction.py` is the small form. The clients know of the server
what `docs/protocol.md` says, and nothing else.
"""
