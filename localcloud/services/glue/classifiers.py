"""Custom classifiers: what a crawler is told of its files, where the built-in classifier would have to guess.

CSV classifiers alone, with header and delimiter. What is not done is refused by name.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue.answers import already_exists, given, invalid, not_found, page, refuse
from localcloud.services.glue.csv_schema import CsvRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

TABLE = "glue.classifiers"
OTHER_KINDS = ("GrokClassifier", "XMLClassifier", "JsonClassifier")
FIELDS = ("Delimiter", "ContainsHeader")
REFUSED = (
    "Header",
    "AllowSingleColumn",
    "DisableValueTrimming",
    "CustomDatatypeConfigured",
    "CustomDatatypes",
    "Serde",
)
#: Whether the first row is a header; None where it is to be found out.
HEADER = {"PRESENT": True, "ABSENT": False, "UNKNOWN": None}


def rules(cloud: Cloud, names: Sequence[str]) -> list[CsvRule]:
    """What the named classifiers say, in their order. Raises EntityNotFoundException for one that does not exist."""
    return [_rule(_classifier(cloud, name)) for name in names]


class Classifiers(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._classifiers = cloud.store.table(TABLE)

    @operation("CreateClassifier")
    def create_classifier(self, _: Call, params: Params) -> Params:
        asked = _asked("glue:CreateClassifier", params)
        if asked["Name"] in self._classifiers:
            raise already_exists(f"Classifier {asked['Name']} already exists.")
        now = datetime.now(UTC)
        self._put({"Name": asked["Name"], "CreationTime": now, "LastUpdated": now, "Version": 1}, asked)
        return {}

    @operation("UpdateClassifier")
    def update_classifier(self, _: Call, params: Params) -> Params:
        asked = _asked("glue:UpdateClassifier", params)
        before = _classifier(self.cloud, asked["Name"])
        changed = {"LastUpdated": datetime.now(UTC), "Version": before["Version"] + 1}
        self._put(before | changed, asked)
        return {}

    @operation("GetClassifier")
    def get_classifier(self, _: Call, params: Params) -> Params:
        return {"Classifier": {"CsvClassifier": _classifier(self.cloud, params["Name"])}}

    @operation("GetClassifiers")
    def get_classifiers(self, _: Call, params: Params) -> Params:
        return page(params, "Classifiers", [{"CsvClassifier": found} for _, found in self._classifiers.items()])

    @operation("DeleteClassifier")
    def delete_classifier(self, _: Call, params: Params) -> Params:
        self._classifiers.delete(_classifier(self.cloud, params["Name"])["Name"])
        return {}

    def _put(self, document: Document, asked: Params) -> None:
        self._classifiers.put(document["Name"], document | given(asked, FIELDS))


def _classifier(cloud: Cloud, name: str) -> Document:
    found = cloud.store.table(TABLE).get(name)
    if found is None:
        raise not_found(f"Classifier {name} not found.")
    return found


def _asked(what: str, params: Params) -> Params:
    """The CSV classifier that the caller describes; raises for what no crawler here would do."""
    refuse(what, params, OTHER_KINDS)
    if not params.get("CsvClassifier"):
        raise invalid("A classifier is one of GrokClassifier, XMLClassifier, JsonClassifier and CsvClassifier.")
    asked: Params = params["CsvClassifier"]
    refuse(
        what, {f"CsvClassifier.{name}": value for name, value in asked.items()}, [f"CsvClassifier.{n}" for n in REFUSED]
    )
    if asked.get("QuoteSymbol", '"') != '"':
        raise UnsupportedError(f'{what} with CsvClassifier.QuoteSymbol = {asked["QuoteSymbol"]} (only ")')
    if asked.get("ContainsHeader", "UNKNOWN") not in HEADER:
        raise invalid(f"ContainsHeader is one of {', '.join(HEADER)}, not {asked['ContainsHeader']!r}.")
    return asked


def _rule(classifier: Document) -> CsvRule:
    return CsvRule(
        delimiter=classifier.get("Delimiter", ","), header=HEADER[classifier.get("ContainsHeader", "UNKNOWN")]
    )
