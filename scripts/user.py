"""Admits a person to a workload's page: a user of its pool, with a temporary password that is shown once."""

from __future__ import annotations

import argparse
import secrets
import string

from scripts import cloud
from scripts.command import run
from scripts.reads.door import Door
from stacks.workloads import WORKLOADS

_LENGTH = 20
_KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.!")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("name", nargs="?", help="the user's name, with which they sign in")
    options = parser.parse_args()
    if not options.name:
        raise SystemExit(f"Whom? make user WORKLOAD={options.workload} NAME=ada")
    password = temporary_password()
    cognito = cloud.client("cognito-idp")
    try:
        cognito.admin_create_user(
            UserPoolId=Door(options.workload).user_pool,
            Username=options.name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
    except cognito.exceptions.UsernameExistsException as error:
        raise SystemExit(f"{options.name} is a user of {options.workload} already; nothing was changed.") from error
    print(f"{options.name} may sign in with this password, which the page asks to change:\n{password}")
    return 0


def temporary_password() -> str:
    """At least one character of each kind that the pool's policy asks for."""
    drawn = [secrets.choice(kind) for kind in _KINDS]
    drawn += [secrets.choice("".join(_KINDS)) for _ in range(_LENGTH - len(drawn))]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


if __name__ == "__main__":
    run(main)
