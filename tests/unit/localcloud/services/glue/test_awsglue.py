"""The awsglue library that job scripts import."""

import importlib
import sys

import pytest

from tests.clouds import PROJECT

LIBRARY = PROJECT / "localcloud" / "images" / "glue_spark" / "library"


@pytest.fixture(autouse=True)
def library(monkeypatch):
    finders = list(sys.meta_path)
    monkeypatch.syspath_prepend(str(LIBRARY))
    yield
    sys.meta_path[:] = finders
    for name in [name for name in sys.modules if name.partition(".")[0] == "awsglue"]:
        del sys.modules[name]


def resolved(arguments, options):
    return importlib.import_module("awsglue.utils").getResolvedOptions(arguments, options)


def test_options_are_read_from_the_arguments():
    """Named options come as text, with underscores for dashes; what was not asked for is left alone."""
    options = resolved(["s.py", "--JOB_NAME", "j", "--out-path", "s3://b/x", "--other", "1"], ["JOB_NAME", "out-path"])
    assert options["JOB_NAME"] == "j"
    assert options["out_path"] == "s3://b/x"
    assert "other" not in options


def test_glues_own_options_are_there_unasked():
    """TempDir and the like are None where they were not passed."""
    options = resolved(["s.py", "--TempDir", "s3://b/t"], [])
    assert options["TempDir"] == "s3://b/t"
    assert options["JOB_RUN_ID"] is None


def test_a_missing_option_is_named():
    """A missing option raises GlueArgumentError, as on AWS."""
    utils = importlib.import_module("awsglue.utils")
    with pytest.raises(utils.GlueArgumentError, match="--wanted"):
        resolved(["s.py"], ["wanted"])


def test_modules_that_are_missing_are_refused_by_name():
    """An import of what is not there says so, instead of `No module named`."""
    with pytest.raises(NotImplementedError, match=r"awsglue\.transforms"):
        importlib.import_module("awsglue.transforms")
    with pytest.raises(NotImplementedError, match=r"awsglue\.DynamicFrame"):
        _ = importlib.import_module("awsglue").DynamicFrame
