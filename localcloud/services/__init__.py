"""The AWS services that are ours, a folder each: what moto lacks or fakes, with engines that run real work.

A service reaches another through its public API, with the role that AWS would use, and imports none. It knows
neither CloudFormation's engine nor the front door.
"""
