"""Makes a workload of a CSV file: looks at it, and writes what is needed. ``python -m scripts.new_workload``."""
