"""Tests wait for a state and never for seconds. How they wait, all of them, is written in `bench/lab/waiting.py`."""

from bench.lab.waiting import DEADLINE_SECONDS, WAITER, until

__all__ = ["DEADLINE_SECONDS", "WAITER", "until"]
