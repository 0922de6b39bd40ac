"""Reads a build specification, version 0.2, into frozen data. Errors name the line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PHASES = ("install", "pre_build", "build", "post_build")
SHELLS = {"sh": "/bin/sh", "/bin/sh": "/bin/sh", "bash": "/bin/bash", "/bin/bash": "/bin/bash"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class BuildspecError(Exception):
    """A buildspec that cannot run. The text names the line, what was found and what is allowed."""


class OnFailure(Enum):
    DEFAULT = "as the phase transitions say"
    ABORT = "ABORT"
    CONTINUE = "CONTINUE"


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseSpec:
    commands: tuple[str, ...] = ()
    finally_commands: tuple[str, ...] = ()
    on_failure: OnFailure = OnFailure.DEFAULT


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactSpec:
    files: tuple[str, ...]
    exclude_paths: tuple[str, ...] = ()
    base_directory: str = ""
    discard_paths: bool = False
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Buildspec:
    shell: str = "/bin/sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    parameter_store: Mapping[str, str] = field(default_factory=dict)
    secrets_manager: Mapping[str, str] = field(default_factory=dict)
    exported_variables: tuple[str, ...] = ()
    #: Runtime (``python``, ``nodejs``) → wanted version.
    runtime_versions: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[str, PhaseSpec] = field(default_factory=dict)
    artifacts: ArtifactSpec | None = None
    secondary_artifacts: Mapping[str, ArtifactSpec] = field(default_factory=dict)
    cache_paths: tuple[str, ...] = ()


def parse(text: str) -> Buildspec:
    """Parses a buildspec in YAML or JSON. Raises BuildspecError for what is wrong, unknown or not supported."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise BuildspecError(f"{line}{error.problem or error}") from error
    except yaml.YAMLError as error:
        raise BuildspecError(str(error)) from error
    if root is None:
        raise BuildspecError("the buildspec is empty: it needs `version: 0.2` and `phases`")
    top = _mapping(
        root,
        "the buildspec",
        {"version", "env", "proxy", "phases", "artifacts", "cache"},
        {"run-as", "batch", "reports"},
    )
    version = _text(top["version"], "version") if "version" in top else "none"
    if version != "0.2":
        raise BuildspecError(f"line {_line(top.get('version', root))}: version is {version}, supported is 0.2")
    if "phases" not in top:
        raise BuildspecError(f"line {_line(root)}: the buildspec has no phases")
    if "proxy" in top:  # says whether logs and artifacts go through a proxy server; there is none in between
        _mapping(top["proxy"], "proxy", {"upload-artifacts", "logs"})
    phases, runtimes = _phases(top["phases"])
    env = _env(top.get("env"))
    artifacts, secondary = _artifacts(top["artifacts"]) if "artifacts" in top else (None, {})
    return Buildspec(
        **env,  # type: ignore[arg-type]
        phases=phases,
        runtime_versions=runtimes,
        artifacts=artifacts,
        secondary_artifacts=secondary,
        cache_paths=_cache(top.get("cache")),
    )


def _env(node: yaml.Node | None) -> dict[str, object]:
    if node is None:
        return {}
    maps = {"variables", "parameter-store", "secrets-manager"}
    env = _mapping(node, "env", {"shell", "exported-variables", "git-credential-helper", *maps})
    found: dict[str, object] = {}
    if "shell" in env:
        shell = _text(env["shell"], "shell")
        if shell not in SHELLS:
            raise BuildspecError(f"line {_line(env['shell'])}: shell is {shell}, supported are bash and sh")
        found["shell"] = SHELLS[shell]
    if "git-credential-helper" in env and _yes(env["git-credential-helper"], "git-credential-helper"):
        raise _unsupported(env["git-credential-helper"], "git-credential-helper: yes")
    for name in maps & env.keys():
        found[name.replace("-", "_")] = _variables(env[name], name)
    if "exported-variables" in env:
        node = env["exported-variables"]
        names = _texts(node, "exported-variables")
        _check_names(names, node, "exported-variables")
        found["exported_variables"] = names
    return found


def _variables(node: yaml.Node, what: str) -> dict[str, str]:
    pairs = {key: _text(value, f"{what}/{key}") for key, value in _mapping(node, what).items()}
    _check_names(pairs, node, what)
    return pairs


def _check_names(names: Iterable[str], node: yaml.Node, what: str) -> None:
    for name in names:
        if not _NAME.match(name):
            raise BuildspecError(f"line {_line(node)}: {what}: '{name}' is not the name of a variable")


