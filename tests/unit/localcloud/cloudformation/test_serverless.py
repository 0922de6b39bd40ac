"""SAM's transform: what AWS's translator makes of a template is what is deployed, and refused in AWS's words."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from localcloud.cloudformation.serverless import NAME, Account
from localcloud.cloudformation.template import Template
from localcloud.platform.errors import AwsError, UnsupportedError

FUNCTION: dict[str, Any] = {"CodeUri": "s3://code/one.zip", "Handler": "index.handler", "Runtime": "python3.11"}

SAM: dict[str, Any] = {"Type": "AWS::Serverless::Function", "Properties": FUNCTION}


def with_events(count: int, event: dict[str, Any]) -> dict[str, Any]:
    return {**SAM, "Properties": {**FUNCTION, "Events": {f"E{number}": event for number in range(count)}}}


def parse(
    properties: dict[str, Any], *, given: dict[str, str] | None = None, account: Account | None = None, **more: Any
) -> Template:
    resources = {"Score": {"Type": "AWS::Serverless::Function", "Properties": properties}, **more.pop("Resources", {})}
    text = json.dumps({"Transform": NAME, "Resources": resources, **more})
    return Template.parse(text, given or {}, account or Account())


def types(template: Template) -> dict[str, str]:
    return {name: each.type_name for name, each in template.resources.items()}


def test_a_function_has_a_role_and_its_globals() -> None:
    """The template that is deployed has CloudFormation's types alone; the text stays as it was given."""
    template = parse(FUNCTION, Globals={"Function": {"Timeout": 7}})
    assert types(template) == {"Score": "AWS::Lambda::Function", "ScoreRole": "AWS::IAM::Role"}
    made = template.resources["Score"].properties
    assert made["Code"] == {"S3Bucket": "code", "S3Key": "one.zip"}
    assert made["Timeout"] == 7
    assert template.transforms == (NAME,)
    assert template.document.keys() == {"Resources"}
    assert json.loads(template.text)["Transform"] == NAME
    assert template.written_types == ("AWS::Serverless::Function",)


def test_events_alias_and_url_are_resources() -> None:
    """Each part of the function is a type of its own, with the permissions that it needs."""
    events = {
        "Nightly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}},
        "Told": {"Type": "EventBridgeRule", "Properties": {"Pattern": {"source": ["own"]}}},
    }
    url = {"AuthType": "NONE"}
    template = parse({**FUNCTION, "AutoPublishAlias": "live", "FunctionUrlConfig": url, "Events": events})
    found = types(template)
    assert [name for name, kind in found.items() if kind == "AWS::Events::Rule"] == ["ScoreNightly", "ScoreTold"]
    assert found["ScoreAliaslive"] == "AWS::Lambda::Alias"
    assert found["ScoreUrl"] == "AWS::Lambda::Url"
    assert template.resources["ScoreUrl"].properties["TargetFunctionArn"] == {"Ref": "ScoreAliaslive"}
    allowed = [
        each.properties["Action"] for each in template.resources.values() if each.type_name == "AWS::Lambda::Permission"
    ]
    assert sorted(allowed) == ["lambda:InvokeFunction"] * 3 + ["lambda:InvokeFunctionUrl"]


def test_a_layer_of_the_template_is_the_functions() -> None:
    """It is retained, as SAM has it, and is named by its logical id."""
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "s3://code/layer.zip"}}
    template = parse({**FUNCTION, "Layers": [{"Ref": "Fonts"}]}, Resources={"Fonts": layer})
    (name,) = (name for name, kind in types(template).items() if kind == "AWS::Lambda::LayerVersion")
    assert template.resources[name].properties["LayerName"] == "Fonts"
    assert template.resources[name].deletion_policy == "Retain"
    assert template.resources["Score"].properties["Layers"] == [{"Ref": name}]


def test_parameters_count_where_the_translator_needs_values() -> None:
    """The given value, not the default: a change of it makes another version."""
    parameters = {"Key": {"Type": "String", "Default": "one.zip"}}
    properties = {**FUNCTION, "CodeUri": {"Bucket": "code", "Key": {"Ref": "Key"}}, "AutoPublishAlias": "live"}

    def version(key: str) -> str:
        found = types(parse(properties, given={"Key": key}, Parameters=parameters))
        return next(name for name, kind in found.items() if kind == "AWS::Lambda::Version")

    assert version("one.zip") == version("one.zip")
    assert version("one.zip") != version("two.zip")


