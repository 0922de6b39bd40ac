"""A Lambda function of this repository, with its own role and log."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from handover.variables import Variables

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.log_access import kept_log
from stacks.constructs.own_files import function_code
from stacks.constructs.permissions import allow, policy_of, service


class Function(Construct):
    """Runs ``handle`` of ``lambda/<folder>/handler.py``, packaged with the hand-over.

    ``variables`` are its environment; they hold no secrets. One instance runs at a time unless the caller says
    otherwise. The function may only write its log; :meth:`allow` adds permissions.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        folder: str,
        variables: Variables,
        timeout_seconds: int = 60,
        at_once: int = 1,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        log_group = kept_log(self, "Log", encryption=encryption)
        self.role = iam.Role(self, "Role", assumed_by=service(scope, "lambda"))
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            code=function_code(folder),
            handler="handler.handle",
            runtime=lambda_.Runtime.PYTHON_3_11,
            architecture=lambda_.Architecture.ARM_64,
            role=self.role,
            log_group=log_group,
            environment=variables.of_project(),
            timeout=Duration.seconds(timeout_seconds),
            memory_size=256,
            reserved_concurrent_executions=at_once,
        )
        # The CDK makes it depend on the role as well, on which it depends anyway: cfn-lint warns about that.
        resource = cast("lambda_.CfnFunction", self.function.node.default_child)
        resource.add_override("DependsOn", [policy_of(self.role).logical_id])

    def allow(self, actions: list[str], resources: list[str], *, because: str = "") -> None:
        allow(self.role, actions, resources, because=because)
