"""An invocation's headers are held against AWS's model of the operation."""

import pytest

from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest
from localcloud.services.sagemaker.invocation_headers import check


def asked(endpoint="cars", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = HttpRequest(method="POST", path=f"/endpoints/{endpoint}/invocations", query="", headers=named, body=b"1")
    check(endpoint, request)


@pytest.mark.parametrize(
    ("headers", "place", "constraint"),
    [
        ({"x_amzn_sagemaker_custom_attributes": "a" * 1025}, "customAttributes", "length less than or equal to 1024"),
        ({"x_amzn_sagemaker_custom_attributes": "größe"}, "customAttributes", "regular expression pattern"),
        ({"x_amzn_sagemaker_target_variant": "a_b"}, "targetVariant", "regular expression pattern"),
        ({"x_amzn_sagemaker_inference_id": "i" * 65}, "inferenceId", "length less than or equal to 64"),
        ({"content_type": "t" * 1025}, "contentType", "length less than or equal to 1024"),
        ({"accept": "t" * 1025}, "accept", "length less than or equal to 1024"),
        ({"endpoint": "e" * 64}, "endpointName", "length less than or equal to 63"),
    ],
)
def test_a_header_that_breaks_the_model_is_refused(headers, place, constraint):
    """AWS's words name the member and the constraint."""
    with pytest.raises(AwsError, match=f"1 validation error detected: .* at '{place}' .*{constraint}") as refused:
        asked(**headers)
    assert refused.value.code == "ValidationError"


def test_what_the_model_allows_passes():
    """The longest attributes, and headers that are none of the operation's."""
    asked(x_amzn_sagemaker_custom_attributes="a" * 1024, content_type="text/csv", accept="*/*", user_agent="u" * 5000)
