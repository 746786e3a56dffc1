"""What the site is compared with: each is written the way its own documentation teaches it, and not tuned."""
