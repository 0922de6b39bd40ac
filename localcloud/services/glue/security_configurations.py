"""Security configurations: named encryption settings that jobs and crawlers refer to.

The local cloud's objects and logs are on this machine's disk, unencrypted whatever a configuration says. Configurations
are stored and returned, and a job that names an unknown one is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue.answers import already_exists, not_found, page

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document


def require(cloud: Cloud, name: str | None) -> None:
    """Raises EntityNotFoundException where ``name`` is given and unknown."""
    if name and name not in cloud.store.table("glue.security_configurations"):
        raise not_found(f"Security configuration {name} not found.")


class SecurityConfigurations(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._configurations = cloud.store.table("glue.security_configurations")

    @operation("CreateSecurityConfiguration")
    def create_security_configuration(self, _: Call, params: Params) -> Params:
        if params["Name"] in self._configurations:
            raise already_exists(f"Security configuration {params['Name']} already exists.")
        document = {
            "Name": params["Name"],
            "CreatedTimeStamp": datetime.now(UTC),
            "EncryptionConfiguration": params["EncryptionConfiguration"],
        }
        self._configurations.put(params["Name"], document)
        return {"Name": document["Name"], "CreatedTimestamp": document["CreatedTimeStamp"]}

    @operation("GetSecurityConfiguration")
    def get_security_configuration(self, _: Call, params: Params) -> Params:
        return {"SecurityConfiguration": self._configuration(params["Name"])}

    @operation("GetSecurityConfigurations")
    def get_security_configurations(self, _: Call, params: Params) -> Params:
        return page(params, "SecurityConfigurations", [document for _, document in self._configurations.items()])

    @operation("DeleteSecurityConfiguration")
    def delete_security_configuration(self, _: Call, params: Params) -> Params:
        self._configurations.delete(self._configuration(params["Name"])["Name"])
        return {}

    def _configuration(self, name: str) -> Document:
        require(self.cloud, name)
        return self._configurations.get(name) or {}
