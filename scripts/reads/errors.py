"""What cannot be read."""


class NotThereError(Exception):
    """What was requested does not exist; the message is a sentence that says what to do."""
