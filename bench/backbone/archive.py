"""Makes the stand-in's archive: the first 133 characters, by name, of Omniglot's ``images_background_small1.zip``.

    python archive.py images_background_small1.zip omniglot.zip

The pictures are stored as they are, without times and compression of the archive's own: the same bytes each time.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

#: As many as the source system has breeds. The original has 136.
_CLASSES = 133
_ORIGINAL = "f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4"
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def main() -> int:
    original, target = map(Path, sys.argv[1:])
    if (found := hashlib.sha256(original.read_bytes()).hexdigest()) != _ORIGINAL:
        raise SystemExit(f"{original}: its SHA-256 is {found}, expected {_ORIGINAL}")
    with zipfile.ZipFile(original) as opened, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        pictures = sorted(path for path in opened.namelist() if path.endswith(".png"))
        classes = sorted({_class(path) for path in pictures})[:_CLASSES]
        for path in pictures:
            if _class(path) in classes:
                made.writestr(zipfile.ZipInfo("/".join(path.split("/")[-3:]), _NO_TIME), opened.read(path))
    sys.stdout.write(f"{target}: SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}\n")
    return 0


def _class(path: str) -> str:
    """``alphabet/character``."""
    return "/".join(path.split("/")[-3:-1])


if __name__ == "__main__":
    sys.exit(main())
