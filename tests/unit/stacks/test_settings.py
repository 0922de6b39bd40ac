"""gatehouse.toml: what is refused, and that the refusal says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from handover.errors import FileFault
from stacks.settings import Settings, SettingsError, load_settings
from stacks.workloads import WORKLOADS
from tests.settings import FILE

SHIPPED = FILE
Refusal = Callable[..., list[str]]


@pytest.fixture
def refusal(tmp_path: Path) -> Refusal:
    """The lines of the error on the shipped file with these replacements, without the file's path and line."""

    def refuse(*replacements: tuple[str, str]) -> list[str]:
        text = SHIPPED.read_text()
        for before, after in replacements:
            assert text.count(before) >= 1, f"{before!r} stands in no line of gatehouse.toml"
            text = text.replace(before, after, 1)
        file = tmp_path / "gatehouse.toml"
        file.write_text(text)
        with pytest.raises(SettingsError) as error:
            load_settings(file)
        return [re.sub(rf"^{re.escape(str(file))}(:\d+)?: ", "", line) for line in str(error.value).splitlines()]

    return refuse


def test_the_shipped_file_is_complete_and_right() -> None:
    """The file that Gatehouse is delivered with is read without an error."""
    settings = load_settings(SHIPPED)
    assert isinstance(settings, Settings)
    assert settings.stages.prod.scaling is not None
    assert settings.stages.prod.alarms is not None


def test_the_shipped_file_names_no_token() -> None:
    """The file names the token's secret, so its reader learns no token."""
    assert "ghp_" not in SHIPPED.read_text()
    assert load_settings(SHIPPED).github.token_secret == "gatehouse/github-token"


def test_an_unknown_key_is_refused_with_what_is_allowed_and_meant(refusal: Refusal) -> None:
    """The refusal of a misspelt key lists the allowed keys and suggests the right one."""
    (line,) = refusal(("max_instances = 4", "max_instances = 4\nmax_instance = 5"))
    assert line == (
        "stages.prod.scaling.max_instance = 5 is no key here. Allowed: min_instances, max_instances,"
        " invocations_per_instance, scale_in_cooldown_seconds, scale_out_cooldown_seconds; did you mean max_instances?"
    )


def test_an_unknown_key_that_resembles_nothing_gets_no_suggestion(refusal: Refusal) -> None:
    """The refusal lists the allowed keys and suggests none of them."""
    (line,) = refusal(('region = "us-east-1"', 'region = "us-east-1"\nxyzzy = true'))
    assert line == "project.xyzzy = True is no key here. Allowed: account, region"


def test_an_unknown_section_is_refused(refusal: Refusal) -> None:
    """A misspelt section is refused as a misspelt key is."""
    (line,) = refusal(("[notifications]", "[notification]"))
    assert line.startswith(
        "notification = {'email': ''} is no key here. "
        "Allowed: project, github, notifications, security, training, stages, batch"
    )
    assert line.endswith("did you mean notifications?")


def test_qa_asks_nobody(refusal: Refusal) -> None:
    """An approval under QA would change nothing, so it is refused rather than ignored."""
    (line,) = refusal(("[stages.qa]", "[stages.qa]\napproval = true"))
    assert line.startswith("stages.qa.approval = True is no key here.")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "max_instances = 4",
            'max_instances = "4"',
            "stages.prod.scaling.max_instances = '4': Input should be a valid",
        ),
        (
            "max_instances = 4",
            "max_instances = 4.5",
            "stages.prod.scaling.max_instances = 4.5: Input should be a valid",
        ),
        ("max_instances = 4", "max_instances = true", "stages.prod.scaling.max_instances = True: Input should be"),
        ("approval = false", 'approval = "no"', "stages.prod.approval = 'no': Input should be a valid boolean"),
        ('account = "123456789012"', "account = 123456789012", "project.account = 123456789012: Input should be a"),
    ],
)
def test_a_wrong_type_is_named_with_its_key_and_value(refusal: Refusal, before: str, after: str, said: str) -> None:
    """A text of digits is not taken for a number, nor a number for a text."""
    (line,) = refusal((before, after))
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("before", "key"),
    [
        ('account = "123456789012"', "project.account"),
        ('branch = "main"', "github.branch"),
        ("errors_5xx_percent = 0.2", "stages.prod.alarms.errors_5xx_percent"),
    ],
)
def test_a_missing_key_is_named(refusal: Refusal, before: str, key: str) -> None:
    """The refusal names the section and the key."""
    (line,) = refusal((before, ""))
    assert line == f"{key} is missing"


