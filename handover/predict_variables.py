"""The variables of the function behind the API: in a file of their own, because people wait while it starts."""

from __future__ import annotations

from dataclasses import dataclass

from handover.variables import Variables, optional, variable


@dataclass(frozen=True, kw_only=True, slots=True)
class PredictVariables(Variables):
    """What may be asked stands in ``door.json`` beside the function's handler (``handover/door.py``)."""

    endpoint: str = variable("ENDPOINT_NAME")
    #: The version of the package that the endpoint serves; of two that compete, the challenger's.
    release: int = variable("RELEASE")
    #: The package with which the release competes, or NO_CHAMPION. None if releases do not compete.
    champion_arn: str | None = optional("CHAMPION_PACKAGE_ARN")
    #: Whether programs need an API key besides.
    partners: bool | None = optional("PARTNERS")
    #: The data bucket, if answers need an object of it (``Door.reads``).
    bucket: str | None = optional("DATA_BUCKET")
    #: The hosts from which an image may be fetched, separated by commas. None: no address is taken.
    image_hosts: str | None = optional("IMAGE_HOSTS")
    #: Of the page, whose scripts may read answers (CORS). None: of no page.
    page_origin: str | None = optional("PAGE_ORIGIN")
