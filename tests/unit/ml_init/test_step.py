from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ml_init.car_evaluation.prepare import GlueSettings
from ml_init.step import S3Address, StepError, input_artifact, setting, write_variables
from tests.waiting import DEADLINE_SECONDS

PROJECT = Path(__file__).parents[3]


def program(body: str) -> subprocess.Popen[str]:
    """A step with this body, as a process of its own."""
    source = f"import time\nfrom ml_init.step import StepError, run\n\ndef step():\n{body}\nrun(step)\n"
    return subprocess.Popen(
        [sys.executable, "-c", source],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_failed_step_exits_non_zero_with_its_message() -> None:
    """A StepError is one clear line; any other error keeps its traceback; both fail the build."""
    expected = program("    raise StepError('no rows')")
    assert (expected.communicate()[1], expected.returncode) == ("ERROR: no rows\n", 1)
    unexpected = program("    raise KeyError('labels')")
    assert "Traceback" in unexpected.communicate()[1]
    assert unexpected.returncode == 1


def test_stopped_step_can_clean_up() -> None:
    """SIGTERM, which a stopped build gets, unwinds the step, so that it can stop what it started."""
    body = (
        "    try:\n        print('waiting')\n        time.sleep(3600)\n    finally:\n        print('stopped the run')"
    )
    step = program(body)
    assert step.stdout is not None
    assert step.stdout.readline() == "waiting\n"
    step.send_signal(signal.SIGTERM)
    assert step.communicate(timeout=DEADLINE_SECONDS)[0] == "stopped the run\n"
    assert step.returncode == 143


def test_missing_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names an empty variable as it names a missing one."""
    monkeypatch.setenv("DATA_BUCKET", "")
    with pytest.raises(StepError, match="The environment variable DATA_BUCKET is not set"):
        setting("DATA_BUCKET")


def test_settings_are_the_environment_s_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step's own class adds its variables, and the error names the first one that is missing."""
    for name in ("WORKLOAD", "DATA_BUCKET", "COMMIT_ID", "GLUE_JOB_NAME", "GLUE_CRAWLER"):
        monkeypatch.setenv(name, f"the {name}")
    monkeypatch.delenv("GLUE_SCRIPT_KEY", raising=False)
    settings = GlueSettings(commit="0123abc", script_key="given")
    assert (settings.workload, settings.commit, settings.job) == ("the WORKLOAD", "0123abc", "the GLUE_JOB_NAME")
    with pytest.raises(StepError, match="The environment variable GLUE_SCRIPT_KEY is not set"):
        GlueSettings()


def test_missing_input_artifact_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message names the artifact and the file that it lacks."""
    monkeypatch.setenv("CODEBUILD_SRC_DIR_DataOutput", str(tmp_path))
    with pytest.raises(StepError, match=r"The input artifact DataOutput has no data\.json"):
        input_artifact("DataOutput", "data.json")


def test_exported_variables_are_quoted_for_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A value with spaces and dollar signs arrives as it is."""
    monkeypatch.chdir(tmp_path)
    write_variables({"REASON": "it's $HOME; rm -rf x"})
    shell = subprocess.run(
        ["/bin/sh", "-c", '. out/variables.env && printf %s "$REASON"'], capture_output=True, text=True, check=True
    )
    assert shell.stdout == "it's $HOME; rm -rf x"


def test_s3_addresses_are_taken_apart_and_put_together() -> None:
    """Prefixes keep one slash between their parts; other addresses are refused."""
    address = S3Address.parse("s3://data/features/1/")
    assert (address.bucket, address.key) == ("data", "features/1/")
    assert str(address / "train") == "s3://data/features/1/train"
    with pytest.raises(ValueError, match="'https://data/x' is not an S3 address"):
        S3Address.parse("https://data/x")
