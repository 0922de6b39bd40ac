"""The data catalog: databases and tables. As in Glue, names are in lower case."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue import tags
from localcloud.services.glue.answers import already_exists, given, invalid, not_found, page, refuse

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

DATABASE_FIELDS = ("Description", "LocationUri", "Parameters", "CreateTableDefaultPermissions")
TABLE_FIELDS = (
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
)
#: Lake Formation's default grants of a database.
EVERYBODY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


class Catalog(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._databases = cloud.store.table("glue.databases")
        self._tables = cloud.store.table("glue.tables")
        self._versions = cloud.store.table("glue.table_versions")
        self._partitions = cloud.store.table("glue.partitions")

    # Databases

    @operation("CreateDatabase")
    def create_database(self, _: Call, params: Params) -> Params:
        self._check_catalog(params)
        asked = params["DatabaseInput"]
        refuse("glue:CreateDatabase", asked, ("TargetDatabase", "FederatedDatabase"))
        name = _name(asked)
        if name in self._databases:
            raise already_exists(f"Database {name} already exists.")
        document = {
            "Name": name,
            "CreateTime": datetime.now(UTC),
            "CreateTableDefaultPermissions": EVERYBODY,
            "CatalogId": self.cloud.settings.account_id,
        }
        self._databases.put(name, document | given(asked, DATABASE_FIELDS))
        tags.put(self.cloud, self.cloud.arn("glue", f"database/{name}"), params.get("Tags"))
        return {}

    @operation("GetDatabase")
    def get_database(self, _: Call, params: Params) -> Params:
        return {"Database": self._database(params, params["Name"])}

    @operation("GetDatabases")
    def get_databases(self, _: Call, params: Params) -> Params:
        self._check_catalog(params)
        return page(params, "DatabaseList", [document for _, document in self._databases.items()])

    @operation("UpdateDatabase")
    def update_database(self, _: Call, params: Params) -> Params:
        asked = params["DatabaseInput"]
        refuse("glue:UpdateDatabase", asked, ("TargetDatabase", "FederatedDatabase"))
        before = self._database(params, params["Name"])
        if _name(asked) != before["Name"]:
            raise invalid(f"A database cannot be renamed: {before['Name']} to {asked['Name']}.")
        kept = {key: before[key] for key in ("Name", "CreateTime", "CatalogId", "CreateTableDefaultPermissions")}
        self._databases.put(before["Name"], kept | given(asked, DATABASE_FIELDS))
        return {}

    @operation("DeleteDatabase")
    def delete_database(self, _: Call, params: Params) -> Params:
        name = self._database(params, params["Name"])["Name"]
        for _key, table in list(self._tables.items(f"{name}/")):
            self._remove_table(name, table["Name"])
        self._databases.delete(name)
        tags.forget(self.cloud, self.cloud.arn("glue", f"database/{name}"))
        return {}

    # Tables

    @operation("CreateTable")
    def create_table(self, call: Call, params: Params) -> Params:
        refuse("glue:CreateTable", params, ("PartitionIndexes", "TransactionId", "OpenTableFormatInput"))
        database = self._database(params, params["DatabaseName"])["Name"]
        if "TableInput" not in params:
            raise invalid("CreateTable needs a TableInput.")
        asked = params["TableInput"]
        refuse("glue:CreateTable", asked, ("TargetTable", "ViewDefinition"))
        key = f"{database}/{_name(asked)}"
        if key in self._tables:
            raise already_exists(f"Table {_name(asked)} already exists in database {database}.")
        now = datetime.now(UTC)
        self._put_table(key, asked, {"CreateTime": now, "UpdateTime": now, "CreatedBy": call.caller.arn}, version=0)
        return {}

    @operation("GetTable")
    def get_table(self, _: Call, params: Params) -> Params:
        refuse("glue:GetTable", params, ("TransactionId", "QueryAsOfTime"))
        return {"Table": self._table(params, params["Name"])}

    @operation("GetTables")
    def get_tables(self, _: Call, params: Params) -> Params:
        refuse("glue:GetTables", params, ("TransactionId", "QueryAsOfTime"))
        database = self._database(params, params["DatabaseName"])["Name"]
        tables = [document for _, document in self._tables.items(f"{database}/")]
        if params.get("Expression"):
            pattern = re.compile(params["Expression"].lower())
            tables = [table for table in tables if pattern.fullmatch(table["Name"])]
        return page(params, "TableList", tables)

    @operation("UpdateTable")
    def update_table(self, _: Call, params: Params) -> Params:
        refuse("glue:UpdateTable", params, ("TransactionId", "ViewUpdateAction", "UpdateOpenTableFormatInput"))
        asked = params.get("TableInput")
        if asked is None:
            raise invalid("UpdateTable needs a TableInput.")
        before = self._table(params, asked["Name"])
        if params.get("VersionId", before["VersionId"]) != before["VersionId"]:
            raise AwsError(
                "ConcurrentModificationException",
                f"Table {before['Name']} is at version {before['VersionId']}, not {params['VersionId']}.",
            )
        kept = {key: before[key] for key in ("CreateTime", "CreatedBy")} | {"UpdateTime": datetime.now(UTC)}
        key = f"{before['DatabaseName']}/{before['Name']}"
        self._put_table(key, asked, kept, version=int(before["VersionId"]) + 1)
        if params.get("SkipArchive"):
            self._versions.delete(_version_key(key, int(before["VersionId"])))
        return {}

    @operation("DeleteTable")
    def delete_table(self, _: Call, params: Params) -> Params:
        refuse("glue:DeleteTable", params, ("TransactionId",))
        table = self._table(params, params["Name"])
        self._remove_table(table["DatabaseName"], table["Name"])
        return {}

    @operation("BatchDeleteTable")
    def batch_delete_table(self, call: Call, params: Params) -> Params:
        errors = []
        for name in params["TablesToDelete"]:
            try:
                self.delete_table(call, {**params, "Name": name})
            except AwsError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
                errors.append({"TableName": name, "ErrorDetail": detail})
        return {"Errors": errors}

    @operation("GetTableVersions")
    def get_table_versions(self, _: Call, params: Params) -> Params:
        table = self._table(params, params["TableName"])
        versions = [document for _, document in self._versions.items(f"{table['DatabaseName']}/{table['Name']}/")]
        return page(params, "TableVersions", versions[::-1])

    @operation("GetTableVersion")
    def get_table_version(self, _: Call, params: Params) -> Params:
        table = self._table(params, params["TableName"])
        number = params.get("VersionId", table["VersionId"])
        for _key, version in self._versions.items(f"{table['DatabaseName']}/{table['Name']}/"):
            if version["VersionId"] == number:
                return {"TableVersion": version}
        raise not_found(f"Table {table['Name']} has no version {number}.")

    # What both share

    def _check_catalog(self, params: Params) -> None:
        catalog = params.get("CatalogId", self.cloud.settings.account_id)
        if catalog != self.cloud.settings.account_id:
            raise not_found(f"Catalog {catalog} not found: the local cloud has the account's own alone.")

    def _database(self, params: Params, name: str) -> Document:
        self._check_catalog(params)
        found = self._databases.get(name.lower())
        if found is None:
            raise not_found(f"Database {name.lower()} not found.")
        return found

    def _table(self, params: Params, name: str) -> Document:
        database = self._database(params, params["DatabaseName"])["Name"]
        found = self._tables.get(f"{database}/{name.lower()}")
        if found is None:
            raise not_found(f"Entity Not Found: table {name.lower()} in database {database}.")
        return found

    def _put_table(self, key: str, asked: Params, times: Params, *, version: int) -> None:
        database, name = key.split("/")
        document = {
            "Name": name,
            "DatabaseName": database,
            "Retention": 0,
            "PartitionKeys": [],
            **given(asked, TABLE_FIELDS),
            **times,
            "IsRegisteredWithLakeFormation": False,
            "CatalogId": self.cloud.settings.account_id,
            "VersionId": str(version),
        }
        self._tables.put(key, document)
        self._versions.put(_version_key(key, version), {"Table": document, "VersionId": str(version)})

    def _remove_table(self, database: str, name: str) -> None:
        self._tables.delete(f"{database}/{name}")
        for kept in (self._versions, self._partitions):
            for key, _ in list(kept.items(f"{database}/{name}/")):
                kept.delete(key)


def _version_key(table_key: str, version: int) -> str:
    return f"{table_key}/{version:010}"


def _name(asked: Params) -> str:
    name: str = asked["Name"].lower()
    if "/" in name or not name.strip():
        raise invalid(f"{asked['Name']!r} cannot be a name in the catalog: no slashes, not empty.")
    return name
