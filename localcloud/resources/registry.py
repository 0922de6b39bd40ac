"""Every resource type that the local cloud can deploy, by name. A template that uses another is refused."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.resources.resource import Resource


@functools.cache
def resource_types() -> dict[str, Resource]:
    """Type name → the one object that makes, changes and deletes resources of that type."""
    from localcloud.resources.aws_iam_role import Role
    from localcloud.resources.aws_s3_bucket import Bucket

    types: tuple[type[Resource], ...] = (
        Bucket,
        Role,
    )
    return {each.type_name: each() for each in types}