@pytest.mark.parametrize(
    ("before", "after", "seen", "form"),
    [
        ('"123456789012"', '"12345"', "project.account = '12345'", r"^\d{12}$"),
        ('"us-east-1"', '"Virginia"', "project.region = 'Virginia'", r"^[a-z]{2}(-[a-z]+)+-\d$"),
        ('= "ml.m5.large"', '= "m5.large"', "stages.qa.instance_type = 'm5.large'", r"^ml\.[a-z0-9]+\.[a-z0-9]+$"),
        ('email = ""', 'email = "ada"', "notifications.email = 'ada'", r"^$|^[^@\s]+@[^@\s]+$"),
        ('branch = "main"', 'branch = ""', "github.branch = ''", r"^[A-Za-z0-9._/-]+$"),
        (
            'branch = "main"\n',
            'branch = "main"\nconnection = "arn:aws:iam::123456789012:role/r"\n',
            "github.connection = 'arn:aws:iam::123456789012:role/r'",
            r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]+$",
        ),
    ],
)
def test_a_value_of_the_wrong_form_is_named_with_the_form(
    refusal: Refusal, before: str, after: str, seen: str, form: str
) -> None:
    """The refusal shows the value seen and the form that it should have."""
    (line,) = refusal((before, after))
    assert line == f"{seen} does not match {form}"


