"""Dates and missing values: as the file has them, and as the model gets them."""

from __future__ import annotations

import pytest

from ml_init.columns import Column, Dates, Decimals, Integers, column

AGE = Integers(name="age", low=0, high=120, missing=("", "NA"))
WEIGHT = Decimals(name="weight", low=0.0, high=500.0, missing=("?",))
BORN = Dates(name="born", dates="%d.%m.%Y", earliest="01.01.1900", latest="31.12.2030", missing=("unknown",))
SEEN = Dates(name="seen", dates="%Y-%m-%dT%H:%M", earliest="2020-01-01T00:00", latest="2030-01-01T00:00")


@pytest.mark.parametrize(
    ("given", "value", "canonical"),
    [
        (AGE, "NA", ""),
        (AGE, "", ""),
        (AGE, "4.10E+01", "41"),
        (WEIGHT, "?", ""),
        (WEIGHT, "", ""),
        (WEIGHT, "71.50", "71.5"),
        (BORN, "unknown", ""),
        (BORN, "02.01.1970", "1"),
        (BORN, "31.12.1969", "-1"),
        (SEEN, "2026-11-28T12:00", "20785.5"),
    ],
)
def test_a_value_has_one_canonical_form(given: Column, value: str, canonical: str) -> None:
    """The canonical form is allowed, too, and is its own: a training row is read back by it."""
    assert given.fault(value) is None
    assert given.canonical(value) == canonical
    assert given.fault(canonical) is None
    assert given.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("given", "value", "fault"),
    [
        (AGE, "n/a", "age is 'n/a', expected a whole number"),
        (Integers(name="age", low=0, high=120), "", "age is '', expected a whole number"),
        (BORN, "1970-01-02", "born is '1970-01-02', expected a date as %d.%m.%Y writes it"),
        (BORN, "31.02.1970", "born is '31.02.1970', expected a date as %d.%m.%Y writes it"),
        (BORN, "01.01.2031", "born is '01.01.2031', expected 01.01.1900 to 31.12.2030"),
        (SEEN, "", "seen is '', expected a date as %Y-%m-%dT%H:%M writes it"),
    ],
)
def test_another_value_is_refused(given: Column, value: str, fault: str) -> None:
    """Only what the contract calls missing may be missing."""
    assert given.fault(value) == fault


@pytest.mark.parametrize(
    ("earliest", "latest", "message"),
    [
        ("2020-01-01", "01.01.2030", "latest = '01.01.2030': expected a date as %Y-%m-%d writes it"),
        ("2030-01-01", "2020-01-01", "earliest = '2030-01-01' is after latest = '2020-01-01'"),
    ],
)
def test_bounds_are_dates_in_order(earliest: str, latest: str, message: str) -> None:
    """A contract that no date keeps is refused when it is read."""
    with pytest.raises(ValueError, match=message):
        column({"name": "born", "dates": "%Y-%m-%d", "earliest": earliest, "latest": latest})
