"""curve.json: what is written comes back, and what a hostile push may have written is refused in a short sentence."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from handover.errors import HandOverError
from handover.training_curve import LARGEST, MOST_BYTES, MOST_METRICS, MOST_VALUES, TrainingCurve, series

LOSS = {"name": "validation:loss", "count": 3, "values": [0.5, 0.25, 0.125]}


def curve(**changes: Any) -> bytes:
    """One metric, with these members changed."""
    return json.dumps({"metrics": [LOSS | changes]}).encode()


def test_what_is_written_comes_back() -> None:
    """A curve of any length keeps its first and its last value, how many there were, and the limits of the reader."""
    long = [1 / (1 + place) for place in range(4321)]
    written = TrainingCurve(metrics=(series("train:loss", long), series("validation:loss", [2.0, 1.0])))
    read = TrainingCurve.parse(written.json().encode())
    assert read == written
    (thinned, short) = read.metrics
    assert (thinned.count, len(thinned.values), thinned.values[0]) == (4321, MOST_VALUES, 1.0)
    assert thinned.values[-1] == pytest.approx(long[-1], rel=1e-5)
    assert (short.measured, short.values) == ("loss", (2.0, 1.0))


def test_the_largest_curve_that_is_written_can_be_read() -> None:
    """As many metrics with as many long values as there may be stay below the limit of the object."""
    values = [-1.23456e-30 * place for place in range(MOST_VALUES)]
    metrics = tuple(series(f"{place:0100}", values) for place in range(MOST_METRICS))
    written = TrainingCurve(metrics=metrics).json().encode()
    assert MOST_BYTES / 2 < len(written) <= MOST_BYTES
    assert TrainingCurve.parse(written).metrics == metrics


def test_what_is_no_finite_number_is_not_written() -> None:
    """A training that diverges has the values that it had before."""
    assert series("loss", [1.0, math.nan, math.inf, -math.inf, 2e30, 3.0]).values == (1.0, 3.0)


HOSTILE = {
    "NaN": (b'{"metrics": [{"name": "a", "count": 2, "values": [NaN, 1]}]}', "no JSON of finite numbers"),
    "Infinity": (b'{"metrics": [{"name": "a", "count": 2, "values": [1, -Infinity]}]}', "no JSON of finite numbers"),
    "1e999": (
        b'{"metrics": [{"name": "a", "count": 2, "values": [1, 1e999]}]}',
        "a value that is no number up to 1e+30",
    ),
    "too large": (curve(values=[1, LARGEST * 1.1], count=2), "a value that is no number up to 1e+30"),
    "a huge integer": (curve(values=[1, 10**400], count=2), "a value that is no number up to 1e+30"),
    "an integer of many digits": (b'{"metrics": [' + b"9" * 9999 + b"]}", "no JSON of finite numbers"),
    "a text": (curve(values=[1, "2"], count=2), "a value that is no number up to 1e+30"),
    "true": (curve(values=[1, True], count=2), "a value that is no number up to 1e+30"),
    "nothing": (curve(values=[1, None], count=2), "a value that is no number up to 1e+30"),
    "a million values": (curve(values=[0] * 1_000_000, count=1_000_000), f"more than {MOST_BYTES} bytes"),
    "more values than allowed": (curve(values=[0] * 501, count=501), "no list of 2 to 500 values"),
    "one value": (curve(values=[0], count=1), "no list of 2 to 500 values"),
    "values that are none": (curve(values={"0": 1, "1": 2}), "no list of 2 to 500 values"),
    "fewer reports than values": (curve(count=2), "no count between 3 and"),
    "a count beyond all bounds": (curve(count=10**30), "no count between 3 and"),
    "a count that is none": (curve(count=3.0), "no count between 3 and"),
    "true for a count": (curve(count=True, values=[0, 0]), "no count between 2 and"),
    "no name": (curve(name=""), "no name of 100 printable characters"),
    "a long name": (curve(name="x" * 101), "no name of 100 printable characters"),
    "a name that turns the text around": (curve(name="loss\u202e"), "no name of 100 printable characters"),
    "a name of two lines": (curve(name="a\nb"), "no name of 100 printable characters"),
    "a name that is none": (curve(name=["loss"]), "no name of 100 printable characters"),
    "two of one name": (json.dumps({"metrics": [LOSS, LOSS]}).encode(), "two metrics of one name"),
    "more metrics than allowed": (json.dumps({"metrics": [LOSS] * 25}).encode(), "no list of 24 at most"),
    "metrics that are none": (b'{"metrics": {"name": "loss"}}', "no list of 24 at most"),
    "a metric that is none": (b'{"metrics": ["loss"]}', "metric 1 has no name"),
    "no metrics": (b"{}", "the document has no metrics"),
    "no document": (b"[]", "the document has no metrics"),
    "deep nesting": (b"[" * 200_000, "no JSON of finite numbers"),
    "no text": (b"\xff\xfe\x00", "no JSON of finite numbers"),
    "empty": (b"", "no JSON of finite numbers"),
}


@pytest.mark.parametrize(("content", "said"), HOSTILE.values(), ids=list(HOSTILE))
def test_whatever_else_is_there_is_refused(content: bytes, said: str) -> None:
    """The message says which limit was broken, and quotes nothing of what is there."""
    with pytest.raises(HandOverError) as caught:
        TrainingCurve.parse(content)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 120
