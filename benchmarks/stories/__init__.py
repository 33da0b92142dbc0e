"""Trains and measures what finds spliced stories; see :mod:`benchmarks.stories.__main__`."""
