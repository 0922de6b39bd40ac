"""Addresses in S3."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class S3Address:
    """``s3://bucket/key``, split into its parts."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, address: str) -> S3Address:
        """Raises ValueError for text that is no S3 address."""
        scheme, _, rest = address.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not bucket:
            raise ValueError(f"{address!r} is not an S3 address such as s3://bucket/key")
        return cls(bucket=bucket, key=key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> S3Address:
        return S3Address(bucket=self.bucket, key=f"{self.key.rstrip('/')}/{name}".lstrip("/"))

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments of S3 operations: ``s3.get_object(**address.arguments)``."""
        return {"Bucket": self.bucket, "Key": self.key}
