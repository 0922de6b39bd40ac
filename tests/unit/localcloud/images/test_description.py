"""What an image says of itself, and what is refused of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.images.description import Description, ImageError, Large, Serving, Training, read

SERVES = """
repository = "mine"
python = "3.11"
[serving]
content_types = ["text/csv"]
accepts = ["application/json"]
"""
TRAINS = """
repository = "mine"
python = "3.11"
[training]
content_types = ["text/csv"]
script_mode = false
distributed = true
"""

SCRIPT = TRAINS.replace("script_mode = false", "script_mode = true")


def image(folder: Path, text: str | None, *programs: str) -> Path:
    made = folder / "mine"
    made.mkdir()
    if text is not None:
        (made / "image.toml").write_text(text)
    for program in programs:
        (made / program).touch()
    return made


def test_a_description_is_read_into_types(tmp_path: Path) -> None:
    """What is not said is not there: an image that serves need not train."""
    serving = Serving(content_types=("text/csv",), accepts=("application/json",))
    wanted = Description(repository="mine", python="3.11", training=None, serving=serving)
    assert read(image(tmp_path, SERVES, "serve.py")) == wanted


def test_large_packages_are_described(tmp_path: Path) -> None:
    """How large they are, and what a user can do about it."""
    large = read(image(tmp_path, SERVES + '[large]\ngigabytes = 5\nnotice = "why"\n', "serve.py")).large
    assert large == Large(gigabytes=5.0, notice="why")


def test_jobs_of_an_image_in_script_mode_bring_their_program(tmp_path: Path) -> None:
    """Such an image has no program of its own to train."""
    training = read(image(tmp_path, SCRIPT)).training
    assert training is not None
    assert training.script_mode


def test_metrics_stand_for_every_combination(tmp_path: Path) -> None:
    """Values are filled into the name as they are, and into the expression as text to be found."""
    metrics = """
[[training.metrics]]
name = "{channel}:{metric}"
regex = '{channel}-{metric}=(\\S+)'
each = { channel = ["train", "test"], metric = ["a.b"] }
[[training.metrics]]
name = "rate"
regex = 'rate=(\\S+)'
"""
    found = read(image(tmp_path, TRAINS + metrics, "train.py")).training
    assert found == Training(
        content_types=("text/csv",),
        script_mode=False,
        distributed=True,
        metrics=(
            ("train:a.b", r"train-a\.b=(\S+)"),
            ("test:a.b", r"test-a\.b=(\S+)"),
            ("rate", r"rate=(\S+)"),
        ),
    )


@pytest.mark.parametrize(
    ("text", "programs", "problem"),
    [
        (None, ("serve.py",), r"The image mine has no image.toml in .*mine: write one, or take it off the list"),
        ("repository = ", ("serve.py",), r"mine/image.toml: Invalid value"),
        (
            'repo = "x"\n' + SERVES,
            ("serve.py",),
            "has repo; it may have compiled, large, python, repository, serving, training, unnamed_interpreter",
        ),
        (
            SERVES + "accept = []\n",
            ("serve.py",),
            r"image.toml: \[serving\] has accept; it may have accepts, content_types",
        ),
        (SERVES.replace('python = "3.11"', ""), ("serve.py",), "image.toml has no python"),
        (SERVES.replace('"3.11"', "3.11"), ("serve.py",), r"python is 3.11; it has to be a text"),
        (SERVES.replace("3.11", "3"), ("serve.py",), r"python is '3'; it has to be a minor version, such as 3.11"),
        (
            SERVES.replace('["text/csv"]', '"text/csv"'),
            ("serve.py",),
            "content_types is 'text/csv'; it has to be a list",
        ),
        (TRAINS.replace("= false", "= 1"), ("train.py",), "script_mode is 1; it has to be true or false"),
        (SERVES + '[large]\ngigabytes = "5"\n', ("serve.py",), r"\[large\]: gigabytes is '5'; it has to be a number"),
        (SCRIPT, ("train.py",), "script_mode is true, so jobs bring their program"),
        (SERVES, (), r"the image has \[serving\] and no serve.py; it needs both or neither"),
        (SERVES, ("serve.py", "train.py"), r"the image has train.py and no \[training\]; it needs both or neither"),
    ],
)
def test_what_is_wrong_is_refused_by_name(
    tmp_path: Path, text: str | None, programs: tuple[str, ...], problem: str
) -> None:
    """File, key and value, and what may stand there."""
    with pytest.raises(ImageError, match=problem):
        read(image(tmp_path, text, *programs))
