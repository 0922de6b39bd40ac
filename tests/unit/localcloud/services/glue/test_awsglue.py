"""The awsglue library that job scripts import."""

import argparse
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
    """Each is None where it was not passed; without a word on bookmarks they are disabled."""
    own = ("JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type", "enable_data_lineage")
    folders, range_of_bookmarks = ("TempDir", "RedshiftTempDir"), ("job_bookmark_from", "job_bookmark_to")
    options = resolved(["s.py"], [])
    expected = dict.fromkeys((*own, *folders, *range_of_bookmarks)) | {"job_bookmark_option": "job-bookmark-disable"}
    assert options == expected


@pytest.mark.parametrize("name", ["JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption-type", "enable-data-lineage"])
def test_glues_own_options_cannot_be_asked_for(name):
    """They stand in the parser already; an option that is asked for twice fails in the same way."""
    for options in ([name], ["size", "size"]):
        with pytest.raises(argparse.ArgumentError, match="conflicting option string"):
            resolved(["s.py", f"--{name}", "x", "--size", "1"], options)


@pytest.mark.parametrize("name", ["job-bookmark-option", "continuation-option", "job-bookmark-to", "--JOB_ID"])
def test_reserved_options_are_named(name):
    """Whoever asks for bookmarks by hand is told so, and whoever writes Glue's own with dashes."""
    with pytest.raises(RuntimeError, match=f"Using reserved arguments .*{name}"):
        resolved(["s.py"], [name])


@pytest.mark.parametrize("name", ["TempDir", "RedshiftTempDir"])
def test_the_temporary_folder_has_two_names(name):
    """It stands under both, and a script may ask for it although it was not passed."""
    found = resolved(["s.py", f"--{name}", "s3://b/t"], ["TempDir"])
    assert (found["TempDir"], found["RedshiftTempDir"]) == ("s3://b/t", "s3://b/t")
    assert resolved(["s.py"], ["TempDir"])["TempDir"] is None


@pytest.mark.parametrize(
    ("passed", "option"),
    [
        (["--continuation-option", "continuation-readonly"], "job-bookmark-pause"),
        (["--continuation-option", "continuation-enabled"], "job-bookmark-enable"),
        (
            ["--continuation-option", "continuation-enabled", "--job-bookmark-option", "job-bookmark-disable"],
            "job-bookmark-disable",
        ),
        (
            ["--job-bookmark-option", "job-bookmark-pause", "--job-bookmark-from", "a", "--job-bookmark-to", "b"],
            "job-bookmark-pause",
        ),
    ],
)
def test_bookmarks_are_told_in_their_newer_words(passed, option):
    """An older option counts where the newer one is not there."""
    found = resolved(["s.py", *passed], [])
    assert found["job_bookmark_option"] == option
    assert "continuation_option" not in found


def test_a_range_belongs_to_paused_bookmarks():
    """It has both ends or none, and other bookmarks have no range."""
    ends = ["--job-bookmark-from", "a"]
    with pytest.raises(RuntimeError, match="Missing option or value for --job-bookmark-to"):
        resolved(["s.py", "--job-bookmark-option", "job-bookmark-pause", *ends], [])
    with pytest.raises(RuntimeError, match=r"Invalid option\(s\)--job-bookmark-from --job-bookmark-to"):
        resolved(["s.py", *ends, "--job-bookmark-to", "b"], [])


def test_a_value_that_glue_does_not_know_is_refused():
    """The choices stand in the message."""
    utils = importlib.import_module("awsglue.utils")
    with pytest.raises(utils.GlueArgumentError, match="invalid choice: 'yes'"):
        resolved(["s.py", "--job-bookmark-option", "yes"], [])


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