def _phases(node: yaml.Node) -> tuple[dict[str, PhaseSpec], dict[str, str]]:
    phases: dict[str, PhaseSpec] = {}
    runtimes: dict[str, str] = {}
    for name, phase_node in _mapping(node, "phases", set(PHASES)).items():
        allowed = {"commands", "finally", "on-failure"} | ({"runtime-versions"} if name == "install" else set())
        phase = _mapping(phase_node, f"phases/{name}", allowed, {"run-as"})
        if "commands" not in phase and "runtime-versions" not in phase:
            raise BuildspecError(f"line {_line(phase_node)}: phases/{name} has no commands")
        if "runtime-versions" in phase:
            versions = _mapping(phase["runtime-versions"], "runtime-versions")
            runtimes = {runtime: _text(value, f"runtime-versions/{runtime}") for runtime, value in versions.items()}
        phases[name] = PhaseSpec(
            commands=_texts(phase["commands"], f"phases/{name}/commands") if "commands" in phase else (),
            finally_commands=_texts(phase["finally"], f"phases/{name}/finally") if "finally" in phase else (),
            on_failure=_on_failure(phase["on-failure"]) if "on-failure" in phase else OnFailure.DEFAULT,
        )
    return phases, runtimes


def _on_failure(node: yaml.Node) -> OnFailure:
    value = _text(node, "on-failure")
    if value.startswith("RETRY"):
        raise _unsupported(node, f"on-failure: {value}")
    if value not in {"ABORT", "CONTINUE"}:
        raise BuildspecError(f"line {_line(node)}: on-failure is {value}, supported are ABORT and CONTINUE")
    return OnFailure(value)


def _artifacts(node: yaml.Node) -> tuple[ArtifactSpec | None, dict[str, ArtifactSpec]]:
    secondary: dict[str, ArtifactSpec] = {}
    top = _mapping(node, "artifacts")
    if "secondary-artifacts" in top:
        secondary = {
            identifier: _artifact(value, f"secondary-artifacts/{identifier}")
            for identifier, value in _mapping(top["secondary-artifacts"], "secondary-artifacts").items()
        }
    if secondary and "files" not in top:
        return None, secondary
    return _artifact(node, "artifacts", {"secondary-artifacts"}), secondary


def _artifact(node: yaml.Node, what: str, more: set[str] | None = None) -> ArtifactSpec:
    allowed = {"files", "exclude-paths", "base-directory", "discard-paths", "name"} | (more or set())
    found = _mapping(node, what, allowed, {"enable-symlinks", "s3-prefix"})
    if "files" not in found:
        raise BuildspecError(f"line {_line(node)}: {what} has no files")
    return ArtifactSpec(
        files=_texts(found["files"], f"{what}/files"),
        exclude_paths=_texts(found["exclude-paths"], f"{what}/exclude-paths") if "exclude-paths" in found else (),
        base_directory=_text(found["base-directory"], "base-directory") if "base-directory" in found else "",
        discard_paths="discard-paths" in found and _yes(found["discard-paths"], "discard-paths"),
        name=_text(found["name"], "name") if "name" in found else "",
    )


def _cache(node: yaml.Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    cache = _mapping(node, "cache", {"paths"}, {"key", "fallback-keys", "action"})
    return _texts(cache["paths"], "cache/paths") if "paths" in cache else ()


def _mapping(
    node: yaml.Node, what: str, allowed: set[str] | None = None, unsupported: set[str] | None = None
) -> dict[str, yaml.Node]:
    """The entries of a mapping. Each key must be unique, and one of the allowed ones if any are given."""
    if not isinstance(node, yaml.MappingNode):
        raise BuildspecError(f"line {_line(node)}: {what} must be a mapping, found {_kind(node)}")
    entries: dict[str, yaml.Node] = {}
    for key_node, value in node.value:
        key = _text(key_node, f"a key of {what}")
        if unsupported and key in unsupported:
            raise _unsupported(key_node, key)
        if allowed is not None and key not in allowed:
            raise BuildspecError(
                f"line {_line(key_node)}: unknown key '{key}' in {what}; allowed: {', '.join(sorted(allowed))}"
            )
        if key in entries:
            raise BuildspecError(f"line {_line(key_node)}: '{key}' occurs twice in {what}")
        entries[key] = value
    return entries


def _texts(node: yaml.Node, what: str) -> tuple[str, ...]:
    if isinstance(node, yaml.ScalarNode) and node.value:  # one command may stand without a list
        return (node.value,)
    if not isinstance(node, yaml.SequenceNode):
        raise BuildspecError(f"line {_line(node)}: {what} must be a list, found {_kind(node)}")
    return tuple(_items(node, what))


def _items(node: yaml.SequenceNode, what: str) -> Iterator[str]:
    for item in node.value:
        yield _text(item, what)


def _text(node: yaml.Node, what: str) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    hint = " (a command with `: ` in it needs quotes)" if "commands" in what else ""
    raise BuildspecError(f"line {_line(node)}: {what} must be a text, found {_kind(node)}{hint}")


def _yes(node: yaml.Node, what: str) -> bool:
    value = _text(node, what).lower()
    if value not in {"yes", "no", "true", "false"}:
        raise BuildspecError(f"line {_line(node)}: {what} is {value}, allowed are yes and no")
    return value in {"yes", "true"}


def _unsupported(node: yaml.Node, what: str) -> BuildspecError:
    return BuildspecError(f"line {_line(node)}: `{what}` is not supported by the local cloud")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"'{node.value}'" if node.value else "nothing"
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a list"
