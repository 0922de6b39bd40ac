"""What a deployment will do."""

import json
from types import SimpleNamespace

import pytest

from localcloud.cloudformation import plan
from localcloud.cloudformation.changes import changes
from localcloud.cloudformation.plan import Action, Deployed
from localcloud.cloudformation.values import Unknown
from localcloud.platform.errors import AwsError, UnsupportedError

BUCKET = "AWS::S3::Bucket"
PARAMETER = "AWS::SSM::Parameter"


def bucket(**properties):
    return {"Type": BUCKET, "Properties": properties}


def parameter(value):
    return {"Type": PARAMETER, "Properties": {"Type": "String", "Value": value}}


def deployed(name, type_name=BUCKET, **fields):
    attributes = {"Arn": f"arn:aws:s3:::old-{name}"} if type_name == BUCKET else {}
    return Deployed(
        **{"logical_id": name, "type_name": type_name, "physical_id": f"old-{name}", "attributes": attributes, **fields}
    )


def make(evaluation, resources, present=(), tags=None):
    found = evaluation({"Resources": resources})
    return plan.make(found, {each.logical_id: each for each in present}, tags=tags or {})


def told(found):
    """The plan as a change set tells it, of a template without references."""
    return changes(found, SimpleNamespace(resources={}), frozenset())


def actions(found):
    return {step.logical_id: step.action for step in found.steps}


def test_a_new_stack_creates_all_in_order(evaluation):
    """A resource comes after those that it refers to, whose values are unknown until then."""
    found = make(evaluation, {"Name": parameter({"Fn::Sub": "s3://${Data}/x"}), "Data": bucket()})
    assert [step.logical_id for step in found.steps] == ["Data", "Name"]
    assert set(actions(found).values()) == {Action.CREATE}
    assert found.steps[1].properties["Value"] == Unknown("Data", "s3://{{changeSet:KNOWN_AFTER_APPLY}}/x")


def test_no_difference_is_no_change(evaluation):
    """Equal properties change nothing, and known references stay known."""
    value = {"Type": "String", "Value": "arn:aws:s3:::old-Data"}
    present = [deployed("Data"), deployed("Name", PARAMETER, properties=value, depends_on=("Data",))]
    found = make(evaluation, {"Data": bucket(), "Name": parameter({"Fn::GetAtt": ["Data", "Arn"]})}, present)
    assert set(actions(found).values()) == {Action.UNCHANGED}
    assert not found.has_changes


def test_a_change_in_place_and_a_replacement(evaluation):
    """The schema's createOnlyProperties decide: versioning changes a bucket, a new name replaces it."""
    present = [deployed("A"), deployed("B", properties={"BucketName": "one"})]
    found = make(
        evaluation,
        {"A": bucket(VersioningConfiguration={"Status": "Enabled"}), "B": bucket(BucketName="two")},
        present,
    )
    assert actions(found) == {"A": Action.UPDATE, "B": Action.REPLACE}


def test_a_replacement_reaches_what_refers_to_it(evaluation):
    """A resource that refers to a replaced one changes conditionally, for the new value is not known yet."""
    value = {"Type": "String", "Value": "old-Data"}
    present = [deployed("Data", properties={"BucketName": "one"}), deployed("Name", PARAMETER, properties=value)]
    found = make(evaluation, {"Data": bucket(BucketName="two"), "Name": parameter({"Ref": "Data"})}, present)
    assert actions(found) == {"Data": Action.REPLACE, "Name": Action.UPDATE}
    data, name = (each["ResourceChange"] for each in told(found))
    assert (data["Replacement"], data["PolicyAction"]) == ("True", "ReplaceAndDelete")
    assert name["Details"][0]["Evaluation"] == "Dynamic"
    assert name["Details"][0]["Target"]["AfterValue"] == "{{changeSet:KNOWN_AFTER_APPLY}}"


def test_what_the_template_no_longer_has(evaluation):
    """Removed resources come last, dependents first, and are kept where their policy says so."""
    present = [
        deployed("Old"),
        deployed("User", PARAMETER, depends_on=("Old",)),
        deployed("Kept", deletion_policy="Retain"),
    ]
    found = make(evaluation, {"New": bucket()}, present)
    assert actions(found) == {
        "New": Action.CREATE,
        "User": Action.DELETE,
        "Old": Action.DELETE,
        "Kept": Action.RETAIN,
    }
    order = [step.logical_id for step in found.steps]
    assert order[0] == "New"
    assert order.index("User") < order.index("Old")


