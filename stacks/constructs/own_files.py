"""Assets of the project's own files: the CDK copies them at synthesis, and uploads them at deployment."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets

from constructs import Construct

PROJECT = Path(__file__).parents[2]


def function_code(folder: str, written: Mapping[str, str] | None = None) -> lambda_.Code:
    """``lambda/<folder>``, with ``handover/`` beside its handler. Equal files give an equal hash.

    ``written``: name → text of files that the synthesis adds, such as ``door.json``.
    """
    own = PROJECT / "lambda" / folder
    files = {path: Path(path.name) for path in own.glob("*.py")}
    files |= {path: path.relative_to(PROJECT) for path in PROJECT.glob("handover/*.py")}
    return lambda_.Code.from_asset(
        str(own), asset_hash_type=AssetHashType.OUTPUT, bundling=_copied(files, written or {})
    )


def archive(scope: Construct, construct_id: str, *, folder: str, patterns: Iterable[str]) -> s3_assets.Asset:
    """A zip archive of the project's files that match, each at its own path. Equal files give an equal hash.

    ``folder``: one that no other archive names, because the CDK makes only one asset of a folder. Raises ValueError for
    a pattern that matches no file.
    """
    files: dict[Path, Path] = {}
    for pattern in patterns:
        found = {path: path.relative_to(PROJECT) for path in PROJECT.glob(pattern) if path.is_file()}
        if not found:
            raise ValueError(f"No file of the project matches {pattern}: the archive {construct_id} would lack it.")
        files |= found
    return s3_assets.Asset(
        scope,
        construct_id,
        path=str(PROJECT / folder),
        asset_hash_type=AssetHashType.OUTPUT,
        bundling=_copied(files, {}),
    )


def _copied(files: Mapping[Path, Path], written: Mapping[str, str]) -> BundlingOptions:
    return BundlingOptions(
        # The CDK requires an image but never pulls it: the files are copied here.
        image=DockerImage.from_registry("none"),
        local=_Copies(files, written),
        # It makes only one asset of a folder, unless something here differs.
        environment=dict(written) or None,
    )


@jsii.implements(ILocalBundling)
class _Copies:
    """Copies sources into an asset. ``files``: path → its path in the asset; ``written``: name there → text."""

    def __init__(self, files: Mapping[Path, Path], written: Mapping[str, str]) -> None:
        self._files = files
        self._written = written

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        """Always succeeds: True keeps the CDK from using Docker."""
        for source, target in sorted(self._files.items()):
            (Path(output_dir) / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, Path(output_dir) / target)
        for name, text in sorted(self._written.items()):
            (Path(output_dir) / name).write_text(text)
        return True
