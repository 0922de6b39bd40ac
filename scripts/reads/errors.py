"""What cannot be read."""


class NotThereError(Exception):
    """What was asked for is not there; the message is a sentence that says what to do."""
