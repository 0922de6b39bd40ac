"""Runs one build, phase by phase. Each phase is a method, and transitions.py decides which one follows."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.platform.errors import AwsError
from localcloud.platform.log_stream import LogStream
from localcloud.platform.processes import Ended, Exit
from localcloud.services.codebuild import artifacts, container, sources, variables
from localcloud.services.codebuild.build_log import BuildLog
from localcloud.services.codebuild.buildspec import PHASES, Buildspec, BuildspecError, OnFailure, PhaseSpec, parse
from localcloud.services.codebuild.cache import Cache, local_cache_folder
from localcloud.services.codebuild.failure import InterruptedBuildError, PhaseFailedError
from localcloud.services.codebuild.shell import Shell
from localcloud.services.codebuild.transitions import Phase, Status, after, overall

if TYPE_CHECKING:
    import threading

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.services.codebuild.plan import BuildPlan
    from localcloud.services.codebuild.record import Record

log = logging.getLogger("localcloud.codebuild")

_SHELL_PHASES = {
    Phase.INSTALL: "install",
    Phase.PRE_BUILD: "pre_build",
    Phase.BUILD: "build",
    Phase.POST_BUILD: "post_build",
}

#: Phases that AWS's build agent does not log, because it is not running then.
_SILENT = {Phase.PROVISIONING, Phase.FINALIZING}


class BuildRun:
    """One build from PROVISIONING to COMPLETED, on the thread that calls :meth:`run`."""

    def __init__(self, cloud: Cloud, plan: BuildPlan, record: Record, stop: threading.Event) -> None:
        self._cloud = cloud
        self._plan = plan
        self._record = record
        self._stop = stop
        self._deadline = time.monotonic() + plan.timeout_minutes * 60
        self._statuses: list[Status] = []
        self._spec = Buildspec()
        self._exported: list[str] = []
        self._log = BuildLog(None)
        self._credentials: dict[str, str] = {}
        self._container: container.Container | None = None
        self._environment: dict[str, str] = {}
        self._shell: Shell | None = None

    def run(self) -> None:
        phase = Phase.PROVISIONING
        while phase is not Phase.COMPLETED:
            status = self._run_phase(phase)
            self._statuses.append(status)
            phase = after(phase, status, self._on_failure(phase))
        self._clean_up()  # before the build is complete: whoever waits for that finds the whole log, and no process
        self._record.complete(overall(self._statuses))

    def _clean_up(self) -> None:
        try:
            if self._shell:
                self._shell.close()
            if self._container:
                self._container.remove()
            self._log.close()
        except OSError:
            log.exception("after build %s", self._plan.project_name)

    @property
    def _succeeding(self) -> bool:
        return overall(self._statuses) is Status.SUCCEEDED

    def _on_failure(self, phase: Phase) -> OnFailure:
        spec = self._spec.phases.get(_SHELL_PHASES.get(phase, ""))
        return spec.on_failure if spec else OnFailure.DEFAULT

    def _run_phase(self, phase: Phase) -> Status:
        self._record.begin(phase)
        if phase in _SHELL_PHASES:
            self._log.say(f"Entering phase {phase.value}")
        status, code, message = Status.SUCCEEDED, "", ""
        try:
            self._check_interruption(phase)
            self._perform(phase)
        except PhaseFailedError as failure:
            status, code, message = Status.FAILED, failure.status_code, failure.message
        except InterruptedBuildError as interruption:
            status, code, message = interruption.status, interruption.status_code, interruption.message
        except Exception as error:  # noqa: BLE001  (whatever it was: the build must end, and say what it was)
            status, code, message = self._unforeseen(phase, error)
        message = self._log.masked(message)
        if phase not in _SILENT or status is not Status.SUCCEEDED:
            self._log.say(f"Phase complete: {phase.value} State: {status.value}")
            self._log.say(f"Phase context status code: {code} Message: {message}")
        self._record.end(status, code, message)
        return status

    def _unforeseen(self, phase: Phase, error: Exception) -> tuple[Status, str, str]:
        """Status, code and message of an error. A refused call to another service is the client's, others are ours."""
        if self._stop.is_set():
            stopped = InterruptedBuildError(Status.STOPPED)
            return stopped.status, stopped.status_code, stopped.message
        if isinstance(error, AwsError | ClientError):
            return Status.FAILED, "CLIENT_ERROR", str(error)
        log.error("%s of project %s", phase.value, self._plan.project_name, exc_info=error)
        return Status.FAULT, "INTERNAL_SERVICE_ERROR", f"{type(error).__name__}: {error}"

    def _check_interruption(self, phase: Phase) -> None:
        if phase is Phase.FINALIZING:
            return
        if self._stop.is_set():
            raise InterruptedBuildError(Status.STOPPED)
        if time.monotonic() > self._deadline:
            raise InterruptedBuildError(Status.TIMED_OUT)

    def _perform(self, phase: Phase) -> None:
        if phase in _SHELL_PHASES:
            self._run_commands(self._spec.phases.get(_SHELL_PHASES[phase], PhaseSpec()))
            return
        steps = {
            Phase.PROVISIONING: self._provision,
            Phase.DOWNLOAD_SOURCE: self._download_source,
            Phase.UPLOAD_ARTIFACTS: self._upload_artifacts,
            Phase.FINALIZING: self._finalize,
        }
        steps[phase]()

    def _provision(self) -> None:
        build = self._record.document()
        try:
            self._credentials = self._cloud.clients.assume_role(
                self._plan.service_role,
                session_name=f"AWSCodeBuild-{build['id'].partition(':')[2]}",
                service_principal="codebuild.amazonaws.com",
                source_arn=self._cloud.arn("codebuild", f"project/{self._plan.project_name}"),
            )
        except ClientError as error:
            reason = error.response["Error"]["Message"]
            raise PhaseFailedError("ACCESS_DENIED", f"the service role {self._plan.service_role}: {reason}") from error
        if "groupName" in build["logs"]:
            stream = LogStream(self._client("logs"), build["logs"]["groupName"], build["logs"]["streamName"])
            self._log = BuildLog(stream)
        root = self._cloud.work_folder("codebuild", build["id"].partition(":")[2])
        self._container = container.Container(root=root)
        self._container, self._environment = container.prepare(self._cloud, root)

    def _download_source(self) -> None:
        place = self._place
        version = sources.download(
            self._client("s3"), self._plan.source, self._plan.source_version, place.source, place.scratch
        )
        for source in self._plan.secondary_sources:
            target = place.secondary_source(source["sourceIdentifier"])
            sources.download(self._client("s3"), source, "", target, place.scratch)
        resolved = self._plan.variable("CODEBUILD_RESOLVED_SOURCE_VERSION") or version or self._plan.source_version
        if resolved:
            self._record.set(resolvedSourceVersion=resolved)
        self._spec = self._read_buildspec()
        selected, lines = container.select_runtimes(self._spec.runtime_versions, container.runtimes())
        container.install_python(self._cloud, place, selected["python"])
        self._log.say("Processing environment variables")
        found = variables.resolve(self._spec, self._plan.environment["environmentVariables"], self._client)
        self._exported = found.exported(self._spec.exported_variables)
        for name in found.secret:
            self._log.hide(found.values[name])
        self._start_shell(found.values, resolved)
        for line in lines:
            self._log.say(line)
        if self._cache and self._cache.restore(place.scratch):
            self._log.say("Restored the cache")
        self._log.say(f"Moving to directory {place.source}")
        self._log.say(f"Phases found in YAML: {len(self._spec.phases)}")
        for name in (name for name in PHASES if name in self._spec.phases):
            self._log.say(f" {name.upper()}: {len(self._spec.phases[name].commands)} commands")

    def _read_buildspec(self) -> Buildspec:
        """The buildspec of the project or the call: inline text, an object's ARN, or a path in the primary source."""
        given = self._plan.source.get("buildspec") or "buildspec.yml"
        if "\n" in given or given.lstrip().startswith("{"):
            text, location = given, "the project's own"
        elif given.startswith(sources.S3_ARN):
            text, location = sources.read(self._client("s3"), given), given
        else:
            path = self._place.source / given
            if not path.is_file():
                raise PhaseFailedError("YAML_FILE_ERROR", f"YAML file does not exist: {given}")
            text, location = path.read_text("utf-8", "replace"), given
        self._log.say(f"YAML location is {location}")
        if "\N{REPLACEMENT CHARACTER}" in text:
            raise PhaseFailedError("YAML_FILE_ERROR", f"{location} is not UTF-8")
        try:
            return parse(text)
        except BuildspecError as error:
            raise PhaseFailedError("YAML_FILE_ERROR", f"{location}: {error}") from error

    def _start_shell(self, values: dict[str, str], resolved: str) -> None:
        environment = (
            self._environment
            | self._cloud.clients.environment(self._credentials)
            | self._codebuild_variables(resolved)
            | values
        )
        self._shell = Shell(
            self._cloud.processes,
            folder=self._place.shell,
            directory=self._place.source,
            environment=environment,
            on_line=self._log.output,
            stop=self._stop,
            deadline=self._deadline,
            program=self._spec.shell,
        )

    def _codebuild_variables(self, resolved: str) -> dict[str, str]:
        build = self._record.document()
        found = {
            "CODEBUILD_CI": "true",
            "CODEBUILD_BUILD_ARN": build["arn"],
            "CODEBUILD_BUILD_ID": build["id"],
            "CODEBUILD_BUILD_IMAGE": self._plan.environment["image"],
            "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
            "CODEBUILD_BUILD_SUCCEEDING": "1",
            "CODEBUILD_INITIATOR": build["initiator"],
            "CODEBUILD_KMS_KEY_ID": build.get("encryptionKey", ""),
            "CODEBUILD_LOG_PATH": build["logs"].get("streamName", ""),
            "CODEBUILD_PROJECT_ARN": self._cloud.arn("codebuild", f"project/{self._plan.project_name}"),
            "CODEBUILD_RESOLVED_SOURCE_VERSION": resolved,
            "CODEBUILD_SOURCE_REPO_URL": self._plan.source.get("location", ""),
            "CODEBUILD_SOURCE_VERSION": self._plan.source_version,
            "CODEBUILD_SRC_DIR": str(self._place.source),
            "CODEBUILD_START_TIME": str(int(build["startTime"].timestamp() * 1000)),
        }
        for source in self._plan.secondary_sources:
            identifier = source["sourceIdentifier"]
            found[f"CODEBUILD_SRC_DIR_{identifier}"] = str(self._place.secondary_source(identifier))
        return found

    def _run_commands(self, spec: PhaseSpec) -> None:
        """Runs commands until one fails, and ``finally`` in any case; raises the first failure."""
        failure: PhaseFailedError | None = None
        for commands in (spec.commands, spec.finally_commands):
            try:
                for command in commands:
                    self._run_command(command)
            except PhaseFailedError as error:
                failure = failure or error
        if failure:
            raise failure

    def _run_command(self, command: str) -> None:
        self._log.say(f"Running command {command.rstrip()}")
        end = self._running_shell.run(command, succeeding=self._succeeding)
        if end.how in {Ended.STOPPED, Ended.TIMED_OUT}:
            raise InterruptedBuildError(Status.STOPPED if end.how is Ended.STOPPED else Status.TIMED_OUT)
        if not end.ok:
            self._log.say(f"Command did not exit successfully {command.rstrip()} {_reason(end)}")
            raise PhaseFailedError(
                "COMMAND_EXECUTION_ERROR", f"Error while executing command: {command.rstrip()}. Reason: {_reason(end)}"
            )

    def _upload_artifacts(self) -> None:
        uploaded: list[Params] = []
        for target in self._plan.artifacts:
            identifier = target.get("artifactIdentifier", "")
            spec = self._spec.secondary_artifacts.get(identifier) if identifier else self._spec.artifacts
            if spec is None:
                what = f"secondary-artifacts/{identifier}" if identifier else "artifacts"
                raise PhaseFailedError("CLIENT_ERROR", f"the buildspec has no {what}, and the build uploads it")
            collected = artifacts.collect(spec, self._place.source, self._running_shell.expand, self._log.say)
            self._check_interruption(Phase.UPLOAD_ARTIFACTS)
            named = target.get("overrideArtifactName") and spec.name
            name = self._running_shell.expand(spec.name) if named else target.get("name") or self._plan.project_name
            build_uuid = self._record.document()["id"].partition(":")[2]
            key = artifacts.object_key(target, name, build_uuid)
            settings = target | {"encryptionKey": self._plan.encryption_key}
            shown = artifacts.upload(self._client("s3"), settings, collected, key, self._place.scratch / "artifact.zip")
            uploaded.append(shown | ({"artifactIdentifier": identifier} if identifier else {}))
        if uploaded:
            self._record.set(artifacts=uploaded[0], secondaryArtifacts=uploaded[1:])
        if self._cache and self._spec.cache_paths and self._succeeding:
            count = self._cache.save(self._spec.cache_paths, self._place.scratch)
            self._log.say(f"Saved {count} file(s) to the cache")

    def _finalize(self) -> None:
        """Exports variables with their values after the last command. A stopped build exports nothing."""
        if self._shell is None or self._stop.is_set() or time.monotonic() > self._deadline:
            return
        values = self._shell.values(self._exported)
        exported = [{"name": name, "value": value} for name, value in values.items()]
        self._record.set(exportedEnvironmentVariables=exported)

    @property
    def _cache(self) -> Cache | None:
        if self._plan.cache["type"] == "NO_CACHE":
            return None
        generation = self._cloud.store.table("codebuild.cache_generations").get(self._plan.project_name)
        return Cache(
            settings=self._plan.cache,
            project=self._plan.project_name,
            generation=generation["number"] if generation else 0,
            local_folder=local_cache_folder(self._cloud.settings.home, self._plan.project_name),
            roots={"source": self._place.source, "home": self._place.home},
            s3=self._client("s3"),
        )

    def _client(self, service: str) -> Any:
        return self._cloud.clients.for_credentials(service, self._credentials)

    @property
    def _place(self) -> container.Container:
        if self._container is None:
            raise RuntimeError("a phase ran before PROVISIONING")
        return self._container

    @property
    def _running_shell(self) -> Shell:
        if self._shell is None:
            raise RuntimeError("a phase ran before DOWNLOAD_SOURCE")
        return self._shell


def _reason(end: Exit) -> str:
    """The reason in AWS's words, with the name of a signal."""
    if end.how is Ended.KILLED:
        return f"exit status {128 + end.code}: {end}"
    return f"exit status {end.code}"
