"""The scripts behind each claim about speed and loss, see docs/performance.md."""
