"""Ordered delivery of the messages of a room to its members in this process."""
