"""The errors of the local cloud."""


class AwsError(Exception):
    """An error as an AWS API answers it: a code for clients to match, and a message that names cause and remedy."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class UnsupportedError(AwsError):
    """Something that AWS can do and the local cloud cannot. It is refused by name, never skipped."""

    def __init__(self, what: str) -> None:
        super().__init__(
            "NotImplemented",
            f"{what} is not supported by the local cloud; localcloud/COVERAGE.md lists what is.",
            status=501,
        )


class EngineError(Exception):
    """An engine's work failed. The text is the failure reason that the API shows."""
