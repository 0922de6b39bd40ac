"""The error for a faulty hand-over."""


class HandOverError(ValueError):
    """Names the document or variable, the value seen, and the writer."""
