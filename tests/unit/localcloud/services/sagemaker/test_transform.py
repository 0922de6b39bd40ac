"""How a batch transform cuts inputs, filters and joins records, and which requests it makes of them."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from localcloud.platform.errors import AwsError, EngineError
from localcloud.services.sagemaker.transform_filters import JsonPath, Processing
from localcloud.services.sagemaker.transform_records import assembled, batches, split


def recordio(payload: bytes, part: int = 0) -> bytes:
    return struct.pack("<II", 0xCED7230A, part << 29 | len(payload)) + payload + b"\0" * (-len(payload) % 4)


def tfrecord(payload: bytes) -> bytes:
    return struct.pack("<QI", len(payload), 1) + payload + b"crc."


def test_lines_are_cut_at_line_feeds_alone() -> None:
    """A last line feed begins no record, an empty line is one, and a form feed or a carriage return alone ends none."""
    assert split(b"a,1\r\nb\x0c2\n\nc\rd\n", "Line") == [b"a,1", b"b\x0c2", b"", b"c\rd"]
    assert split(b"a\nb", "Line") == [b"a", b"b"]
    assert split(b"", "Line") == []
    assert split(b"a\nb\n", "None") == [b"a\nb\n"]


def test_records_keep_their_frames() -> None:
    """RecordIO and TFRecord are cut between records; a record of several frames stays whole."""
    one, parts = recordio(b"abcde"), recordio(b"fgh", 1) + recordio(b"ij", 2) + recordio(b"k", 3)
    assert split(one + parts, "RecordIO") == [one, parts]
    assert split(tfrecord(b"abc") + tfrecord(b""), "TFRecord") == [tfrecord(b"abc"), tfrecord(b"")]


@pytest.mark.parametrize("kind", ["RecordIO", "TFRecord"])
def test_a_cut_off_input_is_named(kind: str) -> None:
    """An input that ends within a record is the user's fault."""
    whole = recordio(b"abcde") if kind == "RecordIO" else tfrecord(b"abcde")
    for end in (3, len(whole) - 1):
        with pytest.raises(EngineError, match=f"ClientError: the {kind} input is cut off at byte"):
            split(whole[:end], kind)
    with pytest.raises(EngineError, match="is not RecordIO"):
        split(b"a,b,c,d,e,f", "RecordIO")


def test_a_request_holds_what_its_payload_may() -> None:
    """MultiRecord fills payloads without cutting a record; SingleRecord sends one; 0 MB is no limit."""
    records = [b"x" * 400_000] * 5
    sizes = [len(batch) for batch in batches(records, several=True, most_megabytes=1, end=b"\n")]
    assert sizes == [2, 2, 1]
    assert [len(batch) for batch in batches(records, several=False, most_megabytes=1, end=b"\n")] == [1] * 5
    assert [len(batch) for batch in batches(records, several=True, most_megabytes=0, end=b"\n")] == [5]
    with pytest.raises(EngineError, match="larger than MaxPayloadInMB"):
        list(batches([b"x" * 2_000_000], several=True, most_megabytes=1, end=b""))


def test_an_output_is_assembled_by_lines_or_as_it_comes() -> None:
    """With Line each part ends with one line feed, whether it had one or not."""
    assert assembled([b"a\n", b"b", b"c\nd\n"], lines=True) == b"a\nb\nc\nd\n"
    assert assembled([b"a\n", b"b"], lines=False) == b"a\nb"


RECORD: dict[str, Any] = {"id": 7, "f": {"a": 1, "b": [10, 20, 30], "c": 3}, "rows": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", RECORD),
        ("", RECORD),
        ("$.id", 7),
        ("$['id']", 7),
        ("$.f.b", [10, 20, 30]),
        ("$.f.b[1]", 20),
        ("$.f.b[-1]", 30),
        ("$.f.b[0,2]", [10, 30]),
        ("$.f.b[1:]", [20, 30]),
        ("$.f.b[:-1]", [10, 20]),
        ("$.f.b[*]", [10, 20, 30]),
        ("$.f.['a','c']", {"a": 1, "c": 3}),
        ("$['f']['a']", 1),
        ("$.rows[*].x", [1, 2]),
        ("$.f.*", [1, [10, 20, 30], 3]),
    ],
)
def test_a_path_finds_its_part(path: str, value: object) -> None:
    """Each of the operators that the developer guide lists."""
    assert JsonPath.parse("inputFilter", path).of(RECORD) == value


