"""The names of XGBoost's formats."""

import pytest
from content_types import check_code_channel, content_type, content_type_of_channel
from hyperparameters import UserError


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("text/csv", "csv"),
        ("text/csv; label_size=1", "csv"),
        ("CSV", "csv"),
        ("application/x-recordio-protobuf", "recordio-protobuf"),
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
        ("application/json", "application/json is not an accepted ContentType: csv, text/csv, libsvm"),
    ],
)
def test_other_types_are_refused_by_name(declared, message):
    """With the container's list of what it takes."""
    with pytest.raises(UserError, match=message):
        content_type(declared)


def test_a_channels_type_has_no_parameter_but_its_labels() -> None:
    """A character set is refused as the container refuses it; of a request it is taken."""
    assert content_type_of_channel("text/csv; label_size=1", "train") == "csv"
    assert content_type_of_channel(None, "train") == "libsvm"
    for declared in ("text/csv; charset=utf-8", "libsvm;header=present", "Text/CSV"):
        with pytest.raises(UserError, match="Channel configuration for 'train' channel is not supported"):
            content_type_of_channel(declared, "train")


def test_the_channel_of_code_holds_python():
    """It is taken beside the data, and nothing of it runs."""
    check_code_channel("text/python")
    with pytest.raises(UserError, match="Channel configuration for 'code' channel is not supported"):
        check_code_channel("text/csv")
