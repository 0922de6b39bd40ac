"""Whether the deployed pipeline is this commit's: a push cannot change it, so what differs needs ``make deploy``.

This helps whoever changes a setting and pushes without deploying. It guards nothing: a push can leave it out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.errors import HandOverError
from handover.step_variables import SynthVariables
from ml_steps.running import StepError, run, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What resources a stack has and what it makes of them. Its description and the CDK's own checks change nothing.
_PARTS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")
#: What the CDK adds to every stack, by its version.
_CDKS_OWN = frozenset({"BootstrapVersion", "CDKMetadata", "CDKMetadataAvailable"})
#: A file in the CDK's asset bucket. An image's digest, which people choose, looks the same but for the ending.
_HASH = re.compile(r"\b[0-9a-f]{64}(?=\.(?:zip|json)\b)")
_MOST_DIFFERENCES = 12
_LONGEST_VALUE = 100
_NOTHING = object()


def main() -> None:
    try:
        variables = SynthVariables.read()
    except HandOverError as error:
        raise StepError(
            f"The deployed pipeline is older than this commit: run make deploy WORKLOAD=…. {error}"
        ) from error
    import boto3

    found = deployed_template(boto3.client("cloudformation"), variables)
    committed = json.loads((Path("cdk.out") / f"{variables.stack}.template.json").read_text())
    check(variables, found, committed)


def deployed_template(cloudformation: Any, variables: SynthVariables) -> Mapping[str, Any]:
    """The pipeline's template as a person deployed it. StepError if the step may not read it, or if it is not JSON."""
    from botocore.exceptions import ClientError

    try:
        answer = cloudformation.get_template(StackName=variables.stack, TemplateStage="Original")
    except ClientError as error:
        raise StepError(f"The template of {variables.stack} cannot be read: {error}. {_remedy(variables)}") from error
    body = answer["TemplateBody"]
    if isinstance(body, str):
        raise StepError(f"The template of {variables.stack} is no JSON, as cdk deploys it. {_remedy(variables)}")
    return dict(body)


def check(variables: SynthVariables, deployed: Mapping[str, Any], committed: Mapping[str, Any]) -> None:
    """Raises StepError if the templates differ in more than the files that they name; says where only files differ."""
    found = list(differences(plain(deployed), plain(committed)))
    if found:
        lines = [f"  {line}" for line in found[:_MOST_DIFFERENCES]]
        lines += [f"  and {len(found) - _MOST_DIFFERENCES} more"] if len(found) > _MOST_DIFFERENCES else []
        shown = "\n".join(lines)
        raise StepError(
            f"{variables.stack} is deployed with other settings than this commit has:\n{shown}\n"
            f"A push does not change its own pipeline. {_remedy(variables)}"
        )
    older = with_other_files(deployed, committed)
    if older:
        say(f"{variables.stack} is deployed with other files than this commit has, of {', '.join(older)}.")
        say(f"The push is judged by what is deployed; make deploy WORKLOAD={variables.workload} brings this commit's.")
    else:
        say(f"{variables.stack} is deployed as this commit has it.")


def _remedy(variables: SynthVariables) -> str:
    return (
        f"Commit what is changed, run make deploy WORKLOAD={variables.workload}, and start the pipeline again "
        f"(make push WORKLOAD={variables.workload} AGAIN=1). If it is the pipeline that is newer, merge its commit."
    )


def plain(template: Mapping[str, Any]) -> dict[str, Any]:
    """A template without what may honestly differ: hashes of files, metadata, the order of names.

    CloudFormation gives question marks for all characters beyond ASCII.
    """
    parts = {part: dict(template.get(part, {})) for part in _PARTS}
    kept = {
        part: {name: _without_metadata(value) for name, value in named.items() if name not in _CDKS_OWN}
        for part, named in parts.items()
    }
    text = _HASH.sub("HASH", json.dumps(kept, ensure_ascii=False))
    found: dict[str, Any] = json.loads(re.sub(r"[^\x00-\x7f]", "?", text))
    return found


def _without_metadata(declared: Any) -> Any:
    if not isinstance(declared, dict):
        return declared
    kept = {name: value for name, value in declared.items() if name != "Metadata"}
    if "DependsOn" in kept:
        names = kept["DependsOn"]
        kept["DependsOn"] = sorted([names] if isinstance(names, str) else names)
    return kept


def with_other_files(deployed: Mapping[str, Any], committed: Mapping[str, Any]) -> list[str]:
    """The resources that name files by another hash, by their logical ids."""
    before, after = deployed.get("Resources", {}), committed.get("Resources", {})
    return [name for name, resource in after.items() if name in before and _hashes(before[name]) != _hashes(resource)]


def _hashes(resource: Any) -> list[str]:
    return sorted(_HASH.findall(json.dumps(resource)))


def differences(deployed: Mapping[str, Any], committed: Mapping[str, Any]) -> Iterator[str]:
    """A line for each: where it stands, the deployed value, the commit's."""
    for part in _PARTS:
        before, after = deployed[part], committed[part]
        for name in sorted(before.keys() | after.keys()):
            kind = (after.get(name) or before[name]).get("Type", part) if part == "Resources" else part
            where = f"{name} ({kind})"
            if name not in after:
                yield f"{where}: the commit does not have it"
            elif name not in before:
                yield f"{where}: it is not deployed"
            else:
                for place, old, new in _changes(before[name], after[name], ()):
                    yield f"{where}: {'.'.join(place)}: {_shown(old)} → {_shown(new)}"


def _changes(old: Any, new: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """The innermost places in which two values differ."""
    inner = _members(old, new)
    if inner is None:
        yield from ((place, before, after) for before, after in _values(old, new))
        return
    before, after = inner
    for name in dict.fromkeys((*before, *after)):
        under = place if name == "Properties" else (*place, name)
        yield from _changes(before.get(name, _NOTHING), after.get(name, _NOTHING), under)


def _values(old: Any, new: Any) -> list[tuple[Any, Any]]:
    """The differing values; of two lists, what only one of them has."""
    if old == new:
        return []
    if isinstance(old, list) and isinstance(new, list):
        gone = [(each, _NOTHING) for each in old if each not in new]
        come = [(_NOTHING, each) for each in new if each not in old]
        return [*gone, *come] or [(old, new)]
    return [(old, new)]


def _members(old: Any, new: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Both as dictionaries, if they can be compared member by member: lists of named things by their names."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old, new
    if isinstance(old, list) and isinstance(new, list):
        before, after = _by_name(old), _by_name(new)
        if before is not None and after is not None and _in_the_same_order(before, after):
            return before, after
        if len(old) == len(new):
            return _by_place(old), _by_place(new)
    return None


def _in_the_same_order(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether what both have comes in the same order."""
    return [name for name in before if name in after] == [name for name in after if name in before]


def _by_place(things: list[Any]) -> dict[str, Any]:
    return {str(place): each for place, each in enumerate(things)}


def _by_name(things: list[Any]) -> dict[str, Any] | None:
    """The things by their names; None if not each has one of its own."""
    found = {each["Name"]: each for each in things if isinstance(each, dict) and isinstance(each.get("Name"), str)}
    return found if len(found) == len(things) else None


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


if __name__ == "__main__":
    run(main)
