"""From HTTP to an AWS operation with its parameters, and from a result or an error back to HTTP.

Only formats live here. Nothing here decides who may do what, keeps state, or knows which operations are answered.
"""
