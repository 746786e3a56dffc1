"""Ordered delivery of what is said in a room to its members in this process."""
