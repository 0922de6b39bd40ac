"""A project's cache between builds: an archive of the buildspec's cache paths, in S3 or in a local folder."""

from __future__ import annotations

import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.platform import tar_archives
from localcloud.platform.errors import UnsupportedError
from localcloud.services.codebuild import globs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.platform.service import Params

ARCHIVE = "cache.tar.gz"
MISSING = {"NoSuchKey", "404"}


def local_cache_folder(home: Path, project: str) -> Path:
    """The folder of a project's LOCAL cache."""
    return home / "cache" / "codebuild" / project


@dataclass(frozen=True, kw_only=True, slots=True)
class Cache:
    """The cache of one build. ``roots``: the folders for its paths by name, ``source`` and ``home``."""

    settings: Params
    project: str
    generation: int
    local_folder: Path
    roots: dict[str, Path]
    s3: Any

    def restore(self, scratch: Path) -> bool:
        """Unpacks what the last build saved; False where it saved nothing."""
        archive = scratch / ARCHIVE
        if not self._fetch(archive):
            return False
        with tarfile.open(archive) as packed:
            for name, root in self.roots.items():
                tar_archives.unpack(packed, root, below=f"{name}/")
        archive.unlink()
        return True

    def save(self, paths: Sequence[str], scratch: Path) -> int:
        """Packs and stores the files that match the paths; returns how many."""
        archive = scratch / ARCHIVE
        count = 0
        with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
            for path in paths:
                name, pattern = self._placed(path)
                for file in globs.files(self.roots[name], [pattern]):
                    packed.add(file, f"{name}/{file.relative_to(self.roots[name]).as_posix()}")
                    count += 1
        self._keep(archive)
        return count

    def _placed(self, path: str) -> tuple[str, str]:
        for prefix in ("~/", "/root/"):
            if path.startswith(prefix):
                return "home", path.removeprefix(prefix)
        if Path(path).is_absolute():
            raise UnsupportedError(f"codebuild: the cache path {path}, outside of the source and of the home folder,")
        return "source", path

    def _fetch(self, archive: Path) -> bool:
        if self.settings["type"] == "LOCAL":
            kept = self.local_folder / ARCHIVE
            if kept.exists():
                shutil.copy(kept, archive)
            return kept.exists()
        try:
            self.s3.download_file(*self._address(), str(archive))
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return False
            raise
        return True

    def _keep(self, archive: Path) -> None:
        if self.settings["type"] == "LOCAL":
            self.local_folder.mkdir(parents=True, exist_ok=True)
            unfinished = self.local_folder / f"{ARCHIVE}.unfinished"
            shutil.move(archive, unfinished)
            unfinished.rename(self.local_folder / ARCHIVE)
        else:
            self.s3.upload_file(str(archive), *self._address())
            archive.unlink()

    def _address(self) -> tuple[str, str]:
        bucket, _, prefix = self.settings["location"].removeprefix("arn:aws:s3:::").partition("/")
        parts = [prefix.strip("/"), self.project, str(self.generation), ARCHIVE]
        return bucket, "/".join(part for part in parts if part)
