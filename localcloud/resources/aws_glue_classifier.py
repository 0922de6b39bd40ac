"""AWS::Glue::Classifier."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, refuse

#: UpdateClassifier leaves what it is not told as it was; a property that left the template goes back to this.
_DEFAULTS: Properties = {"Delimiter": ",", "ContainsHeader": "UNKNOWN"}


class Classifier(Resource):
    """Ref is the classifier's name. Of its kinds, Glue here has the one for CSV."""

    type_name = "AWS::Glue::Classifier"

    def create(self, ctx: Context, properties: Properties) -> Created:
        name = properties.get("CsvClassifier", {}).get("Name") or ctx.new_name(255)
        call(ctx.client("glue"), "CreateClassifier", _named(properties, name))
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        lost = {name: value for name, value in _DEFAULTS.items() if name in previous.get("CsvClassifier", {})}
        own = properties | {"CsvClassifier": lost | properties.get("CsvClassifier", {})}
        call(ctx.client("glue"), "UpdateClassifier", _named(own, physical_id))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("glue").delete_classifier(Name=physical_id)


def _named(properties: Properties, name: str) -> Properties:
    refuse(properties, "GrokClassifier", "JsonClassifier", "XMLClassifier")
    return {"CsvClassifier": {**properties.get("CsvClassifier", {}), "Name": name}}
