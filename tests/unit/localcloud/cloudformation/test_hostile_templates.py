"""Templates that want to hang the local cloud, fill its memory, or break it: each is refused in CloudFormation's words.

Where a template is merely strange it may be accepted; then it is evaluated to its end.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.cloudformation import parameters, rules
from localcloud.cloudformation.evaluation import Evaluation
from localcloud.cloudformation.outputs import outputs
from localcloud.cloudformation.template import Template
from localcloud.platform.errors import AwsError

TOPIC = {"Type": "AWS::SNS::Topic"}
PSEUDO = {"AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "AWS::StackName": "s", "AWS::Partition": "aws"}


class NoResources:
    def ref(self, logical_id: str) -> Any:
        return logical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        return f"{logical_id}.{name}"


def evaluated(text: str, given: dict[str, str] | None = None) -> None:
    """Everything that a deployment does with a template before it touches a resource."""
    template = Template.parse(text)
    values = [{"ParameterKey": name, "ParameterValue": value} for name, value in (given or {}).items()]
    found = parameters.evaluate(template, values, {}, lambda name: name)
    evaluation = Evaluation(
        template=template, parameters=found.values, pseudo=PSEUDO, resources=NoResources(), imported=lambda name: name
    )
    rules.check(evaluation)
    for name in evaluation.included():
        evaluation.resolve(template.resources[name].properties)
    outputs(evaluation)


def template(**sections: Any) -> str:
    return json.dumps({"Resources": {"T": TOPIC}, **sections})


def out(value: Any, **sections: Any) -> str:
    return template(Outputs={"O": {"Value": value}}, **sections)


def parameter(**definition: Any) -> str:
    return template(Parameters={"P": {"Type": "String", **definition}})


def nested(kind: str, depth: int) -> str:
    return f'{{"Resources": {{"T": {{"Type": "AWS::SNS::Topic", "Metadata": {kind * depth}'


def yaml_bomb() -> str:
    lines = ["Resources:", "  T: {Type: 'AWS::SNS::Topic'}", "Metadata:", "  a0: &a0 [x, x]"]
    lines += [f"  a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    return "\n".join(lines)


def join_bomb() -> str:
    references = [{"Ref": "P"}] * 40_000
    return template(
        Parameters={"P": {"Type": "String", "Default": "x" * 4096}},
        Outputs={"O": {"Value": {"Fn::Join": ["", references]}}},
    )


CONDITIONS = {f"C{n}": {"Fn::Not": [{"Condition": f"C{n + 1}"}]} for n in range(3000)}
LOOP = {"A": {"Fn::Not": [{"Condition": "B"}]}, "B": {"Fn::Not": [{"Condition": "A"}]}}
MANY_KEYS = "Resources:\n  T: {Type: 'AWS::SNS::Topic'}\nMetadata:\n" + "".join(f"  k{n}: 1\n" for n in range(60_000))

#: Name → template, and the values of its parameters.
HOSTILE: dict[str, tuple[str, dict[str, str]]] = {
    "an AllowedPattern that backtracks": (parameter(AllowedPattern="(a+)+b"), {"P": "a" * 4000}),
    "an AllowedPattern that backtracks by alternatives": (parameter(AllowedPattern="(a|a)*$"), {"P": "a" * 4000 + "!"}),
    "an AllowedPattern with a lookaround": (parameter(AllowedPattern="(?!a)b"), {"P": "b"}),
    "an AllowedPattern of nested repetitions": (parameter(AllowedPattern="((a{1,999}){1,999}){1,999}"), {"P": "a"}),
    "an AllowedPattern that is none": (parameter(AllowedPattern="("), {"P": "a"}),
    "an AllowedPattern of 10,000 characters": (parameter(AllowedPattern="a" * 10_000), {"P": "a"}),
    "a value of 10,000 characters": (parameter(), {"P": "a" * 10_000}),
    "YAML aliases that double": (yaml_bomb(), {}),
    "a YAML alias of itself": ("Resources: &r\n  T: *r\n", {}),
    "a YAML merge": ("Resources:\n  T: {<<: {Type: 'AWS::SNS::Topic'}, Type: 'AWS::SNS::Topic'}\n", {}),
    "YAML of 60,000 keys": (MANY_KEYS, {}),
    "YAML nested 100,000 deep": ("Resources: " + "[" * 100_000, {}),
    "JSON nested 100,000 deep": (nested("[", 100_000), {}),
    "JSON nested 5,000 deep": (template(Metadata={}).replace("{}", '{"a":' * 5000 + "1" + "}" * 5000), {}),
    "a YAML number of 10,000 digits": (
        f"Resources: {{T: {{Type: 'AWS::SNS::Topic'}}}}\nMetadata: {{a: {'9' * 10_000}}}",
        {},
    ),
    "a JSON number of 10,000 digits": (template(Metadata={"a": 0}).replace(" 0", " " + "9" * 10_000), {}),
    "a YAML key that is a list": ("Resources: {T: {Type: 'AWS::SNS::Topic'}}\nMetadata: {? [a, b] : c}", {}),
    "a YAML tag of Python's": ("Resources: !!python/object/apply:os.system ['true']", {}),
    "a template of 2 MB": (template(Metadata={"a": "x" * 2_000_000}), {}),
    "501 resources": (json.dumps({"Resources": {f"T{n}": TOPIC for n in range(501)}}), {}),
    "201 parameters": (template(Parameters={f"P{n}": {"Type": "String", "Default": ""} for n in range(201)}), {}),
    "201 outputs": (template(Outputs={f"O{n}": {"Value": "x"} for n in range(201)}), {}),
    "201 mappings": (template(Mappings={f"M{n}": {"a": {"b": "c"}} for n in range(201)}), {}),
    "Fn::Cidr of 2^24 blocks": (out({"Fn::Select": [0, {"Fn::Cidr": ["10.0.0.0/8", 16_777_216, 0]}]}), {}),
    "Fn::Cidr of IPv6 addresses": (out({"Fn::Select": [0, {"Fn::Cidr": ["::/0", 10**9, 1]}]}), {}),
    "Fn::Cidr of no network": (out({"Fn::Select": [0, {"Fn::Cidr": ["ten", 1, 1]}]}), {}),
    "Fn::Join of 160 MB": (join_bomb(), {}),
    "Fn::Sub of 160 MB": (
        out({"Fn::Sub": "${P}" * 40_000}, Parameters={"P": {"Type": "String", "Default": "x" * 4096}}),
        {},
    ),
    "Fn::Split at nothing": (out({"Fn::Join": ["", {"Fn::Split": ["", "abc"]}]}), {}),
    "Fn::Select of no number": (out({"Fn::Select": ["first", ["a"]]}), {}),
    "Fn::Select of infinity": (out({"Fn::Select": ["inf", ["a"]]}), {}),
    "Fn::GetAtt of a number": (out({"Fn::GetAtt": 5}), {}),
    "Ref of a list": (out({"Ref": ["T"]}), {}),
    "Fn::If of one argument": (out({"Fn::If": ["C"]}, Conditions={"C": {"Fn::Equals": ["a", "a"]}}), {}),
    "conditions in a circle": (template(Conditions=LOOP, Resources={"T": {**TOPIC, "Condition": "A"}}), {}),
    "3,000 conditions in a row": (
        template(
            Conditions={**CONDITIONS, "C3000": {"Fn::Equals": ["a", "a"]}},
            Resources={"T": {**TOPIC, "Condition": "C0"}},
        ),
        {},
    ),
    "resources in a circle": (
        json.dumps({"Resources": {"A": {**TOPIC, "DependsOn": "B"}, "B": {**TOPIC, "DependsOn": ["A"]}}}),
        {},
    ),
    "DependsOn of numbers": (json.dumps({"Resources": {"A": {**TOPIC, "DependsOn": [1]}}}), {}),
    "properties that are a list": (json.dumps({"Resources": {"A": {**TOPIC, "Properties": [1]}}}), {}),
    "a condition that is a list": (json.dumps({"Resources": {"A": {**TOPIC, "Condition": ["A"]}}}), {}),
    "a policy that is a list": (json.dumps({"Resources": {"A": {**TOPIC, "DeletionPolicy": ["A"]}}}), {}),
    "a resource that is a text": (json.dumps({"Resources": {"A": "AWS::SNS::Topic"}}), {}),
    "a parameter that is a text": (template(Parameters={"P": "String"}), {}),
    "an output that is a text": (template(Outputs={"O": "x"}), {}),
    "an output without a value": (template(Outputs={"O": {}}), {}),
    "a mapping of numbers": (template(Mappings={"M": {"a": 1}}), {}),
    "a rule that is a text": (template(Rules={"R": "x"}), {}),
    "a rule without assertions": (template(Rules={"R": {}}), {}),
    "a condition's section that is a list": (template(Conditions=[1]), {}),
    "a default that is a list": (parameter(Default=["a"]), {}),
    "AllowedValues that are a number": (parameter(AllowedValues=5), {"P": "a"}),
    "MinLength that is a text": (parameter(MinLength="many"), {"P": "a"}),
    "MaxValue that is a list": (template(Parameters={"P": {"Type": "Number", "MaxValue": []}}), {"P": "1"}),
    "MaxLength of infinity": (parameter(MaxLength="inf"), {"P": "a"}),
    "a description of 2,000 characters": (template(Description="x" * 2000), {}),
    "no document": ("null", {}),
    "nothing": ("", {}),
    "zeros": ("\x00" * 1000, {}),
}
FINE = {"MaxLength of infinity", "YAML of 60,000 keys", "a YAML key that is a list"}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_is_refused(name: str) -> None:
    """Nothing but an error of CloudFormation's comes of it: no error of Python's, no hanging, no full memory."""
    text, given = HOSTILE[name]
    if name in FINE:
        evaluated(text, given)
        return
    with pytest.raises(AwsError) as refused:
        evaluated(text, given)
    assert refused.value.code in {"ValidationError", "NotImplemented"}, refused.value
    assert len(refused.value.message) < 3000


def test_there_is_no_hanging_expression() -> None:
    """What RE2 has is matched: alternatives, classes, anchors, repetitions."""
    for pattern, value in (("[a-z]{1,63}", "abc"), ("^(prod|qa)$", "qa"), (r"arn:aws:\w+:.*", "arn:aws:s3:::b")):
        evaluated(parameter(AllowedPattern=pattern), {"P": value})
        with pytest.raises(AwsError, match="must match pattern"):
            evaluated(parameter(AllowedPattern=pattern), {"P": "A B"})
