"""The chat that Channels' tutorial builds (its part 3, asynchronous), and an echo consumer written the same way."""
