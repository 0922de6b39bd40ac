"""botocore's models without documentation make the same clients."""

import botocore.session
import pytest
from botocore.loaders import JSONFileLoader

from localcloud.wire.models import keep_no_documentation


@pytest.mark.parametrize("service", ["s3", "s3control", "codepipeline"])
def test_a_client_is_made_of_a_model_without_documentation(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """S3's own parameters are among what botocore reads with their documentation, and nothing else is asked for."""
    monkeypatch.setattr(JSONFileLoader, "_load_file", JSONFileLoader._load_file)
    keep_no_documentation()

    client = botocore.session.Session().create_client(
        service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )

    assert client.meta.service_model.documentation == ""
    assert client.meta.service_model.operation_names
