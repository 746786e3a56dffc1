"""Stored messages: writing, reading and pruning them."""
