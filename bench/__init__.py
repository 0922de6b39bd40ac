"""How fast, how often right, how robust: tables, not tests. `make bench`, or one by `python -m bench.<name>`.

`lab` has what is measured on: local clouds of one's own, endpoints and traffic. The tests use it, too.
"""

from pathlib import Path

PROJECT = Path(__file__).parents[1]
