"""Which variant a request goes to."""

import pytest

from localcloud.services.sagemaker.routing import pick


@pytest.mark.parametrize(
    ("weights", "point", "index"),
    [
        ([1.0], 0.99, 0),
        ([3.0, 1.0], 0.74, 0),
        ([3.0, 1.0], 0.75, 1),
        ([0.0, 1.0], 0.0, 1),
        ([1.0, 0.0], 0.999999, 0),
    ],
)
def test_a_point_falls_into_its_weights_slice(weights, point, index):
    """A variant's share of the traffic is its weight over the sum of all; a weight of 0 gets nothing."""
    assert pick(weights, point) == index


def test_rounding_never_reaches_a_variant_without_weight():
    """When the slices add up to a little less than 1, the last one with a weight takes the rest."""
    assert pick([0.1] * 10 + [0.0], 0.99999999999999999) == 9
