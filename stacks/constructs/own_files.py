"""A function's package: its own folder, and the hand-over that it shares with stacks and steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import jsii
from aws_cdk import AssetHashType, BundlingOptions, DockerImage, ILocalBundling
from aws_cdk import aws_lambda as lambda_

_PROJECT = Path(__file__).parents[2]
_HAND_OVER = _PROJECT / "handover"


def function_code(folder: str) -> lambda_.Code:
    """``lambda/<folder>``, with ``handover/`` beside its handler. Equal files give an equal hash."""
    return lambda_.Code.from_asset(
        str(_PROJECT / "lambda" / folder),
        asset_hash_type=AssetHashType.OUTPUT,
        # The CDK requires an image but never pulls it: the files are copied here.
        bundling=BundlingOptions(image=DockerImage.from_registry("none"), local=_Copies(_PROJECT / "lambda" / folder)),
    )


@jsii.implements(ILocalBundling)
class _Copies:
    """Copies the sources into the asset, by name and without bytecode."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def try_bundle(self, output_dir: str, *_: object, **__: object) -> bool:
        """Always succeeds: True keeps the CDK from using Docker."""
        for source, target in ((self._folder, Path(output_dir)), (_HAND_OVER, Path(output_dir) / "handover")):
            target.mkdir(exist_ok=True)
            for path in sorted(source.glob("*.py")):
                shutil.copyfile(path, target / path.name)
        return True
