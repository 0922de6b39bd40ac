"""Local clouds for tests: each one process, on a free port, with a home of its own (`bench/lab/clouds.py`)."""

from bench import PROJECT
from bench.lab.clouds import LocalCloud, run_localcloud

__all__ = ["PROJECT", "LocalCloud", "run_localcloud"]
