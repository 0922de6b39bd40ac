"""Event patterns: AWS's documented content filtering."""

from typing import Any

import pytest

from localcloud.platform.errors import AwsError
from localcloud.services.events.patterns import matches, read_pattern

EVENT: dict[str, Any] = {
    "source": "aws.codepipeline",
    "detail-type": "CodePipeline Pipeline Execution State Change",
    "resources": ["arn:aws:codepipeline:us-east-1:1:a", "arn:aws:codepipeline:us-east-1:1:b"],
    "detail": {"state": "FAILED", "version": 3.0, "name": "Credit.Pipeline", "error": None, "file": "a/b/c.png"},
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{"source": ["aws.codepipeline"]}', True),
        ('{"source": ["aws.s3", "aws.codepipeline"], "detail": {"state": ["FAILED", "STOPPED"]}}', True),
        ('{"source": ["aws.codepipeline"], "detail": {"state": ["SUCCEEDED"]}}', False),
        ('{"resources": ["arn:aws:codepipeline:us-east-1:1:b"]}', True),
        ('{"resources": [{"prefix": "arn:aws:s3"}]}', False),
        ('{"detail": {"name": [{"prefix": "Credit"}]}}', True),
        ('{"detail": {"name": [{"prefix": {"equals-ignore-case": "credit"}}]}}', True),
        ('{"detail": {"file": [{"suffix": ".png"}]}}', True),
        ('{"detail": {"state": [{"anything-but": "FAILED"}]}}', False),
        ('{"detail": {"state": [{"anything-but": ["STOPPED", "SUCCEEDED"]}]}}', True),
        ('{"detail": {"name": [{"anything-but": {"prefix": "Car"}}]}}', True),
        ('{"detail": {"version": [{"numeric": [">", 2, "<=", 3]}]}}', True),
        ('{"detail": {"version": [{"numeric": ["=", 4]}]}}', False),
        ('{"detail": {"version": [3]}}', True),
        ('{"detail": {"reason": [{"exists": false}]}}', True),
        ('{"detail": {"state": [{"exists": true}]}}', True),
        ('{"detail": {"error": [null]}}', True),
        ('{"detail": {"state": [{"equals-ignore-case": "failed"}]}}', True),
        ('{"detail": {"file": [{"wildcard": "a/*/*.png"}]}}', True),
        ('{"detail": {"file": [{"wildcard": "b*"}]}}', False),
        ('{"detail": {"$or": [{"state": ["STOPPED"]}, {"version": [{"numeric": ["<", 4]}]}]}}', True),
        ('{"$or": [{"source": ["aws.s3"]}, {"detail": {"state": ["STOPPED"]}}]}', False),
    ],
)
def test_an_event_matches_as_aws_documents_it(pattern: str, expected: bool) -> None:
    """Each form of content filtering matches what AWS's user guide says."""
    assert matches(read_pattern(pattern), EVENT) is expected


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("{", "Expecting property name"),
        ("[]", "not an object"),
        ('{"source": "aws.s3"}', "must be an object or an array"),
        ('{"source": []}', "Empty arrays"),
        ('{"detail": {"state": [{"like": "F"}]}}', r"Unrecognized match type like \(at detail.state\)"),
        ('{"detail": {"n": [{"numeric": ["~", 1]}]}}', "numeric does not take"),
        ('{"detail": {"n": [{"anything-but": ["a", 1]}]}}', "anything-but does not take"),
        ('{"$or": [{"source": ["a"]}]}', "two patterns or more"),
        ('{"detail": {"ip": [{"cidr": "10.0.0.1"}]}}', "cidr does not take"),
        ('{"detail": {"ip": [{"cidr": "10.0.x.1/8"}]}}', "cidr does not take"),
        ('{"detail": {"ip": [{"cidr": "10.0.0.1/33"}]}}', "cidr does not take"),
        ('{"detail": {"ip": [{"cidr": "10.0.0.1/net"}]}}', "cidr does not take"),
        ('{"detail": {"ip": [{"cidr": "zz01:db8::/32"}]}}', "cidr does not take"),
        ('{"detail": {"n": [{"numeric": [">", 1, ">=", 2]}]}}', "numeric does not take"),
        ('{"detail": {"n": [{"numeric": [">", 3, "<", 3]}]}}', "numeric does not take"),
        ('{"detail": {"file": [{"wildcard": "a/**.png"}]}}', "wildcard does not take"),
        ('{"detail": {"file": [{"anything-but": {"wildcard": "a/**"}}]}}', "anything-but does not take"),
        ('{"detail": {"file": [{"anything-but": {"prefix": ""}}]}}', "anything-but does not take"),
        ('{"detail": {"file": [{"anything-but": {"suffix": ""}}]}}', "anything-but does not take"),
    ],
)
def test_a_pattern_that_would_match_by_accident_is_refused(pattern: str, words: str) -> None:
    """A pattern that AWS does not take is refused with its fault."""
    with pytest.raises(AwsError, match=words) as caught:
        read_pattern(pattern)
    assert caught.value.code == "InvalidEventPatternException"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{"resources": [{"exists": true}]}', False),
        ('{"resources": [{"exists": false}]}', True),
        ('{"detail": {"steps": {"id": [{"exists": true}]}}}', True),
        ('{"detail": {"steps": {"id": ["b"], "state": ["done"]}}}', True),
        ('{"detail": {"steps": {"id": ["a"], "state": ["done"]}}}', False),
        ('{"detail": {"steps": [{"exists": true}]}}', False),
        ('{"detail": {"from": [{"cidr": "10.1.2.3/16"}]}}', True),
        ('{"detail": {"from": [{"cidr": "10.2.0.0/16"}]}}', False),
        ('{"detail": {"nothing": {"id": [{"exists": false}]}}}', True),
    ],
)
def test_arrays_match_by_what_is_in_them(pattern: str, expected: bool) -> None:
    """An empty array has no value; of an array of objects, one has to match as a whole."""
    steps = [{"id": "a", "state": "failed"}, {"id": "b", "state": "done"}]
    event: Any = {"source": "s", "resources": [], "detail": {"steps": steps, "from": "10.1.200.1"}}
    assert matches(read_pattern(pattern), event) is expected
