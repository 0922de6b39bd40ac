"""What every step does: how it ends, what it is given and what it hands on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ml_steps.artifacts import read_input, write_variables
from ml_steps.running import StepError
from tests.waiting import DEADLINE_SECONDS

PROJECT = Path(__file__).parents[3]


def program(body: str) -> subprocess.Popen[str]:
    """A step with this body, as a process of its own."""
    source = f"import time\nfrom ml_steps.running import StepError, run\n\ndef step():\n{body}\nrun(step)\n"
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


def test_missing_input_artifact_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message names the artifact and the file that it lacks."""
    monkeypatch.setenv("CODEBUILD_SRC_DIR_DataOutput", str(tmp_path))
    with pytest.raises(StepError, match=r"The input artifact DataOutput has no data\.json"):
        read_input("DataOutput", "data.json")
    monkeypatch.delenv("CODEBUILD_SRC_DIR_DataOutput")
    with pytest.raises(StepError, match="CODEBUILD_SRC_DIR_DataOutput is not set: the build has no input artifact"):
        read_input("DataOutput", "data.json")


def test_exported_variables_are_quoted_for_the_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A value with spaces and dollar signs arrives as it is."""
    monkeypatch.chdir(tmp_path)
    write_variables({"REASON": "it's $HOME; rm -rf x"})
    shell = subprocess.run(
        ["/bin/sh", "-c", '. out/variables.env && printf %s "$REASON"'], capture_output=True, text=True, check=True
    )
    assert shell.stdout == "it's $HOME; rm -rf x"
