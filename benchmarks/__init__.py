"""Measures what cleaning costs. Not part of the package: ``python -m benchmarks.throughput``."""
