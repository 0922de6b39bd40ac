"""Stacks on a running local cloud, through boto3 as against AWS."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.roles import working_role
from tests.waiting import until

pytestmark = pytest.mark.local

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


class Stack:
    """One stack of a test's own."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.name = f"test-{uuid.uuid4().hex[:8]}"
        self.id = self.name

    def create(self, resources: dict[str, Any], **parameters: Any) -> str:
        call = {"StackName": self.name, "TemplateBody": template(resources, **parameters.pop("sections", {}))}
        self.id = self.client.create_stack(**call, **parameters)["StackId"]
        return self.end()

    def update(self, resources: dict[str, Any], **parameters: Any) -> str:
        body = template(resources, **parameters.pop("sections", {}))
        self.client.update_stack(StackName=self.name, TemplateBody=body, **parameters)
        return self.end()

    def delete(self) -> str:
        self.client.delete_stack(StackName=self.name)
        return self.end()

    def change_set(self, name: str, resources: dict[str, Any], **parameters: Any) -> dict[str, Any]:
        call = {"StackName": self.name, "ChangeSetName": name, "TemplateBody": template(resources), **parameters}
        made = self.client.create_change_set(**call)
        self.id = made["StackId"]
        found: dict[str, Any] = self.client.describe_change_set(ChangeSetName=made["Id"])
        return found

    def end(self) -> str:
        """The status in which the operation under way ends."""
        return until(
            lambda: str(self.describe()["StackStatus"]),
            lambda status: not status.endswith("_IN_PROGRESS"),
            what=f"the end of what goes on in stack {self.name}",
        )

    def describe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.describe_stacks(StackName=self.id)["Stacks"][0]
        return found

    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: each["OutputValue"] for each in self.describe().get("Outputs", [])}

    def resources(self) -> dict[str, str]:
        """Logical → physical id."""
        found = self.client.describe_stack_resources(StackName=self.id)["StackResources"]
        return {each["LogicalResourceId"]: each.get("PhysicalResourceId", "") for each in found}

    def events(self) -> list[tuple[str, str]]:
        """Logical id and status, oldest first."""
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=self.id)
        found = [each for page in pages for each in page["StackEvents"]]
        return [(each["LogicalResourceId"], each["ResourceStatus"]) for each in reversed(found)]

    def reason(self, logical_id: str, status: str) -> str:
        """Why a resource came into this status."""
        events = self.client.describe_stack_events(StackName=self.id)["StackEvents"]
        reason: str = next(
            each["ResourceStatusReason"]
            for each in events
            if each["LogicalResourceId"] == logical_id and each["ResourceStatus"] == status
        )
        return reason


def template(resources: dict[str, Any], **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})


def topic(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def parameter(value: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value, **properties}}


def bucket(name: str | None = None, **attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name} if name else {}, **attributes}


#: A bucket whose name is too short for S3 alone: its schema lets it pass, its creation fails.
IMPOSSIBLE = bucket("x1")


@pytest.fixture
def stack(local_cloud):
    return Stack(local_cloud.client("cloudformation"))


@pytest.fixture
def other(local_cloud):
    return Stack(local_cloud.client("cloudformation"))


@pytest.fixture
def ssm(local_cloud):
    return local_cloud.client("ssm")


@pytest.fixture
def s3(local_cloud):
    return local_cloud.client("s3")


def value_of(ssm: Any, name: str) -> str:
    value: str = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    return value


def bucket_exists(s3: Any, name: str) -> bool:
    return name in [each["Name"] for each in s3.list_buckets()["Buckets"]]


def test_a_stack_lives_and_dies(stack, ssm):
    """Create makes real resources with outputs, delete takes them away; the stack stays known by its id."""
    outputs = {"Outputs": {"Name": {"Value": {"Ref": "P"}}}}
    assert stack.create({"T": topic(), "P": parameter({"Ref": "T"})}, sections=outputs) == "CREATE_COMPLETE"
    name = stack.outputs()["Name"]
    assert value_of(ssm, name) == stack.resources()["T"]
    assert stack.delete() == "DELETE_COMPLETE"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        value_of(ssm, name)
    with pytest.raises(ClientError, match=f"Stack with id {stack.name} does not exist"):
        stack.client.describe_stacks(StackName=stack.name)


