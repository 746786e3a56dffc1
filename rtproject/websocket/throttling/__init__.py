"""Limits: so many of something in so much time."""
