"""The errors of a faulty hand-over, and of a file that a person wrote."""


class HandOverError(ValueError):
    """Names the document or variable, the value seen, and the writer."""


class FileFault(ValueError):  # noqa: N818  (a fault of the file: the program is right)
    """What is wrong in a file that a person wrote, after its name and, where one is at fault, its line."""