@pytest.mark.parametrize(
    ("before", "after", "key", "bound"),
    [
        ("min_instances = 1", "min_instances = 0", "prod.scaling.min_instances = 0", "greater than or equal to 1"),
        ("instance_count = 1", "instance_count = 101", "qa.instance_count = 101", "less than or equal to 100"),
        ("capture_percent = 100", "capture_percent = 101", "prod.capture_percent = 101", "less than or equal to 100"),
        ("milliseconds = 250", "milliseconds = -1", "prod.alarms.p99_latency_", "greater than or equal to 1"),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(
    refusal: Refusal, before: str, after: str, key: str, bound: str
) -> None:
    """The refusal names the key, the number and the bound that it does not keep."""
    (line,) = refusal((before, after))
    assert line.startswith(f"stages.{key}")
    assert f"should be {bound}" in line


def test_scaling_needs_room(refusal: Refusal) -> None:
    """A minimum of instances above the maximum is refused with both numbers."""
    (line,) = refusal(("min_instances = 1", "min_instances = 5"))
    assert line.startswith("stages.prod.scaling = {")
    assert line.endswith("min_instances (5) is above max_instances (4)")


AB = "[stages.prod.scaling]", "[stages.prod.ab]\nchallenger_weight_percent = 20\n\n[stages.prod.scaling]"


def test_competing_models_are_compared_by_what_is_captured(refusal: Refusal) -> None:
    """An experiment without data capture is refused."""
    (line,) = refusal(AB, ("capture_percent = 100", "capture_percent = 0"))
    assert line.endswith("ab compares what is captured: capture_percent must be above 0")


def test_qa_serves_one_model(refusal: Refusal) -> None:
    """An experiment in QA is refused as an unknown key."""
    (line,) = refusal(("[stages.prod]\n", "[stages.qa.ab]\nchallenger_weight_percent = 20\n\n[stages.prod]\n"))
    assert line.startswith("stages.qa.ab = {'challenger_weight_percent': 20} is no key here.")


def test_a_challenger_has_some_of_the_traffic_and_never_most(refusal: Refusal) -> None:
    """A challenger's share of 0 % and one above 50 % are refused."""
    for percent in (0, 51):
        (line,) = refusal((AB[0], AB[1].replace("20", str(percent))))
        assert line.startswith(f"stages.prod.ab.challenger_weight_percent = {percent}: Input should be")


def test_a_repository_is_reached_by_a_token_or_a_connection(refusal: Refusal) -> None:
    """Without either, the refusal says which keys there are; a connection needs no token."""
    (line,) = refusal(('token_secret = "gatehouse/github-token"', ""))
    assert line.startswith("github = ")
    assert line.endswith("the repository is reached by a connection or by the token in token_secret: give one of them")


def test_everything_wrong_is_said_at_once(refusal: Refusal) -> None:
    """One error lists every fault of the file."""
    lines = refusal(
        ('"123456789012"', '"1"'),
        ('owner = "gatehouse"', ""),
        ("approval = false", "aproval = false"),
        ("errors_5xx_percent = 0.2", 'errors_5xx_percent = "one"'),
    )
    assert [line.split(" ")[0] for line in lines] == [
        "project.account",
        "github.owner",
        "stages.prod.alarms.errors_5xx_percent",
        "stages.prod.aproval",
    ]


def test_what_is_not_toml_is_said_with_file_and_line(tmp_path: Path) -> None:
    """The error names the file and the line that is not TOML."""
    file = tmp_path / "gatehouse.toml"
    file.write_text("[project]\naccount = \n")
    with pytest.raises(FileFault, match=r"gatehouse\.toml is not TOML: .*line 2"):
        load_settings(file)


@pytest.mark.parametrize(
    ("before", "after", "statement"),
    [
        ("max_instances = 4", "max_instance = 4", "max_instance = 4"),
        ('account = "', 'account = "1', 'account = "'),
        ("max_instances = 4\n", "", "[stages.prod.scaling]"),
        ("[project]", "[projekt]", "[projekt]"),
        ("[project]", "[workloads.iris.security]\nkey = 1\n[project]", "key = 1"),
        ("[project]", "[workloads.iris.stages.prod.ab]\nminimum_requests = 7\n[project]", "[workloads.iris.stages"),
    ],
)
def test_a_refusal_names_the_line(tmp_path: Path, before: str, after: str, statement: str) -> None:
    """It is the line of the wrong statement, or of the section that lacks one."""
    text = SHIPPED.read_text().replace(before, after, 1)
    file = tmp_path / "gatehouse.toml"
    file.write_text(text)
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each.startswith(statement))
    with pytest.raises(SettingsError, match=rf"{re.escape(str(file))}:{line}: "):
        load_settings(file)


def test_settings_cannot_be_changed_on_the_way() -> None:
    """Settings that were read are frozen."""
    settings = load_settings(SHIPPED)
    with pytest.raises(ValueError, match="frozen"):
        settings.project.account = "999999999999"  # type: ignore[misc]


CANARY = 'strategy = "CANARY"'


@pytest.mark.parametrize(
    ("replacements", "words"),
    [
        (
            [(CANARY, 'strategy = "ROLLING"')],
            "strategy = 'ROLLING': Input should be 'ALL_AT_ONCE', 'CANARY' or 'LINEAR'",
        ),
        (
            [("share_percent = 20 ", "share_percent = 51 ")],
            "share_percent = 51: Input should be less than or equal to 50",
        ),
        ([("share_percent = 20 ", "# ")], "CANARY needs share_percent"),
        ([(CANARY, 'strategy = "LINEAR"'), ("share_percent = 20 ", "share_percent = 9 ")], "10 to 50 %, not 9"),
        ([(CANARY, 'strategy = "ALL_AT_ONCE"')], "no share_percent and no bake_seconds"),
        (
            [("\nbake_seconds = 300", "\nbake_seconds = 3601")],
            "bake_seconds = 3601: Input should be less than or equal to 3600",
        ),
        (
            [(CANARY, 'strategy = "LINEAR"'), ("share_percent = 20 ", "share_percent = 10 "), ("= 300 ", "= 3600 ")],
            "its bakes take 32460 s in all; SageMaker leaves them 27000",
        ),
    ],
)
def test_a_deployment_keeps_to_sagemakers_limits(
    refusal: Refusal, replacements: list[tuple[str, str]], words: str
) -> None:
    """A deployment that SageMaker would refuse is refused here, with the limit."""
    (line,) = refusal(*replacements)
    assert line.startswith("stages.prod.deployment")
    assert words in line


def test_a_deployment_without_alarms_is_refused(refusal: Refusal) -> None:
    """Nothing would guard a deployment without alarms, so it is refused."""
    alarms = "[stages.prod.alarms]" + SHIPPED.read_text().partition("[stages.prod.alarms]")[2]
    (line,) = refusal((alarms, ""))
    assert "a deployment is guarded by alarms: add [stages.prod.alarms]" in line


@pytest.mark.parametrize(
    ("replacements", "seconds"),
    [
        ([], 300 + 60),
        ([(CANARY, 'strategy = "LINEAR"'), ("share_percent = 20 ", "share_percent = 30 ")], 3 * 300 + 60),
        ([(CANARY, 'strategy = "ALL_AT_ONCE"'), ("share_percent = 20 ", "# "), ("\nbake_seconds = 300 ", "\n# ")], 60),
    ],
)
def test_the_bakes_of_a_deployment_add_up(tmp_path: Path, replacements: list[tuple[str, str]], seconds: int) -> None:
    """A canary bakes once, LINEAR after each step but the last, and both bake once more at the end."""
    text = SHIPPED.read_text()
    for before, after in replacements:
        text = text.replace(before, after, 1)
    (tmp_path / "gatehouse.toml").write_text(text)
    deployment = load_settings(tmp_path / "gatehouse.toml").stages.prod.deployment
    assert deployment is not None
    assert deployment.wait_seconds == seconds
    assert deployment.timeout_seconds == seconds + 1800


ITS_OWN = '[workloads.credit_default.stages.prod]\ninstance_type = "ml.m5.xlarge"\n'


def with_own(folder: Path, *tables: str) -> Path:
    """The shipped file, and these tables after it."""
    file = folder / "gatehouse.toml"
    file.write_text("\n".join((SHIPPED.read_text(), *tables)))
    return file


def test_a_workload_may_have_settings_of_its_own(tmp_path: Path) -> None:
    """Its own value takes the place of the shared one, and everything else stays as it is for all."""
    settings = load_settings(with_own(tmp_path, ITS_OWN))
    own, shared = settings.of("credit_default").stages.prod, settings.of("car_evaluation").stages.prod
    assert (own.instance_type, shared.instance_type) == ("ml.m5.xlarge", "ml.m5.large")
    assert own.model_copy(update={"instance_type": shared.instance_type}) == shared
    assert settings.of("car_evaluation") is settings


def test_a_table_of_a_workload_adds_to_what_all_have(tmp_path: Path) -> None:
    """One workload alone releases its models beside the champion."""
    own = "[workloads.car_evaluation.stages.prod.ab]\nchallenger_weight_percent = 20\n"
    settings = load_settings(with_own(tmp_path, own, ITS_OWN))
    assert settings.of("car_evaluation").stages.prod.ab is not None
    assert settings.of("credit_default").stages.prod.ab is None


def test_a_workload_may_have_a_branch_of_its_own(tmp_path: Path) -> None:
    """Pushes to it release this workload alone; repository and token stay the project's."""
    settings = load_settings(with_own(tmp_path, '[workloads.car_evaluation.github]\nbranch = "cars"\n', ITS_OWN))
    assert settings.of("car_evaluation").github.branch == "cars"
    assert settings.of("car_evaluation").github.repo == settings.github.repo
    assert settings.of("credit_default").github == settings.github


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (
            "[workloads.credit_defalt.stages.prod]",
            (f"workloads.credit_defalt is no workload. There are {', '.join(WORKLOADS)}; did you mean credit_default?"),
        ),
        (
            "[workloads.credit_default.project]",
            (
                "workloads.credit_default.project cannot be a workload's own. "
                "Allowed: github, notifications, security, training, stages, batch, dataset, api"
            ),
        ),
        (
            '[workloads.credit_default.github]\nrepo = "another"',
            "workloads.credit_default.github.repo cannot be a workload's own. Allowed: branch",
        ),
        (
            "[workloads.credit_default.github]\nbranch = 3",
            "workloads.credit_default.github.branch = 3: Input should be a valid string",
        ),
        (
            "[workloads.credit_default.stages.prod.alarms]\nerrors_5xx_percent = 300.0",
            "workloads.credit_default.stages.prod.alarms.errors_5xx_percent = 300.0: Input should be less than 100",
        ),
        (
            "[workloads.credit_default.security]\ncustomer_managed_keys = true",
            (
                "workloads.credit_default.security.customer_managed_keys = True is no key here. Allowed:"
                " customer_managed_key; did you mean customer_managed_key?"
            ),
        ),
        ("[workloads]\ncar_evaluation = 3", "workloads.car_evaluation = 3: expected a table"),
    ],
)
def test_what_a_workload_cannot_have_is_refused_by_its_place(tmp_path: Path, table: str, line: str) -> None:
    """The refusal names the workload, the key, the value and what is allowed."""
    file = with_own(tmp_path, table)
    with pytest.raises(SettingsError) as error:
        load_settings(file)
    assert re.sub(r"(?<=gatehouse\.toml):\d+", "", str(error.value)) == f"{file}: {line}"


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            '[workloads.nyt_comments]\ndataset = "nyt"',
            "workloads.nyt_comments.dataset = 'nyt' is no data set of it. There are nyt_comments; its own needs no",
        ),
        (
            '[workloads.iris]\ndataset = "nyt_comments"',
            "workloads.iris.dataset = 'nyt_comments' is no data set of it. It has no other than its own; its own",
        ),
        ("[workloads.nyt_comments]\ndataset = 3", "workloads.nyt_comments.dataset = 3 is no data set of it."),
    ],
)
def test_a_data_set_that_does_not_exist_is_refused_with_those_that_do(
    refusal: Refusal, section: str, said: str
) -> None:
    """The refusal names the data sets of this workload."""
    (line,) = refusal(("[project]", f"{section}\n[project]"))
    assert line.startswith(said)


