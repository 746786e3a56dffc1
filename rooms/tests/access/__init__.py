"""Tests of who may enter a room."""
