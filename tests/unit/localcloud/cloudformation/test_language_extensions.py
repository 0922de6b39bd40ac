"""AWS::LanguageExtensions: loops are written out, by the examples of AWS's pages; its functions; what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.cloudformation.template import Template
from localcloud.platform.errors import AwsError, UnsupportedError

TRANSFORM = "AWS::LanguageExtensions"
TOPICS = {
    "Fn::ForEach::Topics": [
        "Name",
        ["Success", "Failure"],
        {"Topic${Name}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${Name}.fifo"}}}},
    ]
}


def parse(resources: dict[str, Any], *, given: dict[str, str] | None = None, **sections: Any) -> Template:
    document = {"Transform": TRANSFORM, "Resources": resources, **sections}
    return Template.parse(json.dumps(document), given or {})


def loop(collection: Any, fragment: dict[str, Any], *, identifier: str = "Name", name: str = "All") -> dict[str, Any]:
    return {f"Fn::ForEach::{name}": [identifier, collection, fragment]}


def named(text: str) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": text}}


def names(template: Template) -> dict[str, Any]:
    return {name: each.properties.get("TopicName") for name, each in template.resources.items()}


def test_a_loop_makes_a_resource_of_each_value() -> None:
    """In the logical id, in texts and in functions of texts, the identifier is the value."""
    assert names(parse(TOPICS)) == {
        "TopicSuccess": {"Fn::Sub": "Success.fifo"},
        "TopicFailure": {"Fn::Sub": "Failure.fifo"},
    }


def test_a_loop_goes_over_what_a_parameter_is_given() -> None:
    """By its value in this operation, else by its default; an empty list makes nothing."""
    resources = {"Kept": named("kept"), **loop({"Ref": "Names"}, {"T${Name}": named("${Name}")})}
    parameters = {"Names": {"Type": "CommaDelimitedList", "Default": "A,B"}}
    assert list(parse(resources, Parameters=parameters).resources) == ["Kept", "TA", "TB"]
    assert list(parse(resources, Parameters=parameters, given={"Names": "C, D"}).resources) == ["Kept", "TC", "TD"]
    assert list(parse(resources, Parameters=parameters, given={"Names": ""}).resources) == ["Kept"]


def test_loops_stand_in_loops_properties_conditions_and_outputs() -> None:
    """The inner loop's texts know the outer one's value; Ref of an identifier is its value."""
    inner = loop(["x", "y"], {"T${Outer}${Name}": named("${Outer}-${Name}")}, name="In")
    properties = loop(["DisplayName", "TopicName"], {"${Name}": {"Ref": "Name"}}, name="Of")
    template = parse(
        {
            **loop(["A", "B"], inner, identifier="Outer", name="Out"),
            "Own": {"Type": "AWS::SNS::Topic", "Properties": properties},
        },
        Conditions=loop(
            ["east", "west"], {"In${Name}": {"Fn::Equals": [{"Ref": "AWS::Region"}, {"Ref": "Name"}]}}, name="If"
        ),
        Outputs=loop(["Ax", "By"], {"O${Name}": {"Value": {"Fn::GetAtt": ["T${Name}", "TopicArn"]}}}, name="Told"),
    )
    assert names(template) == {"TAx": "A-x", "TAy": "A-y", "TBx": "B-x", "TBy": "B-y", "Own": "TopicName"}
    assert template.resources["Own"].properties == {"DisplayName": "DisplayName", "TopicName": "TopicName"}
    assert list(template.section("Conditions")) == ["Ineast", "Inwest"]
    assert template.section("Outputs")["OBy"] == {"Value": {"Fn::GetAtt": ["TBy", "TopicArn"]}}


def test_a_value_loses_what_a_logical_id_cannot_have() -> None:
    """With ``&`` only its letters and digits are left."""
    found = names(parse(loop(["10.0.0.1", "10.0.0.2"], {"T&{Name}": named("${Name}")})))
    assert found == {"T10001": "10.0.0.1", "T10002": "10.0.0.2"}


def test_a_loop_goes_over_a_list_in_mappings() -> None:
    """Its place is given by texts, which may be an outer loop's values."""
    inner = loop({"Fn::FindInMap": ["Zones", {"Ref": "Stage"}, "names"]}, {"T${Stage}${Name}": named("t")}, name="In")
    found = parse(
        loop(["qa", "prod"], inner, identifier="Stage", name="Out"),
        Mappings={"Zones": {"qa": {"names": ["a"]}, "prod": {"names": ["b", "c"]}}},
    )
    assert list(found.resources) == ["Tqaa", "Tprodb", "Tprodc"]


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"Fn::ForEach::All": ["Name", ["a"]]}, "requires an identifier, a collection and an object"),
        (loop("a", {"T${Name}": named("t")}), "loops over a list of texts"),
        (loop([{"Ref": "AWS::Region"}], {"T${Name}": named("t")}), "loops over a list of texts"),
        (loop({"Ref": "Text"}, {"T${Name}": named("t")}), "cannot loop over Text, which is String and no list"),
        (loop({"Ref": "Nobody"}, {"T${Name}": named("t")}), "cannot loop over Nobody, which is no parameter"),
        (loop(["a", "b"], {"T": named("t")}), "A loop of Fn::ForEach makes T twice"),
        (loop(["a"], {"T${Name}": named("t")}, identifier="Text"), "identifier Text of Fn::ForEach::All is in use"),
        (loop(["a"], {"T${Name}": named("t")}, name="not so"), "must be alphanumeric"),
        (loop(["a.b"], {"T${Name}": named("t")}), "Resource name Ta.b is non alphanumeric"),
    ],
)
def test_what_cannot_be_written_out_is_refused(resources: dict[str, Any], message: str) -> None:
    """With the loop's name and what it was given."""
    with pytest.raises(AwsError, match=message):
        parse(resources, Parameters={"Text": {"Type": "String", "Default": "a,b"}})


