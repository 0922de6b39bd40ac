"""A bucket's tags: those of AWS's own stay when the others are replaced or removed, which moto does not know."""

from __future__ import annotations

from localcloud.wire import s3_documents
from localcloud.wire.system_tags import PREFIX


def keep_system_tags() -> None:
    """Lets moto take tags of AWS's own, which it refuses: the front door does so, from all but this very process."""
    from moto.s3.models import S3Backend
    from moto.s3.responses import S3Response

    put = S3Backend.put_bucket_tagging

    def put_bucket_tagging(self: S3Backend, bucket_name: str, tags: dict[str, str]) -> None:
        had = self.tagger.get_tag_dict_for_resource(self.get_bucket(bucket_name).arn)
        put(self, bucket_name, {key: text for key, text in had.items() if key.startswith(PREFIX)} | tags)

    def delete_bucket_tagging(self: S3Backend, bucket_name: str) -> None:
        self.put_bucket_tagging(bucket_name, {})

    def from_body(self: S3Response) -> dict[str, str]:
        return s3_documents.tags(self.body)

    S3Response._bucket_tagging_from_body = from_body  # type: ignore[method-assign]  # noqa: SLF001
    S3Backend.put_bucket_tagging = put_bucket_tagging  # type: ignore[method-assign]
    S3Backend.delete_bucket_tagging = delete_bucket_tagging  # type: ignore[method-assign]