def test_events_tell_the_physical_id_second(stack):
    """A resource is in progress without, then with its physical id, then complete."""
    stack.create({"B": bucket()})
    found = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"][::-1]
    told = [(each["ResourceStatus"], bool(each.get("PhysicalResourceId"))) for each in found[1:-1]]
    assert told == [("CREATE_IN_PROGRESS", False), ("CREATE_IN_PROGRESS", True), ("CREATE_COMPLETE", True)]


def test_a_failed_create_is_rolled_back(stack, s3):
    """What had been made is deleted again, and the reason names what failed."""
    assert stack.create({"Good": bucket(), "Bad": {**IMPOSSIBLE, "DependsOn": "Good"}}) == "ROLLBACK_COMPLETE"
    assert ("Good", "DELETE_COMPLETE") in stack.events()
    assert not bucket_exists(s3, stack.resources()["Good"])
    assert "HandlerErrorCode: InvalidRequest" in stack.reason("Bad", "CREATE_FAILED")
    assert "failed to create: [Bad]" in stack.reason(stack.name, "ROLLBACK_IN_PROGRESS")
    with pytest.raises(ClientError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        stack.update({"Good": bucket()})


@pytest.mark.parametrize(("on_failure", "status"), [("DELETE", "DELETE_COMPLETE"), ("DO_NOTHING", "CREATE_FAILED")])
def test_on_failure(stack, s3, on_failure, status):
    """OnFailure deletes the stack, or leaves what was made."""
    resources = {"Good": bucket(f"{stack.name}-good"), "Bad": {**IMPOSSIBLE, "DependsOn": "Good"}}
    assert stack.create(resources, OnFailure=on_failure) == status
    assert bucket_exists(s3, f"{stack.name}-good") is (on_failure == "DO_NOTHING")


def test_a_failed_update_goes_back(stack, ssm, s3):
    """Changed resources have their old values, replaced ones are the old ones, new ones are gone."""
    name = f"/{stack.name}"
    stack.create({"P": parameter("one", Name=name), "B": bucket(f"{stack.name}-1")})
    before = stack.resources()
    changed = {
        "P": parameter("two", Name=name),
        "B": bucket(f"{stack.name}-2"),
        "New": bucket(f"{stack.name}-new"),
        "Bad": {**IMPOSSIBLE, "DependsOn": ["P", "B", "New"]},
    }
    assert stack.update(changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.resources() == before
    assert value_of(ssm, name) == "one"
    assert bucket_exists(s3, f"{stack.name}-1")
    assert not bucket_exists(s3, f"{stack.name}-2")
    assert not bucket_exists(s3, f"{stack.name}-new")
    assert "Bad" not in stack.client.get_template(StackName=stack.name)["TemplateBody"]["Resources"]
    assert stack.update({"P": parameter("three", Name=name), "B": bucket(f"{stack.name}-1")}) == "UPDATE_COMPLETE"


def test_a_failed_update_can_be_left_and_rolled_back_later(stack, ssm):
    """DisableRollback leaves UPDATE_FAILED; RollbackStack takes it back."""
    name = f"/{stack.name}"
    stack.create({"P": parameter("one", Name=name)})
    changed = {"P": parameter("two", Name=name), "Bad": {**IMPOSSIBLE, "DependsOn": "P"}}
    assert stack.update(changed, DisableRollback=True) == "UPDATE_FAILED"
    assert value_of(ssm, name) == "two"
    stack.client.rollback_stack(StackName=stack.name)
    assert stack.end() == "UPDATE_ROLLBACK_COMPLETE"
    assert value_of(ssm, name) == "one"


def test_a_replacement_is_cleaned_up_after_the_update(stack, s3):
    """The new one is made first, what refers to it follows, and the old one is deleted last."""
    stack.create({"B": bucket(f"{stack.name}-1"), "P": parameter({"Ref": "B"})})
    assert stack.update({"B": bucket(f"{stack.name}-2"), "P": parameter({"Ref": "B"})}) == "UPDATE_COMPLETE"
    assert bucket_exists(s3, f"{stack.name}-2")
    assert not bucket_exists(s3, f"{stack.name}-1")
    events = stack.events()
    clean_up = events.index((stack.name, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert events.index(("P", "UPDATE_COMPLETE")) < clean_up < events.index(("B", "DELETE_COMPLETE"))


def test_what_policies_retain_stays(stack, s3):
    """Retained resources outlive their removal, replacement and stack, and are named as skipped."""
    keep = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    stack.create({"A": bucket(f"{stack.name}-a", **keep), "B": bucket(f"{stack.name}-b", **keep), "T": topic()})
    stack.update({"A": bucket(f"{stack.name}-a2", **keep), "T": topic()})
    assert stack.delete() == "DELETE_COMPLETE"
    assert all(bucket_exists(s3, f"{stack.name}-{name}") for name in ("a", "b", "a2"))
    assert stack.events().count(("A", "DELETE_SKIPPED")) == 2
    assert ("B", "DELETE_SKIPPED") in stack.events()


@pytest.mark.parametrize("retain_except_on_create", [False, True])
def test_what_a_failed_operation_made_and_should_be_retained(stack, s3, retain_except_on_create):
    """A new bucket with the policy Retain outlives the roll back, unless RetainExceptOnCreate is asked for."""
    name = f"{stack.name}-a"
    resources = {"A": bucket(name, DeletionPolicy="Retain"), "Bad": {**IMPOSSIBLE, "DependsOn": "A"}}
    assert stack.create(resources, RetainExceptOnCreate=retain_except_on_create) == "ROLLBACK_COMPLETE"
    assert bucket_exists(s3, name) is not retain_except_on_create


def test_a_failed_delete_says_why(stack, s3):
    """A bucket that is not empty cannot be deleted; the rest is, and the next try may retain it."""
    stack.create({"B": bucket(), "T": topic()})
    name = stack.resources()["B"]
    s3.put_object(Bucket=name, Key="x", Body=b"x")
    assert stack.delete() == "DELETE_FAILED"
    assert "not empty" in stack.reason("B", "DELETE_FAILED")
    assert "failed to delete: [B]" in stack.describe()["StackStatusReason"]
    stack.client.delete_stack(StackName=stack.name, RetainResources=["B"])
    assert stack.end() == "DELETE_COMPLETE"
    assert bucket_exists(s3, name)


def test_no_change_is_no_update(stack):
    """UpdateStack refuses, and a change set fails with the words that cdk looks for."""
    stack.create({"T": topic()})
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.update({"T": topic()})
    found = stack.change_set("same", {"T": topic()})
    assert found["Status"] == "FAILED"
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")


def test_change_sets(stack):
    """One creates a stack, another tells what it would do, does it, and makes the others obsolete."""
    first = stack.change_set("first", {"T": topic()}, ChangeSetType="CREATE")
    assert stack.describe()["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert first["Changes"][0]["ResourceChange"]["Action"] == "Add"
    stack.client.execute_change_set(ChangeSetName="first", StackName=stack.name)
    assert stack.end() == "CREATE_COMPLETE"

    stack.change_set("other", {"T": topic(DisplayName="b")})
    second = stack.change_set("second", {"T": topic(DisplayName="a"), "U": topic()})
    told = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"] for each in second["Changes"]}
    assert told["T"]["Action"] == "Modify"
    assert told["T"]["Replacement"] == "False"
    assert [each["Target"]["Name"] for each in told["T"]["Details"]] == ["DisplayName"]
    assert told["U"]["Action"] == "Add"
    stack.client.execute_change_set(ChangeSetName=second["ChangeSetId"])
    assert stack.end() == "UPDATE_COMPLETE"
    assert stack.client.list_change_sets(StackName=stack.name)["Summaries"] == []
    with pytest.raises(ClientError, match="cannot be executed in its current status"):
        stack.client.execute_change_set(ChangeSetName=second["ChangeSetId"])


def test_a_change_set_of_a_template_too_large_for_a_call_is_executed(stack, s3):
    """The template was read from S3 when the change set was made: its size is no fault of the execution."""
    s3.create_bucket(Bucket=stack.name)
    s3.put_object(Bucket=stack.name, Key="t", Body=template({"P": parameter("p")}, Metadata={"Padding": "x" * 60_000}))
    named = {"StackName": stack.name, "ChangeSetName": "c"}
    url = f"https://{stack.name}.s3.us-east-1.amazonaws.com/t"
    stack.client.create_change_set(**named, TemplateURL=url, ChangeSetType="CREATE")
    stack.client.execute_change_set(**named)
    assert stack.end() == "CREATE_COMPLETE"


def test_change_sets_of_one_name_on_two_stacks(stack, other):
    """Two stacks may each have a change set of the same name."""
    for each in (stack, other):
        each.change_set("deploy", {"T": topic(DisplayName=each.name)}, ChangeSetType="CREATE")
        each.client.execute_change_set(ChangeSetName="deploy", StackName=each.name)
        assert each.end() == "CREATE_COMPLETE"


def test_an_export_in_use_cannot_go(stack, other, ssm):
    """An export stays while another stack imports it, and its stack stays as it was; after that it can go."""
    export = f"{stack.name}-export"
    exporting = {"Outputs": {"O": {"Value": "shared", "Export": {"Name": export}}}}
    stack.create({"T": topic()}, sections=exporting)
    other.create({"P": parameter({"Fn::ImportValue": export}, Name=f"/{other.name}")})
    assert value_of(ssm, f"/{other.name}") == "shared"
    assert stack.client.list_imports(ExportName=export)["Imports"] == [other.name]
    assert stack.update({"T": topic()}) == "UPDATE_ROLLBACK_COMPLETE"
    assert f"as it is in use by {other.name}" in stack.reason(stack.name, "UPDATE_ROLLBACK_IN_PROGRESS")
    assert stack.delete() == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Cannot delete export {export} as it is in use by {other.name}" in stack.describe()["StackStatusReason"]
    other.delete()
    assert stack.delete() == "DELETE_COMPLETE"


def test_what_is_not_supported_is_refused_by_name(stack):
    """An unsupported type is named before anything is made, and no stack is left."""
    with pytest.raises(ClientError, match=r"AWS::EC2::Instance \(Server\) is not supported by the local cloud"):
        stack.create({"T": topic(), "Server": {"Type": "AWS::EC2::Instance"}})
    with pytest.raises(ClientError, match="does not exist"):
        stack.describe()
    with pytest.raises(ClientError, match="TimeoutInMinutes of a stack operation is not supported"):
        stack.create({"T": topic()}, TimeoutInMinutes=5)


def test_secrets_reach_the_resource_and_nothing_else(stack, ssm, local_cloud):
    """A dynamic reference's value is deployed; the stack's state, events and template have the reference."""
    secret = f"value-{uuid.uuid4().hex}"
    reference = f"{{{{resolve:secretsmanager:{stack.name}:SecretString:token}}}}"
    local_cloud.client("secretsmanager").create_secret(Name=stack.name, SecretString=json.dumps({"token": secret}))
    stack.create({"P": parameter(f"Bearer {reference}", Name=f"/{stack.name}")})
    assert value_of(ssm, f"/{stack.name}") == f"Bearer {secret}"
    events = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    properties = [json.loads(each.get("ResourceProperties", "{}")).get("Value") for each in events]
    assert f"Bearer {reference}" in properties
    files = list((local_cloud.home / "state").glob("documents.sqlite*"))
    assert files
    for file in files:
        assert secret.encode() not in file.read_bytes()


def test_no_echo_parameters_are_masked(stack):
    """A NoEcho parameter is deployed and shown as asterisks; the previous value can be used again."""
    sections = {"Parameters": {"Key": {"Type": "String", "NoEcho": True}, "Name": {"Type": "String"}}}
    resources = {"T": topic(DisplayName={"Ref": "Name"}, Tags=[{"Key": "k", "Value": {"Ref": "Key"}}])}
    given = [{"ParameterKey": "Key", "ParameterValue": "hush"}, {"ParameterKey": "Name", "ParameterValue": "a"}]
    stack.create(resources, sections=sections, Parameters=given)
    assert {"ParameterKey": "Key", "ParameterValue": "****"} in stack.describe()["Parameters"]
    again = [{"ParameterKey": "Key", "UsePreviousValue": True}, {"ParameterKey": "Name", "ParameterValue": "b"}]
    assert stack.update(resources, sections=sections, Parameters=again) == "UPDATE_COMPLETE"


def test_a_role_is_assumed_and_remembered(stack, local_cloud):
    """With RoleARN the engine acts as that role, later operations too; a role that is not there is refused."""
    role_arn = working_role(local_cloud, stack.name, "cloudformation")
    stack.create({"T": topic()}, RoleARN=role_arn)
    assert stack.update({"T": topic(DisplayName="x")}) == "UPDATE_COMPLETE"
    assert stack.describe()["RoleARN"] == role_arn
    local_cloud.client("iam").delete_role_policy(RoleName=stack.name, PolicyName="everything")
    local_cloud.client("iam").delete_role(RoleName=stack.name)
    with pytest.raises(ClientError, match=f"role/{stack.name} is invalid or cannot be assumed"):
        stack.delete()


def test_termination_protection(stack):
    """A protected stack is not deleted until the protection is taken off."""
    stack.create({"T": topic()}, EnableTerminationProtection=True)
    with pytest.raises(ClientError, match="cannot be deleted while TerminationProtection is enabled"):
        stack.delete()
    stack.client.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)
    assert stack.delete() == "DELETE_COMPLETE"


def test_iam_needs_an_acknowledgement(stack):
    """A template with a role is refused without the capability, by its name."""
    role = {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}}}
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_IAM\]"):
        stack.create(role)
    assert stack.create(role, Capabilities=["CAPABILITY_IAM"]) == "CREATE_COMPLETE"


def test_templates_from_s3_alone(stack, s3):
    """A template's address is an S3 object's, in AWS's form too; any other is refused unread."""
    s3.create_bucket(Bucket=stack.name)
    s3.put_object(Bucket=stack.name, Key="a.json", Body=template({"T": topic()}))
    url = f"https://{stack.name}.s3.us-east-1.amazonaws.com/a.json"
    stack.client.create_stack(StackName=stack.name, TemplateURL=url)
    assert stack.end() == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="TemplateURL must be a supported URL"):
        stack.client.validate_template(TemplateURL="http://169.254.169.254/latest/meta-data")