def test_a_condition_that_no_longer_holds_removes(evaluation):
    """A resource whose condition is false is not part of the stack."""
    found = evaluation(
        {
            "Conditions": {"No": {"Fn::Equals": [1, 2]}},
            "Resources": {"A": bucket(), "B": {**bucket(), "Condition": "No"}},
        }
    )
    assert actions(plan.make(found, {"B": deployed("B")}, tags={})) == {"A": Action.CREATE, "B": Action.DELETE}


def test_metadata_alone_is_a_change_without_action(evaluation):
    """Changed metadata is told in the change set, and touches no resource."""
    found = make(evaluation, {"A": {**bucket(), "Metadata": {"a": 1}}}, [deployed("A")])
    assert actions(found) == {"A": Action.UNCHANGED}
    assert found.has_changes
    assert told(found)[0]["ResourceChange"]["Scope"] == ["Metadata"]


def test_stack_tags_are_properties_of_what_takes_tags(evaluation):
    """The stack's tags join a resource's own, which win, in the shape that the type's schema has."""
    resources = {"A": bucket(Tags=[{"Key": "team", "Value": "own"}]), "P": parameter("x")}
    found = make(evaluation, resources, tags={"team": "stack", "cost": "1"})
    properties = {step.logical_id: step.properties for step in found.steps}
    assert properties["A"]["Tags"] == [{"Key": "team", "Value": "own"}, {"Key": "cost", "Value": "1"}]
    assert properties["P"]["Tags"] == {"team": "stack", "cost": "1"}


def test_another_type_under_the_same_name_is_refused(evaluation):
    """A resource cannot become one of another type."""
    with pytest.raises(AwsError, match=r"Update of resource type is not permitted.*\[A\]"):
        make(evaluation, {"A": parameter("x")}, [deployed("A")])


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"Colour": "red"}, r"extraneous key \[Colour\] is not permitted"),
        ({"Tags": "a"}, "#/Tags: expected type: Array, found: String"),
        ({"VersioningConfiguration": {}}, r"required key \[Status\] not found"),
        ({"VersioningConfiguration": {"Status": "On"}}, "On is not a valid enum value"),
    ],
)
def test_properties_are_held_against_the_schema(evaluation, properties, message):
    """Wrong properties are planned like others, and fail their resource with its name, place and reason."""
    found = evaluation({"Resources": {"A": bucket(**properties)}})
    assert actions(plan.make(found, {}, tags={"team": "x"})) == {"A": Action.CREATE}
    with pytest.raises(AwsError, match=f"(?s)Properties validation failed for resource A.*{message}"):
        plan.check_properties(found.template.resources["A"], properties)


def test_a_secure_string_is_for_no_property(evaluation):
    """Its value would lie in plain text in what is made."""
    with pytest.raises(AwsError, match=r"SSM Secure reference is not supported in: \[AWS::SSM::Parameter/Properties/V"):
        make(evaluation, {"P": parameter("{{resolve:ssm-secure:secret}}")})


def test_a_change_set_names_the_causes(evaluation):
    """A parameter's new value, a resource that becomes another one, an unknown attribute, the template."""
    resources = {
        "Named": bucket(BucketName={"Ref": "Name"}),
        "ByRef": parameter({"Ref": "Named"}),
        "ByAttribute": parameter({"Fn::Sub": "${Named.Arn}!"}),
        "Plain": parameter("two"),
    }
    found = evaluation({"Resources": resources, "Parameters": {"Name": {"Type": "String"}}}, Name="new")
    string = {"Type": "String", "Value": "one"}
    present = [deployed("Named", properties={"BucketName": "old"})]
    present += [deployed(name, PARAMETER, properties=string) for name in ("ByRef", "ByAttribute", "Plain")]
    decided = plan.make(found, {each.logical_id: each for each in present}, tags={})
    details = {
        each["ResourceChange"]["LogicalResourceId"]: [
            (detail["ChangeSource"], detail.get("CausingEntity"), detail["Evaluation"])
            for detail in each["ResourceChange"]["Details"]
        ]
        for each in changes(decided, found.template, frozenset({"Name"}))
    }
    assert details == {
        "Named": [("ParameterReference", "Name", "Static"), ("DirectModification", None, "Dynamic")],
        "ByRef": [("ResourceReference", "Named", "Dynamic")],
        "ByAttribute": [("ResourceAttribute", "Named.Arn", "Dynamic")],
        "Plain": [("DirectModification", None, "Static")],
    }