def test_a_data_set_belongs_to_one_workload(refusal: Refusal, tmp_path: Path) -> None:
    """Above the first table it would be every workload's; under one workload it is that one's alone."""
    (line,) = refusal(("[project]", 'dataset = "nyt_comments"\n[project]'))
    assert line == "dataset = 'nyt_comments' belongs to one workload: write it under [workloads.<name>]"
    file = tmp_path / "chosen.toml"
    file.write_text(f'{SHIPPED.read_text()}\n[workloads.nyt_comments]\ndataset = "nyt_comments"\n')
    settings = load_settings(file)
    assert {name: settings.of(name).dataset for name in ("nyt_comments", "iris")} == {
        "nyt_comments": "nyt_comments",
        "iris": None,
    }


@pytest.mark.parametrize(
    "schedule", ["0 3 * * *", "cron(0 3 * * *)", "every day", "rate(1)", "at(2026-11-27T03:00:00)"]
)
def test_a_schedule_has_eventbridges_form(refusal: Refusal, schedule: str) -> None:
    """A line of crontab has five fields; the refusal shows the form with six."""
    (line,) = refusal(("# [batch]", f'[batch]\nschedule = "{schedule}"'))
    assert line.startswith(f"batch.schedule = '{schedule}' does not match ^(cron")


