"""The services that moto answers: the bridge to moto, our changes to it, and its memory on disk (``state``).

Nothing here decides who may call. Code that does not need moto does not belong here.
"""
