"""The one port: who calls, what for, and which part of the house answers; ``server`` puts the house together.

Nothing here answers an operation of AWS. No other room imports this one.
"""
