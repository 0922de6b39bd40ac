"""AWS's address of what stands at a virtual host, and its local one: the rule, in one place.

Templates compute AWS's addresses, and the local cloud's outputs are AWS's text. What a client of the local cloud is
sent to, or sends, is local. So whoever answers a page turns one into the other, and only here is said how:

====================================================  =====================================
``https://<api>.execute-api.<region>.amazonaws.com``  ``http://<api>.execute-api.localhost:PORT``
``https://<domain>.auth.<region>.amazoncognito.com``  ``http://<domain>.auth.localhost:PORT``
``https://cognito-idp.<region>.amazonaws.com``        ``http://cognito-idp.localhost:PORT``
``https://<distribution>.cloudfront.net``             ``http://<distribution>.cloudfront.localhost:PORT``
``https://<url id>.lambda-url.<region>.on.aws``       ``http://<url id>.lambda-url.localhost:PORT``
====================================================  =====================================

The front door does it for the headers of virtual hosts, in both directions: Host, Origin and Referer of requests, and
of answers Location, Access-Control-Allow-Origin and Content-Security-Policy. Bodies are for whoever answers them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

_REGION = "<region>"
#: A name's part before the suffix. Where it is optional, the suffix may stand alone.
_NAME = r"(?:[a-z0-9-]+|\*)"
#: The end of AWS's host name → the end of the local one, and whether a name stands before it.
_HOSTS = (
    (f"execute-api.{_REGION}.amazonaws.com", "execute-api.localhost", True),
    (f"auth.{_REGION}.amazoncognito.com", "auth.localhost", True),
    (f"cognito-idp.{_REGION}.amazonaws.com", "cognito-idp.localhost", False),
    ("cloudfront.net", "cloudfront.localhost", True),
    (f"lambda-url.{_REGION}.on.aws", "lambda-url.localhost", True),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Turns the addresses in a text, such as a header's value or a page's configuration."""

    region: str
    port: int

    def local(self, text: str) -> str:
        """The text with local addresses in the place of AWS's. Other addresses stay as they are."""
        if not any(named in text for named in ("amazon", "cloudfront.net", ".on.aws")):
            return text
        for aws, local, named in _HOSTS:
            host = re.escape(aws.replace(_REGION, self.region))
            pattern = rf"(?:https://)?(?<![\w.-])({_prefix(named)}){host}(?::443)?(?![\w.-])"
            text = re.sub(pattern, partial(self._local, local), text)
        return text

    def aws(self, text: str) -> str:
        """The text with AWS's addresses in the place of local ones."""
        if "localhost" not in text:
            return text
        for aws, local, named in _HOSTS:
            pattern = rf"(http://)?(?<![\w.-])({_prefix(named)}){re.escape(local)}(?::[0-9]{{1,5}})?(?![\w.-])"
            text = re.sub(pattern, partial(_aws, aws.replace(_REGION, self.region)), text)
        return text

    def _local(self, end: str, match: re.Match[str]) -> str:
        scheme = "http://" if match[0].startswith("https://") else ""
        return f"{scheme}{match[1]}{end}:{self.port}"


def _aws(end: str, match: re.Match[str]) -> str:
    return f"{'https://' if match[1] else ''}{match[2]}{end}"


def _prefix(named: bool) -> str:
    return rf"{_NAME}\." if named else ""
