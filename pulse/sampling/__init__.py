"""Measuring this machine at each tick of the clock."""
