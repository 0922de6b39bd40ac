"""Cognito's operations and hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Route, VirtualHost, without_policies
from localcloud.services.cognito_idp.auth_operations import AuthOperations
from localcloud.services.cognito_idp.client_operations import ClientOperations
from localcloud.services.cognito_idp.domain_operations import DomainOperations
from localcloud.services.cognito_idp.group_operations import GroupOperations
from localcloud.services.cognito_idp.hosted.issuer import Issuer
from localcloud.services.cognito_idp.hosted.site import Site
from localcloud.services.cognito_idp.pool_operations import PoolOperations
from localcloud.services.cognito_idp.self_operations import SelfOperations
from localcloud.services.cognito_idp.user_operations import UserOperations

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.token_issuers import Verifier


class Cognito(
    PoolOperations,
    ClientOperations,
    DomainOperations,
    UserOperations,
    GroupOperations,
    AuthOperations,
    SelfOperations,
):
    """All operations over one directory."""

    #: Those whose callers have no AWS credentials: a password or a token says who they are.
    unsigned = frozenset(
        {
            *("InitiateAuth", "RespondToAuthChallenge", "SignUp", "GetUser", "ChangePassword"),
            *("GlobalSignOut", "RevokeToken"),
        }
    )

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._site = Site(self.directory, cloud.settings)
        self._issuer = Issuer(self.directory, cloud.settings)
        cloud.issuers.add(self._verifier)

    def _verifier(self, issuer: str) -> Verifier | None:
        """Of the tokens of a pool here."""
        pool_id = issuer.rpartition("/")[2]
        keys = self.directory.keys
        if issuer != self.directory.tokens.issuer(pool_id) or keys.public(pool_id) is None:
            return None
        return lambda token: keys.verified(pool_id, token)

    def routes(self) -> list[Route]:
        """AWS's own paths of the issuer: no bucket's name has the underscore of a pool's id."""
        prefix = f"/{self.cloud.settings.region}_"
        return [Route(prefix=prefix, answer=self._issuer.answer_route, authorize=without_policies)]

    def virtual_hosts(self) -> list[VirtualHost]:
        return [
            VirtualHost(suffix="auth.localhost", prefix="/_cognito", answer=self._site.answer, largest_bytes=65_536),
            VirtualHost(
                suffix="cognito-idp.localhost",
                prefix="/_cognito-idp",
                answer=self._issuer.answer,
                named=False,
                largest_bytes=65_536,
            ),
        ]

    def start(self) -> None:
        self.directory.forget_what_expired()
