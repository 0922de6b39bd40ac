"""The gate's judgement: pure functions of the test rows and the answers to them, with no AWS in it.

From the bottom up: ``metrics``, ``probabilities``, ``intervals``, ``delong`` and ``bootstrap`` compute; ``answers``,
``floors``, ``comparison``, ``slices`` and ``latency`` each judge one thing; ``decision`` asks them all;
``document`` and ``report`` show what it found. A workload's own numbers stand in its gate.toml (``rules``).
"""
