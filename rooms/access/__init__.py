"""Access to a room: its password, and the version of its access rules."""
