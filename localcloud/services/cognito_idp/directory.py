"""All that Cognito keeps, as one object: pools with their keys, clients, users, and who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.cognito_idp.authentication import Authentication
from localcloud.services.cognito_idp.clients import Clients
from localcloud.services.cognito_idp.pools import Pools
from localcloud.services.cognito_idp.secrets_given import SecretsGiven
from localcloud.services.cognito_idp.sign_ins import SignIns
from localcloud.services.cognito_idp.signing import SigningKeys
from localcloud.services.cognito_idp.tokens import Tokens
from localcloud.services.cognito_idp.users import Users

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud

#: AWS's: how long a code of the authorize endpoint can be redeemed.
CODE_SECONDS = 300
#: How long the sign-in page remembers who signed in.
COOKIE_SECONDS = 3600


class Directory:
    def __init__(self, cloud: Cloud) -> None:
        store = cloud.store
        self.pools = Pools(cloud)
        self.domains = store.table("cognito.domains")
        self.groups = store.table("cognito.groups")
        self.clients = Clients(store)
        self.users = Users(store, self.pools)
        self.keys = SigningKeys(store)
        self.sign_ins = SignIns(store)
        self.tokens = Tokens(cloud.settings.region, self.keys, self.sign_ins, self.users)
        self.codes = SecretsGiven(store.table("cognito.codes"))
        self.cookies = SecretsGiven(store.table("cognito.cookies"))
        self.challenges = SecretsGiven(store.table("cognito.challenges"))
        self.authentication = Authentication(self.pools, self.users, self.challenges)

    def forget_pool(self, pool_id: str) -> None:
        """Deletes a pool with all that belongs to it."""
        prefix = f"{pool_id}/"
        for table in (self.clients.table, self.users.table, self.groups):
            for key, _ in table.items(prefix):
                table.delete(key)
        self.sign_ins.end(lambda found: found["pool"] == pool_id)
        self.keys.forget(pool_id)
        self.pools.table.delete(pool_id)

    def forget_what_expired(self) -> None:
        for given in (self.codes, self.cookies, self.challenges):
            given.forget_expired()
        self.sign_ins.forget_expired()
