"""Starts, describes, stops and deletes builds."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.codebuild.announcements import announce
from localcloud.services.codebuild.engine import Engine
from localcloud.services.codebuild.plan import BuildPlan, plan
from localcloud.services.codebuild.projects import find, page
from localcloud.services.codebuild.record import IN_PROGRESS, builds

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

TOKEN_VALID = timedelta(minutes=5)


class Builds(Operations):
    service = "codebuild"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._engine = Engine(cloud)

    def start(self) -> None:
        announce(self.cloud)
        self._engine.close_cut_off()

    def stop(self) -> None:
        self._engine.stop_all()

    @operation("StartBuild")
    def start_build(self, call: Call, params: Params) -> Params:
        """Starts a build. The same idempotencyToken within five minutes returns the build that it started."""
        project = find(self.cloud, params["projectName"])
        return {"build": self._start(call, project, params)}

    @operation("RetryBuild")
    def retry_build(self, call: Call, params: Params) -> Params:
        """Starts a build with the overrides of the earlier one and the project's present settings."""
        build = self._find(params.get("id", ""))
        request = self.cloud.store.table("codebuild.requests").get(build["id"]) or {}
        if build["buildStatus"] == IN_PROGRESS:
            raise AwsError("InvalidInputException", f"Build {build['id']} is still in progress.")
        overrides = {name: value for name, value in request["params"].items() if name != "idempotencyToken"}
        if "idempotencyToken" in params:
            overrides["idempotencyToken"] = params["idempotencyToken"]
        return {"build": self._start(call, find(self.cloud, build["projectName"]), overrides)}

    @operation("StopBuild")
    def stop_build(self, call: Call, params: Params) -> Params:
        del call
        build = self._find(params["id"])
        self._engine.stop(build["id"])
        return {"build": self._find(build["id"])}

    @operation("BatchGetBuilds")
    def batch_get_builds(self, call: Call, params: Params) -> Params:
        del call
        found = {name: builds(self.cloud).get(_build_id(name)) for name in params["ids"]}
        return {
            "builds": [build for build in found.values() if build],
            "buildsNotFound": [name for name, build in found.items() if not build],
        }

    @operation("BatchDeleteBuilds")
    def batch_delete_builds(self, call: Call, params: Params) -> Params:
        """Deletes builds that have ended."""
        del call
        deleted, kept = [], []
        for name in params["ids"]:
            build = builds(self.cloud).get(_build_id(name))
            if build is None:
                kept.append({"id": name, "statusCode": "BUILD_NOT_FOUND"})
            elif build["buildStatus"] == IN_PROGRESS:
                kept.append({"id": name, "statusCode": "BUILD_IN_PROGRESS"})
            else:
                builds(self.cloud).delete(build["id"])
                self.cloud.store.table("codebuild.requests").delete(build["id"])
                deleted.append(build["arn"])
        return {"buildsDeleted": deleted, "buildsNotDeleted": kept}

    @operation("ListBuilds")
    def list_builds(self, call: Call, params: Params) -> Params:
        del call
        return self._list(params, "")

    @operation("ListBuildsForProject")
    def list_builds_for_project(self, call: Call, params: Params) -> Params:
        del call
        return self._list(params, f"{find(self.cloud, params['projectName'])['name']}:")

    def _list(self, params: Params, prefix: str) -> Params:
        """Newest first, unless asked otherwise."""
        ids = [build_id for build_id, _ in builds(self.cloud).items(prefix)]
        if params.get("sortOrder", "DESCENDING") == "DESCENDING":
            ids.reverse()
        names, more = page(ids, params)
        return {"ids": names} | more

    def _start(self, call: Call, project: Document, params: Params) -> Document:
        known = self._started_with(params)
        if known:
            return known
        decided = plan(project, params)
        self._check_limit(project)
        build = self._document(call, decided)
        self.cloud.store.table("codebuild.requests").put(build["id"], {"params": params, "time": build["startTime"]})
        builds(self.cloud).put(build["id"], build)
        self._engine.submit(build["id"], decided)
        return build

    def _check_limit(self, project: Document) -> None:
        limit = project.get("concurrentBuildLimit")
        if not limit:
            return
        statuses = [build["buildStatus"] for _, build in builds(self.cloud).items(f"{project['name']}:")]
        if statuses.count(IN_PROGRESS) >= limit:
            raise AwsError(
                "AccountLimitExceededException",
                f"Project {project['name']} runs as many builds as its concurrentBuildLimit allows: {limit}.",
            )

    def _started_with(self, params: Params) -> Document | None:
        token = params.get("idempotencyToken")
        since = datetime.now(UTC) - TOKEN_VALID
        for build_id, request in self.cloud.store.table("codebuild.requests").items():
            if token and request["params"].get("idempotencyToken") == token and request["time"] > since:
                if request["params"] != params:
                    raise AwsError(
                        "InvalidInputException",
                        f"Parameter mismatch: idempotencyToken {token} started {build_id} with other parameters.",
                    )
                return builds(self.cloud).get(build_id)
        return None

    def _document(self, call: Call, decided: BuildPlan) -> Document:
        build_uuid = str(uuid.uuid4())
        build_id = f"{decided.project_name}:{build_uuid}"
        build = {
            "id": build_id,
            "arn": self.cloud.arn("codebuild", f"build/{build_id}"),
            "buildNumber": self._next_number(decided.project_name),
            "startTime": datetime.now(UTC),
            "buildStatus": IN_PROGRESS,
            "buildComplete": False,
            "projectName": decided.project_name,
            "phases": [],
            "source": decided.source,
            "secondarySources": decided.secondary_sources,
            "artifacts": {"location": ""},
            "cache": decided.cache,
            "environment": decided.environment,
            "serviceRole": decided.service_role,
            "logs": self._logs(decided, build_uuid),
            "timeoutInMinutes": decided.timeout_minutes,
            "queuedTimeoutInMinutes": decided.queued_timeout_minutes,
            "initiator": decided.variable("CODEBUILD_INITIATOR") or _initiator(call),
            "encryptionKey": decided.encryption_key or self.cloud.arn("kms", "alias/aws/s3"),
            "exportedEnvironmentVariables": [],
        }
        return build | ({"sourceVersion": decided.source_version} if decided.source_version else {})

    def _next_number(self, project: str) -> int:
        numbers = self.cloud.store.table("codebuild.build_numbers")
        if project not in numbers:
            numbers.put(project, {"last": 0})
        return int(numbers.update(project, lambda document: document.update(last=document["last"] + 1))["last"])

    def _logs(self, decided: BuildPlan, build_uuid: str) -> Params:
        logs: Params = {"cloudWatchLogs": decided.logs}
        if decided.logs["status"] == "DISABLED":
            return logs
        group = decided.logs.get("groupName") or f"/aws/codebuild/{decided.project_name}"
        prefix = decided.logs.get("streamName")
        stream = f"{prefix}/{build_uuid}" if prefix else build_uuid
        region = self.cloud.settings.region
        return logs | {
            "groupName": group,
            "streamName": stream,
            "cloudWatchLogsArn": self.cloud.arn("logs", f"log-group:{group}:log-stream:{stream}"),
            "deepLink": f"https://console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logsV2:log-groups/log-group/{quote(group, safe='')}/log-events/{quote(stream, safe='')}",
        }

    def _find(self, name: str) -> Document:
        found = builds(self.cloud).get(_build_id(name))
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Build {name} does not exist.")
        return found


def _build_id(name: str) -> str:
    """The id of a build, from its id or ARN."""
    return name.rpartition(":build/")[2]


def _initiator(call: Call) -> str:
    """The build's initiator: ``role/session``, a user's name, or the account for its root."""
    resource = call.caller.arn.rpartition(":")[2]
    return resource.partition("/")[2] or call.account_id
