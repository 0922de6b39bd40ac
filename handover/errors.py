"""What is wrong with something that was handed over."""


class HandOverError(ValueError):
    """Names what was handed over, the value seen, and who writes it."""
