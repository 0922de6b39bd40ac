"""Sets, describes and removes provisioned concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.lambda_.base import LambdaOperations
from localcloud.services.lambda_.concurrency import (
    ACCOUNT_CONCURRENCY,
    MACHINE_CONCURRENCY,
    ON_DEMAND,
    UNRESERVED,
)
from localcloud.services.lambda_.configuration import accept_only
from localcloud.services.lambda_.function_operations import page
from localcloud.services.lambda_.names import LATEST, Reference, function_name, reference

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_KNOWN = ("FunctionName", "Qualifier", "ProvisionedConcurrentExecutions")


class ProvisionedOperations(LambdaOperations):
    @operation("PutProvisionedConcurrencyConfig")
    def put_provisioned_concurrency_config(self, _: Call, params: Params) -> Params:
        accept_only(params, _KNOWN, "PutProvisionedConcurrencyConfig")
        executions = params["ProvisionedConcurrentExecutions"]
        if executions < 1:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{executions}' at 'provisionedConcurrentExecutions' failed to "
                "satisfy constraint: Member must have value greater than or equal to 1",
            )
        named = _published(
            params, "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
        self._check_placed(named, self.versions.document(named))
        self._check_executions(named, executions)
        return self.engine.provisioned.put(named, executions)

    @operation("GetProvisionedConcurrencyConfig")
    def get_provisioned_concurrency_config(self, _: Call, params: Params) -> Params:
        named = _published(params)
        document = self.versions.document(named)
        if "provisioned" not in document:
            raise AwsError(
                "ProvisionedConcurrencyConfigNotFoundException",
                "No Provisioned Concurrency Config found for this function",
                status=404,
            )
        return self.engine.provisioned.description(named, document)

    @operation("ListProvisionedConcurrencyConfigs")
    def list_provisioned_concurrency_configs(self, _: Call, params: Params) -> Params:
        name = function_name(params["FunctionName"])
        self.functions.get(name)
        found = [
            {
                "FunctionArn": self.functions.arn(key),
                **self.engine.provisioned.description(Reference(name, key.partition(":")[2]), document),
            }
            for key, document in self.versions.all()
            if key.startswith(f"{name}:") and "provisioned" in document
        ]
        return page("ProvisionedConcurrencyConfigs", found, params)

    @operation("DeleteProvisionedConcurrencyConfig")
    def delete_provisioned_concurrency_config(self, _: Call, params: Params) -> None:
        named = _published(params)

        def remove(document: Document) -> None:
            document.pop("provisioned", None)
            if document.pop("moving_from", None):
                document["alias"].pop("RoutingConfig", None)

        self.versions.update(named, remove)
        self.engine.provisioned.remove(named)

    def _check_placed(self, named: Reference, document: Document) -> None:
        """AWS has one pool for each version, and none where an alias chooses between two."""
        if not named.is_alias:
            for alias in self.versions.pointing_to(named.name, named.qualifier):
                if "provisioned" in self.versions.document(Reference(named.name, alias)):
                    raise _conflict("Version is pointed by a Provisioned Concurrency alias")
            return
        alias = document["alias"]
        if alias["FunctionVersion"] == LATEST:
            raise _invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
        if "RoutingConfig" in alias:
            raise _invalid("Alias with weights can not be used with Provisioned Concurrency")
        if "provisioned" in self.versions.document(Reference(named.name, alias["FunctionVersion"])):
            raise _conflict(
                "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
            )

    def _check_executions(self, named: Reference, executions: int) -> None:
        provisioned, reserved = self.engine.provisioned, self.functions.get(named.name).get("concurrency")
        if reserved is not None:
            if provisioned.executions(named.name, but=str(named)) + executions > reserved:
                raise _invalid(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for "
                    "function"
                )
            self._check_machine(named, executions)
            return
        functions = {name: function.get("concurrency") for name, function in self.functions.table.items()}
        taken = sum(limit for limit in functions.values() if limit is not None)
        taken += sum(provisioned.executions(name, but=str(named)) for name, limit in functions.items() if limit is None)
        if executions > ACCOUNT_CONCURRENCY - taken:
            raise _invalid(
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
                f"[{ACCOUNT_CONCURRENCY - taken}]."
            )
        if taken + executions > ACCOUNT_CONCURRENCY - UNRESERVED:
            raise _invalid(
                "Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
                f"its minimum value of [{UNRESERVED}]."
            )
        self._check_machine(named, executions)

    def _check_machine(self, named: Reference, executions: int) -> None:
        """Each is a process that waits for its call, whatever the account may have."""
        left = MACHINE_CONCURRENCY - ON_DEMAND - self.engine.provisioned.executions(but=str(named))
        if executions > left:
            raise _invalid(
                "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
                f"[{left}]. (The local cloud provisions {MACHINE_CONCURRENCY - ON_DEMAND} executions on this machine.)"
            )


def _published(
    params: Params, refusal: str = "The function resource provided must be an alias or a published version."
) -> Reference:
    named = reference(params["FunctionName"], params.get("Qualifier"))
    if named.is_latest:
        raise _invalid(refusal)
    return named


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def _conflict(message: str) -> AwsError:
    return AwsError("ResourceConflictException", message, status=409)
