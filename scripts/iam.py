"""What the roles of a workload are granted and what of it a run has used: its section of docs/reference/iam.md."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from pathlib import Path

from scripts import cloud
from scripts.command import run
from scripts.least_privilege.document import HEAD, granted_only, rows, section, without_reason
from scripts.least_privilege.grants import deployed
from scripts.least_privilege.usage import Used, calls_of
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

DOCUMENT = Path("docs/reference/iam.md")
_SECTION = re.compile(r"^## (\w+)\n", re.MULTILINE)


def main(name: str, *, check: bool) -> int:
    """``check`` writes nothing: it fails if the page lists other grants, or if a grant has neither use nor reason."""
    cloud.require_local("What a run used is what the local cloud has recorded: `make iam` knows nothing of AWS.")
    calls = calls_of(Path(os.environ["LOCALCLOUD_HOME"]))
    found = deployed(WORKLOADS[name].camel_name)
    if not found.roles:
        raise SystemExit(f"{name} is not deployed: make demo WORKLOAD={name}, then make iam WORKLOAD={name}.")
    granted = rows(found, calls)
    used = sum(row.used is not Used.NEVER for row in granted)
    print(f"{name}: {len(found.roles)} roles, {len(granted)} actions and resources granted, {used} of them used")
    missing = without_reason(granted)
    for line in missing:
        print(f"granted, never used, and no reason is written: {line}")
    known = sections(DOCUMENT.read_text()) if DOCUMENT.exists() else {}
    with_key = load_settings(Path("gatehouse.toml")).of(name).security.customer_managed_key
    new = f"With `customer_managed_key = {str(with_key).lower()}`.\n\n{section(found, calls)}"
    if not check:
        known[name] = new
        DOCUMENT.write_text("\n".join((HEAD, *(f"## {title}\n\n{text}\n" for title, text in sorted(known.items())))))
        print(f"written: {DOCUMENT}")
        return 1 if missing else 0
    changed = list(
        difflib.unified_diff(
            granted_only(known.get(name, "")), granted_only(new), str(DOCUMENT), "what is deployed", lineterm="", n=0
        )
    )
    if changed:
        print(f"{DOCUMENT} lists other grants: make demo WORKLOAD={name}, then make iam WORKLOAD={name}.")
        print("\n".join(changed))
    return 1 if missing or changed else 0


def sections(text: str) -> dict[str, str]:
    """Workload → its part of the document."""
    pieces = _SECTION.split(text)[1:]
    return {name: part.strip() for name, part in zip(pieces[::2], pieces[1::2], strict=True)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the document is not true")
    options = parser.parse_args()
    run(lambda: main(options.workload, check=options.check))
