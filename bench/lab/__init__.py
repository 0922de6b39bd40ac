"""Local clouds of one's own and what is tried on them: endpoints, traffic, kills. Benchmarks and tests share it.

Nothing here knows pytest. What goes wrong is an error that says what was seen.
"""
