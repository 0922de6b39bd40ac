"""The services that moto answers: the way to it, what is changed in it, and its memory on disk (``state``).

Nothing here decides who may call. What one of our own services answers does not belong here, nor does anything that
could be said without moto.
"""
