"""AWS::Glue::Database."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, only


class Database(Resource):
    """Ref is the database's name."""

    type_name = "AWS::Glue::Database"

    def create(self, ctx: Context, properties: Properties) -> Created:
        given = properties.get("DatabaseName") or properties["DatabaseInput"].get("Name")
        name = given or ctx.new_name(255, lower=True)
        call(ctx.client("glue"), "CreateDatabase", _input(name, properties))
        return Created(physical_id=name)

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del previous
        call(ctx.client("glue"), "UpdateDatabase", _input(physical_id, properties), Name=physical_id)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        with already_gone():
            call(ctx.client("glue"), "DeleteDatabase", only(properties, "CatalogId"), Name=physical_id)


def _input(name: str, properties: Properties) -> Properties:
    """The input with the name inside, as the API wants it. A template may have the name beside the input."""
    return only(properties, "CatalogId") | {"DatabaseInput": {**properties["DatabaseInput"], "Name": name}}
