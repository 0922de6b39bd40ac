"""The door of a workload, as far as a person deploys it: who may call, from where, and what the function may do."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_apigateway as apigateway
from handover.door import Door as Facts
from handover.names import SIGN_IN_SCOPES, Parameter

from constructs import Construct
from stacks.api_settings import Api
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.encryption import Encryption
from stacks.constructs.firewall import firewall_arn
from stacks.constructs.function_role import FunctionRole
from stacks.constructs.page_publisher import PagePublisher
from stacks.constructs.page_site import PageSite
from stacks.constructs.pushed_assets import PushedAssets
from stacks.constructs.rest_api import RestApi
from stacks.constructs.user_pool import UserPool
from stacks.door_facts import door_facts, reads
from stacks.settings import Settings
from stacks.specs import Workload


class Door(Construct):
    """All that a release's API gets as parameters, and cannot change."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, settings: Api, facts: Facts, data: DataBucket
    ) -> None:
        super().__init__(scope, construct_id)
        encryption = data.encryption
        self._data = data if reads(facts) else None
        self.assets = PushedAssets(self, workload=workload)
        self.role = FunctionRole(self, "FunctionRole", workload=workload, settings=settings, facts=facts, data=data)
        self.api = RestApi(
            self,
            "Api",
            workload=workload,
            settings=settings,
            encryption=encryption,
            image_types=facts.image_types,
        )
        self.web_acl = firewall_arn(self, "Firewall") if settings.waf else None
        self.partner_key_ids = _partner_keys(self, settings)
        self.site: PageSite | None = None
        self.publisher: PagePublisher | None = None
        self._authorizer: apigateway.CfnAuthorizer | None = None
        if "people" in settings.callers:
            self._admit_people(workload, settings, encryption)

    def _admit_people(self, workload: Workload, settings: Api, encryption: Encryption) -> None:
        self.site = PageSite(self, "Page")
        pool = UserPool(self, "People", workload=workload, settings=settings, page_address=self.site.address)
        self._authorizer = self.api.admit(pool)
        self.site.speak_to(self.api.origin, pool.sign_in_address)
        self.publisher = PagePublisher(
            self,
            "Publisher",
            site=self.site,
            assets=self.assets,
            configuration=Stack.of(self).to_json_string(
                {
                    "workload": workload.name,
                    "api": self.api.people_address,
                    "programs": self.api.address if "programs" in settings.callers else None,
                    "sign_in": pool.sign_in_address,
                    "client_id": pool.client.ref,
                    "scopes": list(SIGN_IN_SCOPES),
                }
            ),
            encryption=encryption,
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """What the pipeline hands to the stack of a release."""
        found: dict[Parameter, Any] = {
            Parameter.REST_API: self.api.api.ref,
            Parameter.ROOT_RESOURCE: self.api.root_resource_id,
            Parameter.FUNCTION_ROLE: self.role.role_arn,
            Parameter.ACCESS_LOG: self.api.access_log_arn,
        }
        if self.site and self.publisher and self._authorizer:
            found |= {
                Parameter.AUTHORIZER: self._authorizer.ref,
                Parameter.PAGE_ORIGIN: self.site.origin,
                Parameter.PAGE_PUBLISHER: self.publisher.arn,
            }
        if self._data:
            found[Parameter.DATA_BUCKET] = self._data.name
        if self.web_acl:
            found[Parameter.WEB_ACL] = self.web_acl
        if self.partner_key_ids:
            found[Parameter.PARTNER_KEYS] = ",".join(self.partner_key_ids)
        return {parameter.value: value for parameter, value in found.items()}


def door_of(scope: Construct, *, workload: Workload, settings: Settings, data: DataBucket) -> Door | None:
    """Without a door in the workload's spec there is none."""
    if not workload.api:
        return None
    facts = door_facts(workload, settings.dataset)
    return Door(scope, "Door", workload=workload, settings=settings.api, facts=facts, data=data)


def _partner_keys(scope: Construct, settings: Api) -> list[str]:
    """An API key for each partner, in the order of their names."""
    keys = Construct(scope, "Partners")
    return [apigateway.CfnApiKey(keys, name, enabled=True, description=name).ref for name in sorted(settings.partners)]
