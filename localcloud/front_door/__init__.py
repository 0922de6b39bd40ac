"""The one port: who calls, for what, and which part of the house answers. ``server`` puts the house together.

Nothing here answers an operation of AWS. No other room imports this one.
"""