def test_a_night_is_one_line(tmp_path: Path) -> None:
    """Under one workload, the line is that one's alone, and the role for scoring comes with it."""
    settings = load_settings(with_own(tmp_path, '[workloads.iris.batch]\nschedule = "cron(0 3 * * ? *)"'))
    batch = settings.of("iris").batch
    assert batch is not None
    assert (batch.schedule, batch.instance_type) == ("cron(0 3 * * ? *)", "ml.m5.large")
    assert settings.of("car_evaluation").batch is None


CALLERS = 'callers = ["people", "programs"]'
PARTNER = "# [api.partners.acme]\n# requests_per_second = 5\n# burst_requests = 10\n# requests_per_day = 10000"


@pytest.mark.parametrize(
    ("replacements", "words"),
    [
        ([(CALLERS, 'callers = ["everybody"]')], "api.callers.0 = 'everybody': Input should be 'people' or 'programs'"),
        ([(CALLERS, "callers = []")], "api.callers = []: List should have at least 1 item"),
        ([(CALLERS, 'callers = ["people", "people"]')], "callers names one twice: people, people"),
        ([("log_days = 90", "log_days = 91")], "api.log_days = 91: Input should be 1, 3, 5, 7, 14, 30, 60, 90"),
        (
            [("timeout_seconds = 28", "timeout_seconds = 29")],
            "api.function.timeout_seconds = 29: Input should be less than or equal to 28",
        ),
        ([("provisioned = 1 ", "provisioned = 4 ")], "provisioned (4) is above most_provisioned (3)"),
        ([("at_once = 50", "at_once = 2")], "most_provisioned (3) is above at_once (2)"),
        ([("at_once = 50", "at_once = 49")], "at_once (49) is below burst_requests (50)"),
        (
            [(CALLERS, 'callers = ["programs"]'), ("sign_up = false", "sign_up = true")],
            'people sign up: add "people" to callers',
        ),
        (
            [(CALLERS, 'callers = ["people"]'), (PARTNER, PARTNER.replace("# ", ""))],
            'partners are programs: add "programs" to callers',
        ),
        (
            [(PARTNER, PARTNER.replace("# ", "").replace("_day", "_month"))],
            "api.partners.acme.requests_per_month = 10000 is no key here. Allowed: requests_per_second,",
        ),
    ],
)
def test_a_door_that_cannot_be_is_refused(refusal: Refusal, replacements: list[tuple[str, str]], words: str) -> None:
    """The refusal names the key of [api] and the value, and says what may be."""
    assert any(words in line for line in refusal(*replacements))


def test_a_workload_may_have_a_door_of_its_own_kind(tmp_path: Path) -> None:
    """Callers and partners of one workload alone are no one else's."""
    settings = load_settings(with_own(tmp_path, '[workloads.iris.api]\ncallers = ["programs"]\n'))
    assert settings.of("iris").api.callers == ["programs"]
    assert settings.of("iris").api.function == settings.api.function
    assert settings.of("credit_default").api.callers == ["people", "programs"]
