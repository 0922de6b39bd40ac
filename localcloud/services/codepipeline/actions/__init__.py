"""The work of each action type: a function from a context to an outcome, which may raise ActionFailedError."""