def test_managed_policies_are_known_by_name() -> None:
    """Those of the account's IAM too, which is asked for names that the translator does not know, and only then."""
    asked: list[str] = []

    def policies() -> dict[str, str]:
        asked.append("IAM")
        return {"New": "arn:aws:iam::aws:policy/New"}

    account = Account(managed_policies=policies)
    known = parse({**FUNCTION, "Policies": "AmazonS3ReadOnlyAccess"}, account=account)
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    arns = [basic, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    assert (known.resources["ScoreRole"].properties["ManagedPolicyArns"], asked) == (arns, [])
    new = parse({**FUNCTION, "Policies": "New"}, account=account)
    assert new.resources["ScoreRole"].properties["ManagedPolicyArns"] == [basic, "arn:aws:iam::aws:policy/New"]
    assert asked == ["IAM"]


def test_an_invalid_template_is_refused_in_aws_words() -> None:
    """The message has every fault with the id of its resource."""
    with pytest.raises(AwsError) as refused:
        parse({"Handler": "index.handler"}, Resources={"Other": {"Type": "AWS::Serverless::Function"}})
    start = f"Transform {NAME} failed with: Invalid Serverless Application Specification document. "
    assert refused.value.code == "ValidationError"
    assert refused.value.message.startswith(f"{start}Number of errors found: 2. Resource with id [Other] is invalid. ")
    assert "Resource with id [Score] is invalid. " in refused.value.message


@pytest.mark.parametrize("resources", [[], {}, {"Score": []}, {"Score": {**SAM, "Properties": []}}])
def test_resources_of_another_form_are_refused_by_the_translator(resources: Any) -> None:
    """It looks at them before it begins."""
    with pytest.raises(AwsError, match=f"^Transform {NAME} failed with: Invalid Serverless Application Specification"):
        Template.parse(json.dumps({"Transform": NAME, "Resources": resources}))


@pytest.mark.parametrize(
    ("resources", "sections", "words"),
    [
        ({f"F{number}": SAM for number in range(501)}, {}, "Number of resources, 501, is greater than maximum"),
        ({"F": with_events(501, {"Type": "Schedule"})}, {}, "Number of resources, 502, is greater than maximum"),
        ({"F": with_events(301, {"Type": "Api"})}, {}, "Maximum number of resources for this API"),
        ({f"F{number}": SAM for number in range(500)}, {"Globals": {"x": "x" * 30_000}}, "The Globals of the template"),
    ],
)
def test_more_than_aws_takes_is_not_translated(
    resources: dict[str, Any], sections: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The translator would work for minutes."""
    monkeypatch.setattr("samtranslator.translator.translator.Translator.translate", None)
    with pytest.raises(AwsError, match=words):
        Template.parse(json.dumps({"Transform": NAME, "Resources": resources, **sections}))


def test_a_fault_of_the_translator_is_one_of_the_transform(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS says no more either; the local cloud's log has the reason."""

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr("samtranslator.translator.translator.Translator.translate", broken)
    with pytest.raises(AwsError, match=rf"^Transform {NAME} failed without an error message\.$"):
        parse(FUNCTION)


@pytest.mark.parametrize(
    ("resource", "named"),
    [
        ({"Type": "AWS::Serverless::Application", "Properties": {"Location": "./x"}}, "AWS::Serverless::Application"),
        ({"Type": "AWS::Serverless::HttpApi"}, "AWS::ApiGatewayV2::Api"),
    ],
)
def test_what_the_local_cloud_lacks_is_named(resource: dict[str, Any], named: str) -> None:
    """An application of AWS's repository before anybody is asked for it, and types that the translator makes."""
    with pytest.raises(UnsupportedError, match=named):
        parse(FUNCTION, Resources={"Other": resource})


def test_loops_are_written_out_before_sam_is_translated() -> None:
    """Whichever the template names first."""
    each = {"Function${Name}": {"Type": "AWS::Serverless::Function", "Properties": FUNCTION}}
    resources = {"Fn::ForEach::Functions": ["Name", ["A", "B"], each]}
    for names in ([NAME, "AWS::LanguageExtensions"], ["AWS::LanguageExtensions", NAME]):
        template = parse(FUNCTION, Transform=names, Resources=resources)
        assert {"FunctionA", "FunctionB"} < template.resources.keys()


def test_the_translator_is_imported_when_a_template_asks_for_it() -> None:
    """Nobody else waits for it."""
    program = (
        "import sys, localcloud.cloudformation.api\n"
        "assert not [name for name in sys.modules if name.startswith('samtranslator')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
