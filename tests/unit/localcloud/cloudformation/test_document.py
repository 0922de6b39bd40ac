"""Template text to documents."""

import pytest

from localcloud.cloudformation.document import read
from localcloud.platform.errors import AwsError


def test_short_intrinsics():
    """YAML's short intrinsics read as their long forms, nested too."""
    found = read("A: !Sub '${B}-x'\nC: !GetAtt B.Arn\nD: !If [Big, !Ref B, !Ref 'AWS::NoValue']\nE: !Condition Big\n")
    assert found == {
        "A": {"Fn::Sub": "${B}-x"},
        "C": {"Fn::GetAtt": ["B", "Arn"]},
        "D": {"Fn::If": ["Big", {"Ref": "B"}, {"Ref": "AWS::NoValue"}]},
        "E": {"Condition": "Big"},
    }


def test_a_date_stays_a_string():
    """A policy's Version in YAML is a string, not a date."""
    assert read("Version: 2012-10-17") == {"Version": "2012-10-17"}


def test_json_error_names_its_place():
    """Broken JSON is refused with line and column."""
    with pytest.raises(AwsError, match=r"JSON not well-formed. \(line 2, column 1\)"):
        read('{"Resources": \n')


def test_yaml_error_names_its_place():
    """Broken YAML is refused with line and column."""
    with pytest.raises(AwsError, match=r"YAML not well-formed. \(line 2"):
        read("A: [1\nB: 2")


def test_a_key_given_twice_is_refused():
    """Two resources with one name are refused, for one of them would be lost silently."""
    with pytest.raises(AwsError, match="YAML not well-formed"):
        read("A: 1\nA: 2")


def test_a_list_is_no_template():
    """A document that is not an object is refused."""
    with pytest.raises(AwsError, match="unsupported structure"):
        read("- a")
