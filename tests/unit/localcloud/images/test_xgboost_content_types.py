"""The names of XGBoost's formats."""

import pytest
from content_types import content_type
from hyperparameters import UserError


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("text/csv", "csv"),
        ("text/csv; label_size=1", "csv"),
        ("CSV", "csv"),
        ("text/x-libsvm", "libsvm"),
        ("text/libsvm ;charset=utf8", "libsvm"),
        (None, "libsvm"),
        ("", "libsvm"),
    ],
)
def test_parameters_and_case_do_not_matter(declared, kind):
    """libsvm is the default, as in the container."""
    assert content_type(declared) == kind


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("image/png", "image/png is not an accepted ContentType"),
        ("text/csv; label_size=0", "label_size must be equal to 1"),
        ("application/x-recordio-protobuf", "application/x-recordio-protobuf is not supported by the local cloud"),
    ],
)
def test_other_types_are_refused_by_name(declared, message):
    """What the container takes and the stand-in does not is told apart from what nobody takes."""
    with pytest.raises(UserError, match=message):
        content_type(declared)
