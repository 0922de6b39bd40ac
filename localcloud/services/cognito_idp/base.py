"""The base of Cognito's groups of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Operations
from localcloud.services.cognito_idp.directory import Directory

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


class CognitoOperations(Operations):
    service = "cognito-idp"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.directory = Directory(cloud)
