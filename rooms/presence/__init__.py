"""The members of a room, in this process and in the others."""
