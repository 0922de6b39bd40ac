"""An ``app.py`` under cdk-nag's AwsSolutions rules: ``python under_rules.py APP``.

Writes ``validation-report.json`` to the folder that CDK_OUTDIR names. A program of its own, so that no other synthesis
pays for the rules.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

synth = cdk.App.synth


def synth_under_rules(app: cdk.App) -> None:
    """With findings, a synthesis raises once the report is written: what they are worth is the test's to say."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with contextlib.suppress(RuntimeError):
        synth(app)


if __name__ == "__main__":
    app_file = Path(sys.argv[1])
    sys.path.insert(0, str(app_file.parent))
    cdk.App.synth = synth_under_rules
    runpy.run_path(str(app_file), run_name="__main__")
