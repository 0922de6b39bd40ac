"""The local cloud: AWS's APIs on one port of this machine, with real work behind them.

The floors, lowest first: ``platform``; ``wire``; ``iam``, ``resources`` and ``images``; ``services``,
``cloudformation`` and ``moto_services``; ``front_door``; on top the commands ``__main__`` and ``coverage``. A module
imports its own room and the floors below. It imports no floor above, and no other room of its floor.
"""
