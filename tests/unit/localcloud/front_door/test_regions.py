"""A call for another region is refused by name."""

import pytest

from localcloud.front_door import regions
from localcloud.platform.errors import UnsupportedError


def test_another_region_is_refused_by_name() -> None:
    """It would be answered with this region's resources."""
    regions.require("monitoring", "us-east-1", here="us-east-1")
    with pytest.raises(
        UnsupportedError, match=r"monitoring in the region eu-west-1 \(the local cloud is in us-east-1\)"
    ):
        regions.require("monitoring", "eu-west-1", here="us-east-1")


def test_a_service_without_a_region_is_everywhere() -> None:
    """CloudFront's calls are signed for us-east-1, wherever the caller is."""
    regions.require("cloudfront", "us-east-1", here="eu-west-1")
    with pytest.raises(UnsupportedError):
        regions.require("cloudfront", "us-west-2", here="eu-west-1")
