"""The servers that the site is compared with: as their documentation teaches, not tuned."""
