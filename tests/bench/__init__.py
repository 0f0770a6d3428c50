"""Benchmarks: `python -m tests.bench NAME`, one JSON object with figures as last line."""