def test_deletion_policies_may_be_functions(evaluation):
    """With a condition; what the function gives must be a policy."""
    chosen = {"Fn::If": ["Keep", "Retain", {"Ref": "AWS::NoValue"}]}
    template = {
        "Parameters": {"Stage": {"Type": "String"}},
        "Conditions": {"Keep": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}},
        "Resources": {"A": {**bucket(), "DeletionPolicy": chosen, "UpdateReplacePolicy": chosen}},
    }
    assert evaluation(template, Stage="prod").policies("A") == ("Retain", "Retain")
    assert evaluation(template, Stage="test").policies("A") == ("Delete", "Delete")
    template["Resources"]["A"]["DeletionPolicy"] = {"Ref": "Stage"}
    with pytest.raises(UnsupportedError, match=r"DeletionPolicy 'test' \(of A\)"):
        evaluation(template, Stage="test").policies("A")


def test_scalars_may_be_written_as_strings(evaluation):
    """CloudFormation takes "true" for a boolean and "5" for a number, and so does the engine."""
    found = make(
        evaluation,
        {
            "A": bucket(
                PublicAccessBlockConfiguration={"BlockPublicAcls": "true"},
                LifecycleConfiguration={"Rules": [{"Status": "Enabled", "ExpirationInDays": "5"}]},
            )
        },
    )
    assert actions(found) == {"A": Action.CREATE}


def test_a_plan_is_printable(evaluation):
    """A printed plan has a line for each step: action, name, type, and the properties that change."""
    found = make(evaluation, {"A": bucket(BucketName="two")}, [deployed("A", properties={"BucketName": "one"})])
    assert str(found) == "replace          A AWS::S3::Bucket (BucketName)"


def test_values_in_changes_are_text(evaluation):
    """A change set tells values before and after as text or JSON."""
    found = make(evaluation, {"A": bucket(VersioningConfiguration={"Status": "Enabled"})}, [deployed("A")])
    detail = told(found)[0]["ResourceChange"]["Details"][0]
    assert json.loads(detail["Target"]["AfterValue"]) == {"Status": "Enabled"}
    assert detail["Target"]["AttributeChangeType"] == "Add"


def test_only_a_whole_name_stands_in_the_way_of_a_replacement() -> None:
    """A permission is identified by its function and an id of its own, so another one of that function can be made."""
    same = {"FunctionName": "f", "Qualifier": "live"}
    for type_name, wanted, before, name in (
        ("AWS::Lambda::Permission", {"FunctionName": "f"}, {"FunctionName": "f"}, None),
        ("AWS::Lambda::EventInvokeConfig", same, {**same, "Qualifier": "1"}, None),
        ("AWS::Lambda::EventInvokeConfig", same, same, "f, live"),
        (BUCKET, {"BucketName": "b"}, {"BucketName": "b"}, "b"),
    ):
        found = plan.custom_named(
            deployed("A", type_name, properties=wanted), deployed("A", type_name, properties=before)
        )
        assert found == name


def test_a_custom_resource_is_known_again_after_its_update(evaluation) -> None:
    """Any attribute may be asked for; while it changes even its id is unknown, for the function may answer another."""
    before = {"ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:f", "Word": "one"}
    asks = parameter({"Fn::Sub": "${Page} ${Page.Anything}"})
    present = [
        deployed("Page", "Custom::Page", properties=before, attributes={"Anything": "x"}),
        deployed("Name", PARAMETER, properties={"Type": "String", "Value": "old-Page x"}, depends_on=("Page",)),
    ]
    same = make(evaluation, {"Page": {"Type": "Custom::Page", "Properties": before}, "Name": asks}, present)
    assert not same.has_changes
    changed = {"Type": "Custom::Page", "Properties": {**before, "Word": "two"}}
    found = make(evaluation, {"Page": changed, "Name": asks}, present)
    assert actions(found) == {"Page": Action.UPDATE, "Name": Action.UPDATE}
    assert found.steps[1].properties["Value"].source == "Page, Page.Anything"
