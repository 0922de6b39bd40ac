"""Which tables a crawl makes of the folders that it finds."""

import pytest

from localcloud.platform.errors import EngineError
from localcloud.services.glue import csv_schema
from localcloud.services.glue.crawl import grouped, table_name
from localcloud.services.glue.crawled_table import CrawledFile, CrawledFolder, table_input

BASE = "s3://bucket/raw"
NUMBERS = "k,v\na,1\nb,2\n"
WORDS = "x,y,z\na,b,c\n"


def folder(address, text=NUMBERS):
    schema = csv_schema.infer(text)
    assert schema is not None
    key = f"{address.removeprefix('s3://bucket/')}/part.csv"
    file = CrawledFile(key=key, size=len(text) * 10, sampled=len(text), schema=schema)
    return CrawledFolder.of(address, [file])


def test_files_right_under_the_target_make_one_table():
    """It is named after the target's last folder and has no partitions."""
    (name, group), *others = grouped(BASE, [folder(BASE)]).items()
    assert (name, others) == ("raw", [])
    table = table_input(name, group, crawler="c")
    assert table["StorageDescriptor"]["Location"] == "s3://bucket/raw/"
    assert table["PartitionKeys"] == []


def test_a_target_that_is_a_file_makes_a_table_of_its_name():
    """The table lies at the file, and its name is the file's with underscores."""
    (name, group), *_ = grouped(f"{BASE}/part.csv", [folder(BASE)]).items()
    table = table_input(table_name(name), group, crawler="c")
    assert table["Name"] == "part_csv"
    assert table["StorageDescriptor"]["Location"] == "s3://bucket/raw/part.csv"


def test_folders_of_one_schema_are_partitions():
    """A folder key=value names its key; another is partition_0."""
    found = grouped(BASE, [folder(f"{BASE}/day=1/x"), folder(f"{BASE}/day=2/y")])
    assert [group.partition for group in found["raw"]] == [
        {"day": "1", "partition_1": "x"},
        {"day": "2", "partition_1": "y"},
    ]
    table = table_input("raw", found["raw"], crawler="c")
    assert [key["Name"] for key in table["PartitionKeys"]] == ["day", "partition_1"]
    assert table["StorageDescriptor"]["Location"] == "s3://bucket/raw/"


def test_folders_of_different_schemas_are_tables():
    """Each first folder becomes a table of its own."""
    assert set(grouped(BASE, [folder(f"{BASE}/a"), folder(f"{BASE}/b", WORDS)])) == {"a", "b"}


def test_one_schema_at_different_depths_is_refused():
    """Nobody here knows how AWS would cut it into partitions, so the crawl fails and says so."""
    with pytest.raises(EngineError, match="different depths"):
        grouped(BASE, [folder(f"{BASE}/a"), folder(f"{BASE}/b/c")])


def test_records_beyond_the_sample_are_estimated():
    """A tenth of the file was read: ten times its rows are expected."""
    table = table_input("raw", [folder(BASE)], crawler="c")
    assert table["Parameters"]["recordCount"] == "20"
    assert table["Parameters"]["skip.header.line.count"] == "1"
    assert table["Parameters"]["UPDATED_BY_CRAWLER"] == "c"
