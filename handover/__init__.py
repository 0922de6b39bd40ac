"""What one part of Gatehouse tells another: each fact once, typed, with its writer and its reader side by side.

Stacks, step code, functions and scripts import it. It imports the standard library alone, so that a function can be
packaged with it, and a Glue job can take it along. Clients of AWS come in as arguments.
"""
