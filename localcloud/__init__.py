"""The local cloud: AWS's APIs on one port of this machine, with real work behind them.

Each folder is a floor, lowest first: ``platform``, ``wire``, ``iam`` beside ``resources`` and ``images``, then
``services`` beside ``cloudformation`` and ``moto_services``, then ``front_door``. A module imports its own floor's
room and the floors below it, never one above or beside. ``__main__`` and ``coverage`` are the commands on top.
"""
