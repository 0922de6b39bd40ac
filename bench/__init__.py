"""How fast, how often right, how robust: tables, not tests. `make bench`, or one with `python -m bench.<name>`.

`lab` has what benchmarks measure: separate local clouds, endpoints and traffic. The tests use it, too.
"""

from pathlib import Path

PROJECT = Path(__file__).parents[1]
