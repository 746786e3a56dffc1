"""Stored samples: recording, thinning, reading and pruning them."""
