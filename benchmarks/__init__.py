"""Each claim about speed, with the script that shows it: `python -m benchmarks.run`, or `make bench`."""
