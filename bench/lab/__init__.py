"""Separate local clouds and what is tried on them: endpoints, traffic, kills. Benchmarks and tests share it.

Nothing here depends on pytest. Whatever goes wrong raises an error that says what was seen.
"""
