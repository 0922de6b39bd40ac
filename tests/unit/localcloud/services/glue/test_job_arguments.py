"""From a job's arguments to what its script gets."""

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.glue import job_arguments


def parse(**arguments):
    named = {f"--{name.replace('_', '-')}": value for name, value in arguments.items()}
    return job_arguments.parse(named, job_name="job", job_id="j_1", run_id="jr_1")


def test_a_run_overrides_the_defaults_and_not_the_fixed_ones():
    """The job's defaults give way to the run's arguments, which give way to the non-overridable ones."""
    assert job_arguments.merged({"--a": "1", "--b": "1"}, {"--b": "2", "--c": "2"}, {"--c": "3"}) == {
        "--a": "1",
        "--b": "2",
        "--c": "3",
    }


def test_a_script_gets_the_jobs_name_and_its_own_arguments():
    """sys.argv has --JOB_NAME and the run's id beside what the user gave, values as they are."""
    script = parse(raw="s3://b/a b.csv", empty="").script
    assert script == ("--JOB_ID", "j_1", "--JOB_RUN_ID", "jr_1", "--JOB_NAME", "job", "--raw", "s3://b/a b.csv",
                      "--empty", "")  # fmt: skip


def test_what_is_glues_own_does_not_reach_the_script():
    """Switches of the service are not arguments of the script; those that getResolvedOptions knows are."""
    script = parse(enable_metrics="true", conf="spark.a=b", job_language="python", TempDir="s3://b/t").script
    assert script[6:] == ("--job-language", "python", "--TempDir", "s3://b/t")


def test_several_spark_settings_come_in_one_argument():
    """--conf a=b --conf c=d comes as one value, which is Glue's way."""
    properties = parse(conf="spark.sql.shuffle.partitions=1 --conf spark.app.name='two words'").properties
    assert properties == {"spark.sql.shuffle.partitions": "1", "spark.app.name": "two words"}


def test_a_job_may_say_how_its_log_groups_begin():
    """Without a prefix the log groups are Glue's own; the script never sees the prefix."""
    assert parse().log_prefix == "/aws-glue/jobs"
    told = parse(custom_logGroup_prefix="/aws-glue/jobs/cars")
    assert told.log_prefix == "/aws-glue/jobs/cars"
    assert "--custom-logGroup-prefix" not in told.script


def test_modules_are_sorted_so_that_one_environment_serves_every_order():
    """The order in which modules are listed does not matter."""
    assert parse(additional_python_modules="b==2, a==1.0").modules == ("a==1.0", "b==2")


@pytest.mark.parametrize("module", ["mleap", "mleap>=0.25", "s3://bucket/x.whl", "-r evil.txt", "a==1 --index-url=x"])
def test_a_module_without_an_exact_version_is_refused_by_name(module):
    """An environment is made once and kept: what is not pinned would never change."""
    with pytest.raises(UnsupportedError) as refused:
        parse(additional_python_modules=module)
    assert module in refused.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("job_bookmark_option", "job-bookmark-enable"),
        ("enable_glue_datacatalog", "true"),
        ("datalake_formats", "iceberg"),
        ("extra_jars", "s3://b/x.jar"),
        ("job_language", "scala"),
        ("enable_spark_ui", "true"),
        ("conf", "spark.master=yarn"),
    ],
)
def test_what_is_not_done_is_refused_by_name(name, value):
    """An argument that would change the result is never skipped."""
    with pytest.raises(UnsupportedError, match=name.replace("_", "-")):
        parse(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("conf", "spark.x"), ("conf", "x=1"), ("extra_py_files", "x.zip"), ("custom_logGroup_prefix", "a:b*")],
)
def test_malformed_values_are_invalid_input(name, value):
    """The message names the value."""
    with pytest.raises(AwsError, match=value) as refused:
        parse(**{name: value})
    assert refused.value.code == "InvalidInputException"
