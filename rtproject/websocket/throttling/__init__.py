"""Limits of the rate of events."""
