"""AWS::Glue::Table."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only, refuse


class Table(Resource):
    """Ref is the table's name."""

    type_name = "AWS::Glue::Table"

    def create(self, ctx: Context, properties: Properties) -> Created:
        given = properties.get("Name") or properties.get("TableInput", {}).get("Name")
        name = given or ctx.new_name(255, lower=True)
        call(ctx.client("glue"), "CreateTable", _input(name, properties))
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        call(ctx.client("glue"), "UpdateTable", _input(physical_id, properties))
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        key = only(properties, "CatalogId", "DatabaseName")
        with already_gone():
            call(ctx.client("glue"), "DeleteTable", key, Name=physical_id)


def _input(name: str, properties: Properties) -> Properties:
    """The input with the name inside, as the API wants it. A template may have the name beside the input."""
    refuse(properties, "OpenTableFormatInput")
    return only(properties, "CatalogId", "DatabaseName") | {
        "TableInput": {**properties.get("TableInput", {}), "Name": name}
    }
