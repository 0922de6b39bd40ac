"""The people who may sign in at a page, and where they do it."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_cognito as cognito
from handover.names import SIGN_IN_SCOPES, Output

from constructs import Construct
from stacks.api_settings import Api
from stacks.specs import Workload

_ACCESS_MINUTES, _REFRESH_HOURS = 60, 12
_PASSWORD = cognito.CfnUserPool.PasswordPolicyProperty(
    minimum_length=14,
    require_lowercase=True,
    require_uppercase=True,
    require_numbers=True,
    require_symbols=True,
    temporary_password_validity_days=3,
)
_UNITS = {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "hours"}


class UserPool(Construct):
    """A pool, its hosted sign-in, and the page as its only client: authorization code with PKCE, and no secret.

    A person deploys it: no push admits anybody, and none sends a code to another address than the page's.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, settings: Api, page_address: str
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool = cognito.CfnUserPool(
            self,
            "Pool",
            admin_create_user_config=cognito.CfnUserPool.AdminCreateUserConfigProperty(
                allow_admin_create_user_only=not settings.sign_up
            ),
            policies=cognito.CfnUserPool.PoliciesProperty(password_policy=_PASSWORD),
            # Who signs up proves an address, and can get back in by it.
            auto_verified_attributes=["email"] if settings.sign_up else None,
            deletion_protection="ACTIVE",
        )
        self.pool.apply_removal_policy(RemovalPolicy.RETAIN)
        self.client = cognito.CfnUserPoolClient(
            self,
            "Page",
            user_pool_id=self.pool.ref,
            generate_secret=False,
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_flows=["code"],
            allowed_o_auth_scopes=list(SIGN_IN_SCOPES),
            callback_ur_ls=[page_address],
            logout_ur_ls=[page_address],
            supported_identity_providers=["COGNITO"],
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            prevent_user_existence_errors="ENABLED",
            enable_token_revocation=True,
            access_token_validity=_ACCESS_MINUTES,
            id_token_validity=_ACCESS_MINUTES,
            refresh_token_validity=_REFRESH_HOURS,
            token_validity_units=_UNITS,
        )
        # A domain's prefix is taken for all accounts of a region: the account's number makes it this one's.
        domain = f"{workload.dashed_name}-{Stack.of(self).account}"
        self.domain = cognito.CfnUserPoolDomain(self, "Domain", domain=domain, user_pool_id=self.pool.ref)
        self.sign_in_address = f"https://{domain}.auth.{Stack.of(self).region}.amazoncognito.com"
        CfnOutput(self, "PoolId", value=self.pool.ref).override_logical_id(Output.USER_POOL)

    @property
    def arn(self) -> str:
        return self.pool.attr_arn
