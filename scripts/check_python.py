"""Says whether this Python can run Gatehouse, before anything is installed. It must itself run on very old Pythons."""

import sys

REMEDY = "Install one that is (Debian, Ubuntu: apt install python3), or name one: make ... PYTHON3=/path/to/python3.12"


def problem(version, missing):
    # type: (tuple[int, ...], list[str]) -> str | None
    """What is wrong with a Python of this version that lacks these modules; None if nothing is."""
    if version < (3, 11):
        said = "Gatehouse needs Python 3.11 or later; %s is %d.%d. %s"
        return said % (sys.executable, version[0], version[1], REMEDY)
    if missing:
        return "Gatehouse needs a whole Python; %s has no %s. %s" % (sys.executable, ", ".join(missing), REMEDY)
    return None


def lacking(modules):
    # type: (list[str]) -> list[str]
    """The modules among these that cannot be imported here."""
    found = []
    for name in modules:
        try:
            __import__(name)
        except ImportError:
            found.append(name)
    return found


if __name__ == "__main__":
    # The store is SQLite; downloads use TLS and are zipped; packages contain libraries in C.
    sys.exit(problem(tuple(sys.version_info[:3]), lacking(["ctypes", "sqlite3", "ssl", "zlib"])))
