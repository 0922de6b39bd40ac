"""The data that parts of Gatehouse exchange: each fact once, typed, with its writer beside its reader.

Stacks, steps, functions and scripts import it. It imports only the standard library, so that functions and Glue jobs
can be packaged with it. AWS clients are passed in as arguments.
"""
