"""Partitions of catalog tables: made, read and deleted. Filter expressions are refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue.answers import already_exists, given, invalid, not_found, page, refuse

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

FIELDS = ("LastAccessTime", "StorageDescriptor", "Parameters", "LastAnalyzedTime")


class Partitions(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._tables = cloud.store.table("glue.tables")
        self._partitions = cloud.store.table("glue.partitions")

    @operation("CreatePartition")
    def create_partition(self, _: Call, params: Params) -> Params:
        table = self._table(params)
        asked = params["PartitionInput"]
        key = _key(table, asked.get("Values", []))
        if key in self._partitions:
            raise already_exists("Partition already exists.")
        document = {
            "Values": asked["Values"],
            "DatabaseName": table["DatabaseName"],
            "TableName": table["Name"],
            "CreationTime": datetime.now(UTC),
            "CatalogId": self.cloud.settings.account_id,
            **given(asked, FIELDS),
        }
        self._partitions.put(key, document)
        return {}

    @operation("BatchCreatePartition")
    def batch_create_partition(self, call: Call, params: Params) -> Params:
        errors = []
        for asked in params["PartitionInputList"]:
            try:
                self.create_partition(call, {**params, "PartitionInput": asked})
            except AwsError as error:
                errors.append(_error(asked.get("Values", []), error))
        return {"Errors": errors}

    @operation("GetPartition")
    def get_partition(self, _: Call, params: Params) -> Params:
        return {"Partition": self._partition(params, params["PartitionValues"])}

    @operation("GetPartitions")
    def get_partitions(self, _: Call, params: Params) -> Params:
        refuse("glue:GetPartitions", params, ("Expression", "Segment", "TransactionId", "QueryAsOfTime"))
        table = self._table(params)
        found = self._partitions.items(f"{table['DatabaseName']}/{table['Name']}/")
        return page(params, "Partitions", [document for _, document in found])

    @operation("DeletePartition")
    def delete_partition(self, _: Call, params: Params) -> Params:
        found = self._partition(params, params["PartitionValues"])
        self._partitions.delete(_key(self._table(params), found["Values"]))
        return {}

    @operation("BatchDeletePartition")
    def batch_delete_partition(self, call: Call, params: Params) -> Params:
        errors = []
        for listed in params["PartitionsToDelete"]:
            try:
                self.delete_partition(call, {**params, "PartitionValues": listed["Values"]})
            except AwsError as error:
                errors.append(_error(listed["Values"], error))
        return {"Errors": errors}

    def _table(self, params: Params) -> Document:
        name = f"{params['DatabaseName'].lower()}/{params['TableName'].lower()}"
        found = self._tables.get(name)
        if found is None:
            raise not_found(f"Table {name} not found.")
        return found

    def _partition(self, params: Params, values: list[str]) -> Document:
        found = self._partitions.get(_key(self._table(params), values))
        if found is None:
            raise not_found(f"Cannot find partition {values} of table {params['TableName']}.")
        return found


def _key(table: Document, values: list[str]) -> str:
    if len(values) != len(table["PartitionKeys"]):
        raise invalid(f"Table {table['Name']} has {len(table['PartitionKeys'])} partition keys, not {len(values)}.")
    return f"{table['DatabaseName']}/{table['Name']}/{json.dumps(values)}"


def _error(values: list[str], error: AwsError) -> Params:
    return {"PartitionValues": values, "ErrorDetail": {"ErrorCode": error.code, "ErrorMessage": error.message}}