def test_loops_in_loops_have_a_limit() -> None:
    """A short template cannot become a huge one."""
    fragment: dict[str, Any] = {"T${A}x${B}x${C}x${D}x${E}": named("t")}
    for name in "EDCBA":
        fragment = loop([str(number) for number in range(40)], fragment, identifier=name, name=name)
    with pytest.raises(AwsError, match="more than 10000 passes"):
        parse(fragment)


@pytest.mark.parametrize("transform", ["AWS::SecretsManager-2020-07-23", [TRANSFORM, "Mine"], {"Name": TRANSFORM}])
def test_other_transforms_are_refused_by_name(transform: Any) -> None:
    """Alone, and beside one that is known."""
    with pytest.raises(UnsupportedError, match="The template section Transform"):
        parse({"T": named("t")}, Transform=transform)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"T": named("t"), **TOPICS}, "Fn::ForEach::Topics"),
        ({"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::ToJsonString": {}}}}}, "Fn::ToJsonString"),
    ],
)
def test_without_the_transform_its_words_are_unknown(resources: dict[str, Any], message: str) -> None:
    """A loop is no logical id, and the functions are none."""
    with pytest.raises((AwsError, UnsupportedError), match=message):
        Template.parse(json.dumps({"Resources": resources}))


@pytest.mark.parametrize(
    ("function", "named"),
    [
        ({"Fn::Sub": "Param${Name}"}, "ParamA"),
        ({"Fn::Sub": ["${Kind}${Stage}", {"Kind": "Param"}]}, "ParamB"),
        ({"Fn::Sub": ["${Kind}ParamB", {"Kind": ""}]}, "ParamB"),
        ({"Fn::Join": ["", ["Param", {"Ref": "Stage"}]]}, "ParamB"),
        ({"Fn::FindInMap": ["Names", {"Ref": "Stage"}, "name"]}, "ParamA"),
        ({"Ref": "Which"}, "ParamA"),
    ],
)
def test_a_function_names_what_a_ref_means(function: dict[str, Any], named: str) -> None:
    """In Ref and in Fn::GetAtt it makes the name of a parameter or a resource, of parameters and loops' values."""
    text = {"Type": "String"}
    template = parse(
        {
            **loop(["A"], {"T${Name}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": function}}}}),
            **{name: {"Type": "AWS::SNS::Topic"} for name in ("ParamC", "ParamD")},
        },
        Outputs=loop(["C", "D"], {"O${Name}": {"Value": {"Fn::GetAtt": [{"Fn::Sub": "Param${Name}"}, "TopicArn"]}}}),
        Parameters={
            **dict.fromkeys(("ParamA", "ParamB"), text),
            "Stage": {**text, "Default": "A"},
            "Which": {**text, "Default": "ParamA"},
        },
        Mappings={"Names": {"B": {"name": "ParamA"}}},
        given={"Stage": "B"},
    )
    assert template.resources["TA"].properties == {"DisplayName": {"Ref": named}}
    assert template.section("Outputs")["OD"] == {"Value": {"Fn::GetAtt": ["ParamD", "TopicArn"]}}


