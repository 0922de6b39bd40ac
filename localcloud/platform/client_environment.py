"""The environment variables by which AWS clients reach this local cloud, and by which they reach nothing else.

Every SDK, the `aws` command and the CDK read the same ones: credentials, profiles, files, endpoints, a metadata
service. A caller may have any of them set for an account of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from pathlib import Path

_PREFIX = "AWS_"
#: The file that boto's first version kept credentials in; botocore still reads it.
_BOTO_CONFIG = "BOTO_CONFIG"

#: With these a client without credentials finds none: in no file of the user's, from no service of the machine's.
SEALED = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    _BOTO_CONFIG: "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def settings_of(environment: Mapping[str, str]) -> frozenset[str]:
    """The names of the variables that AWS clients read."""
    return frozenset(name for name in environment if name.startswith(_PREFIX) or name == _BOTO_CONFIG)


def sealed(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without any setting of AWS clients, and closed to what they would find outside it."""
    foreign = settings_of(environment)
    return {name: value for name, value in environment.items() if name not in foreign} | SEALED


def seal(environment: MutableMapping[str, str]) -> frozenset[str]:
    """As :func:`sealed`, in place; returns the names of what was set before."""
    foreign = settings_of(environment)
    for name in foreign:
        del environment[name]
    environment.update(SEALED)
    return foreign


def on_local_cloud(endpoint_url: str, region: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """The variables with which a client acts on the local cloud; ``credentials`` are boto3's keyword arguments."""
    return {
        **SEALED,
        **{name.upper(): value for name, value in credentials.items()},
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def for_the_cdk(home: Path) -> dict[str, str]:
    """The variable for the real cdk command, whose cache says whose account an access key is.

    The administrator's key has the same id in each account that a local cloud plays, and in the user's own cache that
    would stay the account of the first one.
    """
    return {"CDK_HOME": str(home / "cdk")}


def past_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables with which calls to this machine go through no proxy, beside what goes through none already."""
    known = environment.get("NO_PROXY") or environment.get("no_proxy")
    direct = ",".join(filter(None, [known, f"{LOOPBACK},localhost"]))
    return {"NO_PROXY": direct, "no_proxy": direct}