def test_a_stack_policy_from_s3_protects(stack, ssm, s3):
    """A policy's address is an S3 object's, and a policy for one update lets that one through."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "NotResource": "LogicalResourceId/P"}
    policies = {"shut": statement, "open": {**statement, "NotResource": "LogicalResourceId/Nothing"}}
    s3.create_bucket(Bucket=stack.name)
    for name, each in policies.items():
        s3.put_object(Bucket=stack.name, Key=name, Body=json.dumps({"Statement": [each]}))
    url = f"https://{stack.name}.s3.us-east-1.amazonaws.com"
    assert stack.create({"P": parameter("one", Name=stack.name)}, StackPolicyURL=f"{url}/shut") == "CREATE_COMPLETE"

    assert stack.update({"P": parameter("two", Name=stack.name)}) == "UPDATE_ROLLBACK_COMPLETE"
    assert value_of(ssm, stack.name) == "one"
    changed = stack.update({"P": parameter("two", Name=stack.name)}, StackPolicyDuringUpdateURL=f"{url}/open")
    assert (changed, value_of(ssm, stack.name)) == ("UPDATE_COMPLETE", "two")
    with pytest.raises(ClientError, match="StackPolicyURL must be a supported URL"):
        stack.client.set_stack_policy(StackName=stack.name, StackPolicyURL="http://169.254.169.254/latest/meta-data")


def test_many_resources_are_deployed(stack):
    """Sixty resources are deployed, and listed page by page."""
    resources = {f"T{index}": topic(DisplayName=str(index)) for index in range(60)}
    assert stack.create(resources) == "CREATE_COMPLETE"
    assert len(stack.events()) == 60 * 3 + 2
    assert len(stack.resources()) == 60


def test_yaml_with_conditions(stack):
    """YAML with short intrinsics, a condition, and an update that turns it."""
    body = """
      Parameters: {Big: {Type: String, Default: 'no', AllowedValues: ['yes', 'no']}}
      Conditions: {IsBig: !Equals [!Ref Big, 'yes']}
      Resources:
        T: {Type: AWS::SNS::Topic}
        U: {Type: AWS::SNS::Topic, Condition: IsBig}
      Outputs:
        Size: {Value: !If [IsBig, large, !Sub 'small in ${AWS::Region}']}
    """
    stack.client.create_stack(StackName=stack.name, TemplateBody=body)
    assert stack.end() == "CREATE_COMPLETE"
    assert stack.outputs() == {"Size": "small in us-east-1"}
    stack.client.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Big", "ParameterValue": "yes"}],
    )
    assert stack.end() == "UPDATE_COMPLETE"
    assert stack.outputs() == {"Size": "large"}
    assert sorted(stack.resources()) == ["T", "U"]


def test_a_resource_is_found_by_its_stacks_tags(local_cloud, stack, s3):
    """CloudFormation tags what it makes, for which a role needs no permission; nobody else writes or removes that."""
    iam, name = local_cloud.client("iam"), f"makes-buckets-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["s3:CreateBucket", "s3:DeleteBucket"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=name, PolicyName="buckets", PolicyDocument=policy)
    assert stack.create({"B": bucket()}, RoleARN=role) == "CREATE_COMPLETE"
    made = stack.resources()["B"]
    own = {"stack-name": stack.name, "stack-id": stack.id, "logical-id": "B"}
    tags = {f"aws:cloudformation:{key}": text for key, text in own.items()}
    assert tags_of(s3, made) == tags
    s3.put_bucket_tagging(Bucket=made, Tagging={"TagSet": [{"Key": "team", "Value": "a"}]})
    assert tags_of(s3, made) == tags | {"team": "a"}
    s3.delete_bucket_tagging(Bucket=made)
    assert tags_of(s3, made) == tags
    with pytest.raises(ClientError, match="System tags cannot be added/updated by requester"):
        s3.put_bucket_tagging(Bucket=made, Tagging={"TagSet": [{"Key": "aws:cloudformation:logical-id", "Value": "C"}]})
    tagged = local_cloud.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "aws:cloudformation:stack-name", "Values": [stack.name]}]
    )
    assert [each["ResourceARN"] for each in tagged["ResourceTagMappingList"]] == [f"arn:aws:s3:::{made}"]
    assert stack.delete() == "DELETE_COMPLETE"


def tags_of(s3: Any, name: str) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]}


def log_group(name: str, **attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}, **attributes}


@pytest.fixture
def there(local_cloud):
    """The name of a log group that no stack has made."""
    name = f"/there/{uuid.uuid4().hex[:8]}"
    local_cloud.client("logs").create_log_group(logGroupName=name)
    return name


def test_what_is_there_becomes_the_stacks_where_it_is_asked_for(local_cloud, stack, there):
    """A change set says which resource it takes over; the stack gets it as it is, and leaves it behind."""
    group = {"L": log_group(there, DeletionPolicy="Retain"), "P": parameter({"Ref": "L"})}
    found = stack.change_set("c", group, ChangeSetType="CREATE", ImportExistingResources=True)
    changes = {each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"] for each in found["Changes"]}
    assert (changes["L"]["Action"], changes["L"]["PhysicalResourceId"]) == ("Import", there)
    assert changes["P"]["Action"] == "Add"
    assert found["ImportExistingResources"] is True
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="c")
    assert stack.end() == "CREATE_COMPLETE"
    assert stack.resources()["L"] == there
    assert [status for name, status in stack.events() if name == "L"] == [
        "IMPORT_IN_PROGRESS",
        "IMPORT_COMPLETE",
        "UPDATE_COMPLETE",
    ]
    account = local_cloud.client("sts").get_caller_identity()["Account"]
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:{there}"
    tags = local_cloud.client("logs").list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags["aws:cloudformation:stack-name"] == stack.name
    assert stack.delete() == "DELETE_COMPLETE"
    assert local_cloud.client("logs").describe_log_groups(logGroupNamePrefix=there)["logGroups"]


@pytest.mark.parametrize("attributes", [{}, {"DeletionPolicy": "Delete"}], ids=["no policy", "deleted"])
def test_what_a_stack_would_delete_is_not_taken_over(stack, there, attributes):
    """Without a policy that retains it, it is still to be created, which fails."""
    group = {"L": log_group(there, **attributes)}
    found = stack.change_set("c", group, ChangeSetType="CREATE", ImportExistingResources=True)
    assert [each["ResourceChange"]["Action"] for each in found["Changes"]] == ["Add"]
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="c")
    assert stack.end() == "ROLLBACK_COMPLETE"
    assert "exists" in stack.reason("L", "CREATE_FAILED")


def test_what_another_stack_has_is_not_taken_over(local_cloud, stack, other):
    """It is still to be created, as is what is not there, and what nobody asks to import."""
    name = f"/owned/{uuid.uuid4().hex[:8]}"
    group = {"L": log_group(name, DeletionPolicy="RetainExceptOnCreate")}
    assert other.create(group) == "CREATE_COMPLETE"
    for asked in (True, False):
        found = stack.change_set(f"c{asked:d}", group, ChangeSetType="CREATE", ImportExistingResources=asked)
        assert [each["ResourceChange"]["Action"] for each in found["Changes"]] == ["Add"]
    local_cloud.client("logs").delete_log_group(logGroupName=name)
    found = stack.change_set("gone", group, ChangeSetType="CREATE", ImportExistingResources=True)
    assert [each["ResourceChange"]["Action"] for each in found["Changes"]] == ["Add"]


def test_a_failed_stack_leaves_what_it_took_over(local_cloud, stack, there):
    """It was never made by the operation that is rolled back."""
    group = {"L": log_group(there, DeletionPolicy="RetainExceptOnCreate"), "B": {**IMPOSSIBLE, "DependsOn": "L"}}
    stack.change_set("c", group, ChangeSetType="CREATE", ImportExistingResources=True)
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="c")
    assert stack.end() == "ROLLBACK_COMPLETE"
    assert local_cloud.client("logs").describe_log_groups(logGroupNamePrefix=there)["logGroups"]


def test_loops_are_written_out_by_what_the_parameters_are(stack: Stack) -> None:
    """Another list is another set of resources. A change set shows them; without one, whoever deploys acknowledges."""
    one = parameter({"Fn::ToJsonString": {"name": "${Name}", "of": {"Fn::Length": {"Ref": "Names"}}}})
    loop = {"Fn::ForEach::All": ["Name", {"Ref": "Names"}, {"P${Name}": one}]}
    names = {"Names": {"Type": "CommaDelimitedList", "Default": "A,B"}}
    outputs = {"Fn::ForEach::Told": ["Name", ["A"], {"O${Name}": {"Value": {"Fn::GetAtt": ["P${Name}", "Value"]}}}]}
    sections = {"Transform": "AWS::LanguageExtensions", "Parameters": names, "Outputs": outputs}
    with pytest.raises(ClientError, match="Requires capabilities : \\[CAPABILITY_AUTO_EXPAND\\]"):
        stack.create(loop, sections=sections)
    assert stack.create(loop, sections=sections, Capabilities=["CAPABILITY_AUTO_EXPAND"]) == "CREATE_COMPLETE"
    assert stack.outputs() == {"OA": '{"name":"A","of":2}'}
    assert sorted(stack.resources()) == ["PA", "PB"]
    written = stack.client.get_template(StackName=stack.name)["TemplateBody"]
    assert (sorted(written["Resources"]), "Transform" in written) == (["PA", "PB"], False)
    original = stack.client.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    assert list(original["Resources"]) == ["Fn::ForEach::All"]
    assert stack.client.get_template_summary(StackName=stack.name)["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
    stack.client.create_change_set(
        StackName=stack.name,
        ChangeSetName="other",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Names", "ParameterValue": "A,C,D"}],
    )
    found = stack.client.describe_change_set(StackName=stack.name, ChangeSetName="other")
    changes = {
        each["ResourceChange"]["LogicalResourceId"]: each["ResourceChange"]["Action"] for each in found["Changes"]
    }
    assert changes == {"PA": "Modify", "PB": "Remove", "PC": "Add", "PD": "Add"}
    stack.client.execute_change_set(StackName=stack.name, ChangeSetName="other")
    assert stack.end() == "UPDATE_COMPLETE"
    assert (sorted(stack.resources()), stack.outputs()) == (["PA", "PC", "PD"], {"OA": '{"name":"A","of":3}'})
    assert stack.delete() == "DELETE_COMPLETE"