@pytest.mark.parametrize("function", [{"Fn::Sub": "${AWS::Region}"}, {"Fn::Select": [0, ["ParamA"]]}])
def test_a_function_that_names_nothing_yet_is_refused_by_name(function: dict[str, Any]) -> None:
    """Only functions of parameters are known before the template is read."""
    with pytest.raises(UnsupportedError, match="A Ref or Fn::GetAtt of a function"):
        parse({"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": function}}}})


def test_a_name_that_nothing_has_is_a_fault() -> None:
    """What the function makes is looked for like any other name."""
    wrong = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": {"Fn::Sub": "No${Name}"}}}}
    with pytest.raises(AwsError, match=r"Unresolved resource dependencies \[NoA\] in the Resources block"):
        parse(loop(["A"], {"T${Name}": wrong}))


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ({"Fn::Length": [1, {"Ref": "Names"}, 3]}, 3),
        ({"Fn::Length": {"Ref": "Names"}}, 2),
        ({"Fn::Length": {"Fn::Split": ["|", "a|b|c"]}}, 3),
        ({"Fn::ToJsonString": {"a": [1, True], "b": {"Ref": "Names"}}}, '{"a":[1,true],"b":["x","y"]}'),
        ({"Fn::ToJsonString": [{"Ref": "AWS::Region"}]}, '["us-east-1"]'),
        ({"Fn::FindInMap": ["Sizes", "nowhere", "count", {"DefaultValue": {"Ref": "AWS::Region"}}]}, "us-east-1"),
        ({"Fn::FindInMap": ["Sizes", "east", "count", {"DefaultValue": 1}]}, 3),
    ],
)
def test_the_functions_give_their_values(evaluation: Any, value: Any, result: Any) -> None:
    """Lengths, JSON, and a default where Mappings have no such place."""
    template = {
        "Transform": TRANSFORM,
        "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
        "Mappings": {"Sizes": {"east": {"count": 3}}},
    }
    assert evaluation(template, Names=["x", "y"]).resolve(value) == result


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::Length": "abc"}, "Fn::Length wants a list"),
        ({"Fn::ToJsonString": "abc"}, "Fn::ToJsonString wants an object or a list"),
        ({"Fn::FindInMap": ["Sizes", "nowhere", "count"]}, "Unable to get mapping for Sizes::nowhere::count"),
    ],
)
def test_the_functions_refuse_other_arguments(evaluation: Any, value: Any, message: str) -> None:
    """A text has no length in this sense, and is no document."""
    with pytest.raises(AwsError, match=message):
        evaluation({"Transform": TRANSFORM}).resolve(value)
