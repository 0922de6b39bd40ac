"""How the kinds of answers read them: strictly, beside a truth that must fit."""

from __future__ import annotations

import pytest

from ml_test.gate.answer_tables import Costs
from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import Probability


def test_the_labels_that_occur_are_known_where_nobody_says_which_there_are() -> None:
    """Captured traffic has no list of labels; a data set without labels, however, knows none."""
    assert Labels().read(["b", "a"], ["a", "a"]).labels == ("a", "b")
    with pytest.raises(ValueError, match=r"labels that the model does not know: \['a'\]; it knows \[\]"):
        Labels().read(["a"], ["a"], ())


@pytest.mark.parametrize("labels", [(), ("1",), ("0", "2"), ("0", "1", "2"), ("1", "1")])
def test_a_probability_is_of_one_of_two_labels(labels: tuple[str, ...]) -> None:
    """Any other labels of the data are refused by name."""
    with pytest.raises(ValueError, match="probabilities of '1' need two labels, it among them, not"):
        Probability(of="1").read(["0.5"], ["1"], labels)


def test_a_probability_decides_at_the_threshold_of_its_costs() -> None:
    """From the threshold on for the label, below it for the other one; what is unusable is neither."""
    kind = Probability(of="no", costs=Costs(missed=3, false_alarm=1))
    answers = ["0.25", "0.24", "1.01"]
    read = kind.read(answers, ["no", "no", "yes"], ["no", "yes"])
    assert read.words(answers) == ["no", "yes", "1.01"]
    assert read.labels == ("yes", "no")
    assert read.matrix.tolist() == [[0, 0, 1], [1, 1, 0]]


def test_a_true_label_that_the_data_do_not_have_is_refused() -> None:
    """For probabilities as for labels."""
    with pytest.raises(ValueError, match=r"labels that the model does not know: \['maybe'\]"):
        Probability(of="1").read(["0.5"], ["maybe"], ["0", "1"])
