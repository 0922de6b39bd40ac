"""An ``app.py`` under cdk-nag's rules: ``python under_rules.py APP``.

Writes ``validation-report.json`` to the folder that CDK_OUTDIR names. A program of its own, so that no other synthesis
pays for the rules.
"""

from __future__ import annotations

import contextlib
import runpy
import sys
from pathlib import Path

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks

synth = cdk.App.synth


def synth_under_rules(app: cdk.App) -> None:
    """With findings, a synthesis raises once the report is written: what they are worth is the test's to say."""
    packs = (AwsSolutionsChecks, NIST80053R5Checks, HIPAASecurityChecks, PCIDSS321Checks)
    cdk.Validations.of(app).add_plugins(*(pack(app) for pack in packs))
    with contextlib.suppress(RuntimeError):
        synth(app)


if __name__ == "__main__":
    app_file = Path(sys.argv[1])
    sys.path.insert(0, str(app_file.parent))
    cdk.App.synth = synth_under_rules
    runpy.run_path(str(app_file), run_name="__main__")
