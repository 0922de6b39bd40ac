"""What a person reads while cdk deploys."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts.cdk_digest import Digest, run

#: As cdk 2 prints it with --ci.
DEPLOYED = """\
Bundling asset CarsPipeline/Workshop/Judges/Code/Stage...
Successfully synthesized to /project/cdk.out

✨  Synthesis time: 0.05s

CarsPipeline: start: Building Workshop/Judges/Code
CarsPipeline: success: Published Workshop/Judges/Code (123456789012-us-east-1-3617c1dc)
CarsPipeline: creating CloudFormation changeset...
CarsPipeline | 0/3 | 9:05:42 PM | CREATE_IN_PROGRESS | AWS::CloudFormation::Stack | CarsPipeline User Initiated
CarsPipeline | 0/3 | 9:05:42 PM | CREATE_IN_PROGRESS | AWS::IAM::Role | Steps/Role (StepsRole64BE)
CarsPipeline | 1/3 | 9:05:43 PM | CREATE_COMPLETE | AWS::IAM::Role | Steps/Role (StepsRole64BE)
CarsPipeline | 2/3 | 9:05:43 PM | UPDATE_COMPLETE | AWS::SNS::Topic | Told/Topic (ToldTopic12AB)
CarsPipeline | 3/3 | 9:05:44 PM | CREATE_COMPLETE | AWS::CloudFormation::Stack | CarsPipeline

✅  CarsPipeline

✨  Deployment time: 4.79s

Outputs:
CarsPipeline.DataBucketName = carspipeline-workshopdatabucket
Stack ARN:
arn:aws:cloudformation:us-east-1:123456789012:stack/CarsPipeline/239be719
"""

FAILED = """\
CarsPipeline | 0/3 | 9:05:42 PM | CREATE_FAILED | AWS::CodePipeline::Webhook | Push (Push1) Bad credentials
CarsPipeline | 0/3 | 9:05:42 PM | ROLLBACK_IN_PROGRESS | AWS::CloudFormation::Stack | CarsPipeline
❌  CarsPipeline failed: ToolkitError: The stack named CarsPipeline failed creation
"""


def shown(text: str) -> tuple[list[str], Digest]:
    digest = Digest()
    return [printed for line in text.splitlines() for printed in digest.shown(line)], digest


def test_what_goes_well_is_counted() -> None:
    """A deployment that goes well leaves the last word of cdk, and how many resources of the stack were touched."""
    lines, digest = shown(DEPLOYED)
    assert lines == ["✅  CarsPipeline"]
    assert digest.made() == ["CarsPipeline  1 created, 1 updated"]
    assert digest.progress == "… CarsPipeline  3/3  AWS::CloudFormation::Stack"


def test_what_fails_is_shown_whole() -> None:
    """The event is shown with its reason, the rollback, and the error of cdk."""
    assert shown(FAILED)[0] == FAILED.splitlines()


def test_the_whole_output_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output and error go into the log, the code of the command is returned, and a failure names the log."""
    log = tmp_path / "cdk.out" / "cdk.log"
    program = "import sys; print('Bundling asset x'); print('no such file', file=sys.stderr); sys.exit(3)"
    assert run([sys.executable, "-c", program], log) == 3
    assert sorted(log.read_text().splitlines()) == ["Bundling asset x", "no such file"]
    said = capsys.readouterr()
    assert said.out == "no such file\n"
    assert said.err == f"All that cdk said: {log}\n"
