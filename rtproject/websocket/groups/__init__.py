"""Groups of the channel layer, with one channel for each process."""