@pytest.mark.parametrize("path", ["id", "$id", "$..id", "$.f[?(@.a)]", "$.f.['a','b.c'].x[", "$[", "$.length()"])
def test_a_path_beyond_sagemakers_is_refused(path: str) -> None:
    """Filters, recursion and functions of JSONPath are none of the operators."""
    with pytest.raises(AwsError, match="is no JSONPath that SageMaker takes"):
        JsonPath.parse("inputFilter", path)


def test_a_path_has_at_most_63_characters() -> None:
    """AWS's limit, in AWS's words."""
    assert JsonPath.parse("outputFilter", "$." + "a" * 61)
    with pytest.raises(AwsError, match="length less than or equal to 63"):
        JsonPath.parse("outputFilter", "$." + "a" * 62)


def test_a_record_without_the_part_fails() -> None:
    """The error names the path."""
    for path in ("$.name", "$.f.b[9]", "$.id[0]", "$.f.b.x"):
        with pytest.raises(EngineError, match="finds nothing in a record"):
            JsonPath.parse("inputFilter", path).of(RECORD)


def processing(content_type: str, **given: str) -> Processing:
    found = Processing.of(
        {
            "TransformInput": {"ContentType": content_type, "SplitType": "Line"},
            "TransformOutput": {"AssembleWith": "Line"},
            "DataProcessing": given,
        }
    )
    assert found is not None
    return found


def test_csv_rows_are_joined_at_their_end() -> None:
    """The identifier is kept from the model and stands beside the answer; quoted fields stay one field."""
    work = processing("text/csv", InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]")
    rows = [b'"Doe, Jane",1,2', b"x,3,4"]
    assert [work.request(row) for row in rows] == [b"1,2", b"3,4"]
    assert work.answers(rows, b"0.5\n0.7\n", "text/csv; charset=utf-8") == [b'"Doe, Jane",0.5', b"x,0.7"]
    whole = processing("text/csv", JoinSource="Input")
    assert whole.request(rows[0]) == rows[0]
    assert whole.answers(rows[1:], b"0.1,0.9", "text/csv") == [b"x,3,4,0.1,0.9"]


def test_json_objects_get_the_answer_as_sagemaker_output() -> None:
    """An input that is no object becomes SageMakerInput."""
    work = processing("application/jsonlines", InputFilter="$.f", JoinSource="Input")
    assert work.request(b'{"id":1,"f":[1,2]}') == b"[1,2]"
    rows = [b'{"id":1,"f":[1,2]}']
    assert work.answers(rows, b'{"score":0.5}\n', "application/jsonlines") == [
        b'{"id":1,"f":[1,2],"SageMakerOutput":{"score":0.5}}'
    ]
    work = processing("application/json", JoinSource="Input")
    assert work.answers([b"[1]"], b'{\n"p": 2}', "application/json") == [
        b'{"SageMakerInput":[1],"SageMakerOutput":{"p":2}}'
    ]


def test_answers_that_are_no_match_fail() -> None:
    """Another number of answers than of records, another format, or no format at all."""
    work = processing("text/csv", JoinSource="Input")
    with pytest.raises(EngineError, match=r"mismatched line count between the input \(2\) and the output \(1\)"):
        work.answers([b"1", b"2"], b"0.5\n", "text/csv")
    with pytest.raises(EngineError, match="cannot join"):
        work.answers([b"1"], b"{}", "application/json")
    with pytest.raises(EngineError, match="a record is not application/jsonlines"):
        processing("application/jsonlines", JoinSource="Input").answers([b"{"], b"{}", "application/jsonlines")


def test_without_filters_nothing_is_read() -> None:
    """The defaults leave records as they are, whatever their type."""
    request: dict[str, Any] = {"TransformInput": {}, "TransformOutput": {}}
    assert Processing.of(request) is None
    assert Processing.of(request | {"DataProcessing": {"InputFilter": "$", "JoinSource": "None"}}) is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"TransformInput": {"ContentType": "image/png", "SplitType": "Line"}}, "CSV and JSON format only"),
        ({"TransformInput": {"ContentType": "text/csv"}}, "needs the SplitType Line"),
        ({"TransformOutput": {}}, "needs AssembleWith Line"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], named: str) -> None:
    """A join needs records that can be read, and an output in lines."""
    request = {
        "TransformInput": {"ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"AssembleWith": "Line"},
        "DataProcessing": {"JoinSource": "Input"},
    }
    with pytest.raises(AwsError, match=named):
        Processing.of(request | changes)
