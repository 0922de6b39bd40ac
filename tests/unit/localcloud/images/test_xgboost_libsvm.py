"""Rows of libsvm, with labels, weights and nothing else beside the pairs."""

import pytest
from libsvm import label_and_weight, matrix, without_label


def test_a_label_may_have_a_weight():
    """The number after its colon is the row's."""
    assert label_and_weight("1:0.5 0:2") == (1.0, 0.5)
    assert label_and_weight("0 1:2") == (0.0, None)


def test_a_request_may_have_its_label():
    """It is left out, as the container leaves it out."""
    assert without_label("1 0:2 3:4") == "0:2 3:4"
    assert without_label("0:2 3:4") == "0:2 3:4"


def test_what_is_no_pair_is_refused():
    """A note at the end of a line is no comment."""
    assert matrix(["1:2.5 2:1", "2:3"]).toarray().tolist() == [[2.5, 1.0], [0.0, 3.0]]
    with pytest.raises(ValueError, match=r"could not convert|invalid literal"):
        matrix(["0:1 # a note"])
