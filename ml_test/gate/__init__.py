"""The gate's judgement: pure functions of the test rows and the answers to them, with no AWS in it.

From the bottom up: ``intervals``, ``independent``, ``delong``, ``bootstrap`` and ``calibration`` compute. ``answers``
has the kinds of answers, ``metrics`` the figures of them, each in a file; no other code asks which one it has.
``unusable``, ``floors``, ``comparison``, ``slices`` and ``latency`` each judge one thing; ``decision`` asks them all;
``document`` and ``report`` show what it found. A workload's own numbers stand in its gate.toml (``rules``).
"""
