"""Where a template may come from."""

import pytest

from localcloud.cloudformation.template_source import s3_place
from localcloud.platform.errors import AwsError

HERE = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "url",
    [
        f"{HERE}/assets/a/b.json",
        "http://localhost:4566/assets/a/b.json",
        "https://assets.s3.us-east-1.amazonaws.com/a/b.json",
        "https://assets.s3.amazonaws.com/a/b.json",
        "https://s3.us-east-1.amazonaws.com/assets/a/b.json",
        "https://s3.amazonaws.com/assets/a/b.json",
    ],
)
def test_s3_addresses(url):
    """Path-style at the local cloud and AWS's own forms name the same object."""
    assert s3_place(url, HERE) == ("assets", "a/b.json")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a/b.json",
        "http://127.0.0.1:80/assets/b.json",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://s3.amazonaws.com.example.com/a/b.json",
        f"{HERE}/",
    ],
)
def test_any_other_address_is_refused(url):
    """Nothing but S3 is ever asked for a template."""
    with pytest.raises(AwsError, match="TemplateURL must be a supported URL"):
        s3_place(url, HERE)
