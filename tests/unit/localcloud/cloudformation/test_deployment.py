"""Stack operations that go wrong as no healthy cloud shows: hanging, cancelled, failing on the way back."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace

import pytest

from localcloud.cloudformation import act, template
from localcloud.cloudformation.api import CloudFormation
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Caller
from localcloud.platform.store import Store
from localcloud.resources.resource import Created, Resource, ResourceError
from tests.waiting import until


class Topic(Resource):
    """A topic in a dictionary. Its display name says what will happen to it."""

    type_name = "AWS::SNS::Topic"

    def __init__(self):
        self.world = {}
        self.refuses = set()
        """Display names that cannot be set now."""
        self.parameters = None
        """Stands for Systems Manager."""
        self.tags = {}
        """The tags that each topic was made or changed with, by its name."""
        self.may_go = threading.Event()
        """Whether topics can be deleted now. A deletion waits for it."""
        self.may_go.set()
        self.told = []
        """Topics whose display name was to be set, in order."""

    def create(self, ctx, properties):
        name = ctx.new_name(60)
        if properties.get("DisplayName") == "is not noted":
            self.world[name] = "left behind"
            ctx.wait(lambda: None, timeout_seconds=3600)
        ctx.created(name)
        self.world[name] = None
        self._set(ctx, name, properties)
        return Created(physical_id=name)

    def update(self, ctx, physical_id, properties, previous):
        del previous
        self._set(ctx, physical_id, properties)
        return {}

    def delete(self, ctx, physical_id, properties):
        del ctx
        self.may_go.wait(60)
        if properties.get("DisplayName") == "clings":
            raise ResourceError("It clings.")
        self.world.pop(physical_id, None)

    def _set(self, ctx, name, properties):
        self.told.append(name)
        self.tags[name] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        wanted = properties.get("DisplayName")
        if wanted == "hangs":
            ctx.wait(lambda: None, timeout_seconds=3600)
        if wanted in self.refuses:
            raise ResourceError(f"It will not be {wanted}.")
        self.world[name] = wanted


class Cloud:
    """CloudFormation alone, over a store of its own."""

    def __init__(self, folder, topic):
        self.topic = topic
        clients = SimpleNamespace(forwarding=lambda *_, **__: topic.parameters)
        settings = SimpleNamespace(
            account_id="123456789012", region="us-east-1", endpoint_url="http://127.0.0.1:1", time_scale=100.0
        )
        self.api = CloudFormation(
            SimpleNamespace(
                store=Store(folder / "state.sqlite"),
                clients=clients,
                settings=settings,
                arn=lambda service, name: f"arn:aws:{service}:us-east-1:123456789012:{name}",
            )
        )
        self.caller = Caller(account_id="123456789012", access_key_id="A", arn="arn:aws:iam::123456789012:root")

    def call(self, operation, **params):
        call = Call(
            service="cloudformation", operation=operation, region="us-east-1", caller=self.caller, request_id="1"
        )
        return dict(self.api.handlers())[operation](call, {"StackName": "demo", **params})

    def topics(self, operation, resources, *, after=None, **params):
        """Create or update the stack with topics of these display names; ``after`` says which depends on which."""
        found = {
            name: {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": each}} for name, each in resources.items()
        }
        for name, before in (after or {}).items():
            found[name]["DependsOn"] = before
        self.call(operation, TemplateBody=json.dumps({"Resources": found}), **params)

    def physical_id(self, logical_id):
        found = self.call("DescribeStackResources")["StackResources"]
        return next(each["PhysicalResourceId"] for each in found if each["LogicalResourceId"] == logical_id)

    def status(self):
        return self.call("DescribeStacks")["Stacks"][0]["StackStatus"]

    def wait_for(self, status):
        until(self.status, lambda found: found == status, what=f"a stack in {status}", every_seconds=0.01)

    def events(self, logical_id):
        found = self.call("DescribeStackEvents")["StackEvents"][::-1]
        return [
            (each["ResourceStatus"], each.get("ResourceStatusReason"))
            for each in found
            if each["LogicalResourceId"] == logical_id
        ]


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    topic = Topic()
    for module in (act, template):
        monkeypatch.setattr(module, "provider", {topic.type_name: topic}.get)
    cloud = Cloud(tmp_path, topic)
    yield cloud
    cloud.api.stop()


def test_a_failure_cancels_what_hangs_beside_it(cloud):
    """A resource that waits is cancelled when another fails, named as cancelled, and rolled back."""
    cloud.topic.refuses = {"bad"}
    cloud.topics("CreateStack", {"A": "hangs", "B": "bad"})
    cloud.wait_for("ROLLBACK_COMPLETE")
    assert ("CREATE_FAILED", "Resource creation cancelled") in cloud.events("A")
    assert ("CREATE_FAILED", "It will not be bad.") in cloud.events("B")
    assert cloud.topic.world == {}


def test_what_was_in_progress_when_the_local_cloud_ended_has_failed(cloud, tmp_path):
    """A resource in progress has failed after a restart, and one that was not noted is told with what to do."""
    cloud.topics("CreateStack", {"A": "hangs", "B": "is not noted"})
    until(
        lambda: (len(cloud.topic.world), len(cloud.events("A"))),
        lambda counts: min(counts) == 2,
        what="two topics, of which A is noted",
        every_seconds=0.01,
    )
    cloud.api.cloud.store.freeze()  # as if it had been killed

    again = Cloud(tmp_path, cloud.topic)
    again.api.start()
    again.wait_for("ROLLBACK_COMPLETE")

    assert ("CREATE_FAILED", "Resource creation cancelled") in again.events("A")
    assert again.events("A")[-1][0] == "DELETE_COMPLETE"
    (status, reason) = again.events("B")[-1]
    assert status == "CREATE_FAILED"
    assert "it is left behind: look for it" in reason
    assert list(cloud.topic.world.values()) == ["left behind"]
    again.api.stop()


def test_an_update_can_be_cancelled(cloud):
    """CancelUpdateStack ends the waiting and goes back."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topics("UpdateStack", {"A": "hangs"})
    cloud.wait_for("UPDATE_IN_PROGRESS")
    cloud.call("CancelUpdateStack")
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert list(cloud.topic.world.values()) == ["one"]
    with pytest.raises(AwsError, match="cannot be called from current stack status UPDATE_ROLLBACK_COMPLETE"):
        cloud.call("CancelUpdateStack")


def test_one_operation_at_a_time(cloud):
    """A stack that is in progress takes no other operation."""
    cloud.topics("CreateStack", {"A": "hangs"})
    with pytest.raises(AwsError, match="is in CREATE_IN_PROGRESS state and can not be updated"):
        cloud.topics("UpdateStack", {"A": "one"})


def test_a_stack_that_is_being_made_can_be_deleted(cloud):
    """The creation ends: what waits is cancelled, what has not begun never begins, and what was made is deleted."""
    cloud.topics("CreateStack", {"A": "one", "B": "hangs", "C": "three"}, after={"B": "A", "C": "B"})
    until(lambda: len(cloud.topic.world), lambda made: made == 2, what="topics A and B", every_seconds=0.01)
    stack_id = cloud.call("DescribeStacks")["Stacks"][0]["StackId"]
    cloud.call("DeleteStack")
    assert cloud.api.stacks.get(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert cloud.topic.world == {}
    events = cloud.call("DescribeStackEvents", StackName=stack_id)["StackEvents"][::-1]
    told = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in events]
    assert told[told.index(("demo", "DELETE_IN_PROGRESS")) :] == [
        ("demo", "DELETE_IN_PROGRESS"),
        ("B", "CREATE_FAILED"),
        ("B", "DELETE_IN_PROGRESS"),
        ("B", "DELETE_COMPLETE"),
        ("A", "DELETE_IN_PROGRESS"),
        ("A", "DELETE_COMPLETE"),
        ("demo", "DELETE_COMPLETE"),
    ]
    assert "Resource creation cancelled" in [each.get("ResourceStatusReason") for each in events]


def test_a_stack_that_is_being_rolled_back_can_be_deleted(cloud):
    """The deletion waits for the rollback, which goes on, and takes what is left."""
    cloud.topic.refuses, cloud.topic.may_go = {"bad"}, threading.Event()
    cloud.topics("CreateStack", {"A": "one", "B": "bad"}, after={"B": "A"})
    until(lambda: "DELETE_IN_PROGRESS" in str(cloud.events("B")), what="the rollback of B", every_seconds=0.01)
    stack_id = cloud.call("DescribeStacks")["Stacks"][0]["StackId"]
    deleting = threading.Thread(target=cloud.call, args=("DeleteStack",))
    deleting.start()
    cloud.wait_for("DELETE_IN_PROGRESS")
    cloud.topic.may_go.set()
    deleting.join()
    until(
        lambda: cloud.api.stacks.get(stack_id)["StackStatus"],
        lambda status: status == "DELETE_COMPLETE",
        what="a deleted stack",
        every_seconds=0.01,
    )
    told = [each["ResourceStatus"] for each in cloud.call("DescribeStackEvents", StackName=stack_id)["StackEvents"]]
    assert (told[0], "ROLLBACK_IN_PROGRESS" in told, "ROLLBACK_COMPLETE" in told) == ("DELETE_COMPLETE", True, False)
    assert cloud.topic.world == {}


def test_a_stack_that_is_being_updated_cannot_be_deleted(cloud):
    """The refusal says so in AWS's words, and the update goes on."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topics("UpdateStack", {"A": "hangs"})
    with pytest.raises(AwsError, match=r"Stack \[arn:.*\] cannot be deleted while in status UPDATE_IN_PROGRESS"):
        cloud.call("DeleteStack")
    assert cloud.status() == "UPDATE_IN_PROGRESS"


def test_a_roll_back_that_fails_can_be_continued(cloud):
    """UPDATE_ROLLBACK_FAILED says what would not go back; once it can, ContinueUpdateRollback ends it."""
    cloud.topics("CreateStack", {"A": "one", "B": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topic.refuses = {"one", "bad"}
    cloud.topics("UpdateStack", {"A": "two", "B": "bad"})
    cloud.wait_for("UPDATE_ROLLBACK_FAILED")
    cloud.topic.refuses = set()
    cloud.call("ContinueUpdateRollback")
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert list(cloud.topic.world.values()) == ["one", "one"]


def test_a_roll_back_can_skip_what_will_not_go_back(cloud):
    """ResourcesToSkip stay as the update has left them, also where they could go back by now; the others go back."""
    cloud.topics("CreateStack", {"A": "one", "B": "one"}, after={"B": "A"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topic.refuses = {"one", "bad"}
    cloud.topics("UpdateStack", {"A": "two", "B": "bad"}, after={"B": "A"})
    cloud.wait_for("UPDATE_ROLLBACK_FAILED")
    cloud.topic.refuses = set()
    cloud.topic.told.clear()
    cloud.call("ContinueUpdateRollback", ResourcesToSkip=["A"])
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert cloud.topic.told == [cloud.physical_id("B")]
    assert cloud.topic.world == {cloud.physical_id("A"): "two", cloud.physical_id("B"): "one"}


def test_a_half_made_resource_is_deleted(cloud):
    """What exists but could not be finished does not outlive the roll back."""
    cloud.topic.refuses = {"bad"}
    cloud.topics("CreateStack", {"A": "bad"}, OnFailure="DELETE")
    until(lambda: cloud.api.stacks.find("demo") is None, what="the end of the stack", every_seconds=0.01)
    assert cloud.topic.world == {}


def test_a_failed_roll_back_of_a_create(cloud):
    """What cannot be deleted is named, and the stack can be deleted with it retained."""
    cloud.topic.refuses = {"bad"}
    cloud.topics("CreateStack", {"A": "clings", "B": "bad"}, after={"B": "A"})
    cloud.wait_for("ROLLBACK_FAILED")
    cloud.call("DeleteStack")
    cloud.wait_for("DELETE_FAILED")
    stack_id = cloud.call("DescribeStacks")["Stacks"][0]["StackId"]
    cloud.call("DeleteStack", RetainResources=["A"])
    assert cloud.api.stacks.get(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert list(cloud.topic.world.values()) == ["clings"]


def test_going_down_ends_what_hangs(cloud):
    """stop() ends a waiting operation and leaves it failed, not in progress."""
    cloud.topics("CreateStack", {"A": "hangs"})
    cloud.api.stop()
    assert cloud.status() == "CREATE_FAILED"


def test_a_stack_policy_denies(cloud):
    """A resource that the stack policy protects is not touched, and the update goes back."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    deny = {"Effect": "Deny", "Action": "Update:Modify", "Principal": "*", "Resource": "LogicalResourceId/A"}
    allow = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    cloud.call("SetStackPolicy", StackPolicyBody=json.dumps({"Statement": [deny, allow]}))
    cloud.topics("UpdateStack", {"A": "two"})
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert list(cloud.topic.world.values()) == ["one"]
    assert "Action denied by stack policy" in str(cloud.events("A"))


PROTECTED = [
    {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
    {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/A"},
]


def test_a_policy_for_one_update_lets_that_one_through(cloud):
    """The stack's own policy is not asked then, and holds for the next update again."""
    policy = json.dumps({"Statement": PROTECTED})
    cloud.topics("CreateStack", {"A": "one"}, StackPolicyBody=policy)
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topics("UpdateStack", {"A": "two"}, StackPolicyDuringUpdateBody=json.dumps({"Statement": PROTECTED[:1]}))
    cloud.wait_for("UPDATE_COMPLETE")
    assert cloud.call("GetStackPolicy")["StackPolicyBody"] == policy
    change_set(cloud, "c", "three")
    cloud.call("ExecuteChangeSet", ChangeSetName="c")
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert list(cloud.topic.world.values()) == ["two"]


def test_a_policy_that_comes_with_an_update_is_for_the_next(cloud):
    """It protects what the update has made; the update itself is under the policy of before."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topics("UpdateStack", {"A": "two"}, StackPolicyBody=json.dumps({"Statement": PROTECTED}))
    cloud.wait_for("UPDATE_COMPLETE")
    cloud.topics("UpdateStack", {"A": "three"})
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert list(cloud.topic.world.values()) == ["two"]


@pytest.mark.parametrize("given", [{"StackPolicyBody": "{}", "StackPolicyURL": "u"}, {}])
def test_a_policy_is_given_once(cloud, given):
    """SetStackPolicy takes a body or an address, and none of them is an error: a policy is never taken away."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    with pytest.raises(AwsError, match=r"StackPolicyBody (and|or) StackPolicyURL"):
        cloud.call("SetStackPolicy", **given)


def change_set(cloud, name, display_name, **params):
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": display_name}}
    body = json.dumps({"Resources": {"A": topic}})
    return cloud.call("CreateChangeSet", ChangeSetName=name, TemplateBody=body, **params)["Id"]


def test_what_failed_without_a_rollback_is_tried_again(cloud):
    """After CREATE_FAILED and after UPDATE_FAILED; a rollback then leads to what was before the first failure."""
    cloud.topic.refuses = {"bad"}
    cloud.topics("CreateStack", {"A": "one", "B": "bad"}, DisableRollback=True)
    cloud.wait_for("CREATE_FAILED")
    cloud.topics("UpdateStack", {"A": "one", "B": "two"})
    cloud.wait_for("UPDATE_COMPLETE")
    cloud.topics("UpdateStack", {"A": "three", "B": "bad"}, after={"B": "A"}, DisableRollback=True)
    cloud.wait_for("UPDATE_FAILED")
    cloud.topics("UpdateStack", {"A": "four", "B": "bad"}, after={"B": "A"})
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert sorted(cloud.topic.world.values()) == ["one", "two"]


def test_a_stack_in_review_is_created(cloud):
    """By CreateStack, too; its change sets are gone then."""
    first = change_set(cloud, "first", "one", ChangeSetType="CREATE")
    assert cloud.status() == "REVIEW_IN_PROGRESS"
    with pytest.raises(AwsError, match="GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks"):
        cloud.call("GetTemplateSummary")
    cloud.topics("CreateStack", {"A": "two"})
    cloud.wait_for("CREATE_COMPLETE")
    assert len(cloud.call("DescribeStacks")["Stacks"]) == 1
    with pytest.raises(AwsError, match="does not exist"):
        cloud.call("DescribeChangeSet", ChangeSetName=first)


def test_an_executed_change_set_is_gone(cloud):
    """Its name is free, and the list has it no more; its ARN still tells of it."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    executed = change_set(cloud, "next", "two")
    cloud.call("ExecuteChangeSet", ChangeSetName="next")
    cloud.wait_for("UPDATE_COMPLETE")
    assert cloud.call("ListChangeSets")["Summaries"] == []
    assert cloud.call("DescribeChangeSet", ChangeSetName=executed)["ExecutionStatus"] == "EXECUTE_COMPLETE"
    assert change_set(cloud, "next", "three") != executed
    assert [each["ChangeSetName"] for each in cloud.call("ListChangeSets")["Summaries"]] == ["next"]


def test_what_is_not_there_is_left_out(cloud):
    """Descriptions of a stack and of a change set have no empty lists; events are named by what happened."""
    described = cloud.call("DescribeChangeSet", ChangeSetName=change_set(cloud, "c", "one", ChangeSetType="CREATE"))
    assert not {"Tags", "Parameters"} & described.keys()
    assert (described["NotificationARNs"], described["RollbackConfiguration"]) == ([], {})
    (stack,) = cloud.call("DescribeStacks")["Stacks"]
    assert stack["DisableRollback"] is False
    cloud.call("ExecuteChangeSet", ChangeSetName="c")
    cloud.wait_for("CREATE_COMPLETE")
    (stack,) = cloud.call("DescribeStacks")["Stacks"]
    assert not {"Outputs", "Parameters", "Capabilities"} & stack.keys()
    assert "LastUpdatedTime" in stack
    (made,) = (e for e in cloud.call("DescribeStackEvents")["StackEvents"] if e["EventId"].startswith("A-CREATE_COMP"))
    assert (
        made["EventId"]
        == f"A-CREATE_COMPLETE-{made['Timestamp']:%Y-%m-%dT%H:%M:%S}.{made['Timestamp'].microsecond // 1000:03d}Z"
    )


def test_a_deleted_stack_is_told_by_its_id(cloud):
    """An update names its state; its name is unknown."""
    cloud.topics("CreateStack", {"A": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    stack_id = cloud.call("DescribeStacks")["Stacks"][0]["StackId"]
    cloud.call("DeleteStack")
    until(
        lambda: cloud.call("DescribeStacks", StackName=stack_id)["Stacks"][0]["StackStatus"],
        lambda found: found == "DELETE_COMPLETE",
        what="a deleted stack",
        every_seconds=0.01,
    )
    with pytest.raises(AwsError, match=f"Stack:{stack_id} is in DELETE_COMPLETE state and can not be updated"):
        cloud.topics("UpdateStack", {"A": "two"}, StackName=stack_id)
    for operation, words in (
        ("UpdateStack", r"Stack \[demo\] does not exist"),
        ("ListChangeSets", r"Stack \[demo\] does not exist"),
        ("DescribeStacks", r"Stack with id demo does not exist"),
    ):
        with pytest.raises(AwsError, match=words):
            cloud.call(operation, TemplateBody="{}")
    with pytest.raises(AwsError, match="Stack 'demo' does not exist"):
        cloud.call("DescribeStackResource", LogicalResourceId="A")


def test_what_excludes_each_other(cloud):
    """DisableRollback says what happens upon a failure, and so does OnFailure. A stack policy has a principal."""
    with pytest.raises(AwsError, match="either DisableRollback or OnFailure, but not both"):
        cloud.topics("CreateStack", {"A": "one"}, DisableRollback=True, OnFailure="DELETE")
    sound = {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"}
    for statement in ({**sound, "Action": "Update:Paint"}, {**sound, "Principal": "ada"}, {"Effect": "Allow"}):
        with pytest.raises(AwsError, match=r"^Error validating stack policy: Invalid stack policy$"):
            cloud.topics("CreateStack", {"A": "one"}, StackPolicyBody=json.dumps({"Statement": [statement]}))
    cloud.topics("CreateStack", {"A": "one"}, StackPolicyBody=json.dumps({"Statement": [sound]}))
    cloud.wait_for("CREATE_COMPLETE")


def test_properties_that_the_schema_refuses_fail_their_resource(cloud):
    """The call is taken; the stack is rolled back."""
    cloud.topics("CreateStack", {"A": "one", "B": ["two"]})
    cloud.wait_for("ROLLBACK_COMPLETE")
    (_, reason) = next(each for each in cloud.events("B") if each[0] == "CREATE_FAILED")
    assert "expected type: String, found: " in reason
    assert cloud.topic.world == {}


def test_an_import_may_be_missing_until_it_is_executed(cloud):
    """The change set tells that the value is not known yet; the stack then fails, and makes nothing."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::ImportValue": "nowhere"}}}
    body = json.dumps({"Resources": {"A": topic}})
    cloud.call("CreateChangeSet", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body)
    (change,) = cloud.call("DescribeChangeSet", ChangeSetName="c", IncludePropertyValues=True)["Changes"]
    assert "KNOWN_AFTER_APPLY" in change["ResourceChange"]["AfterContext"]
    cloud.call("ExecuteChangeSet", ChangeSetName="c")
    cloud.wait_for("ROLLBACK_COMPLETE")
    begun = next(each for each in cloud.call("DescribeStackEvents")["StackEvents"] if "found" in str(each))
    assert begun["ResourceStatusReason"] == "No export named nowhere found. Rollback requested by user."
    assert cloud.topic.world == {}


def test_an_update_that_imports_what_nobody_exports_is_rolled_back(cloud):
    """The stack is as it was."""
    cloud.topics("CreateStack", {"T": "one"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topics("UpdateStack", {"T": {"Fn::ImportValue": "nowhere"}})
    cloud.wait_for("UPDATE_ROLLBACK_COMPLETE")
    assert cloud.topic.world == {cloud.physical_id("T"): "one"}


class Parameters:
    """Systems Manager with one parameter."""

    def __init__(self, value):
        self.value = value

    def get_parameter(self, **_):
        return {"Parameter": {"Type": "String", "Value": self.value}}


def test_an_update_reads_parameters_anew(cloud):
    """One that changes anything: what refers to a parameter's latest version gets its present value."""
    cloud.topic.parameters = Parameters("first")
    cloud.topics("CreateStack", {"A": "{{resolve:ssm:name}}", "B": "one", "C": "{{resolve:ssm:name:1}}"})
    cloud.wait_for("CREATE_COMPLETE")
    cloud.topic.parameters.value = "second"
    with pytest.raises(AwsError, match="No updates are to be performed"):
        cloud.topics("UpdateStack", {"A": "{{resolve:ssm:name}}", "B": "one", "C": "{{resolve:ssm:name:1}}"})
    cloud.topics("UpdateStack", {"A": "{{resolve:ssm:name}}", "B": "two", "C": "{{resolve:ssm:name:1}}"})
    cloud.wait_for("UPDATE_COMPLETE")
    assert sorted(cloud.topic.world.values()) == ["first", "second", "two"]


def test_a_resource_is_tagged_with_its_stack(cloud):
    """CloudFormation's own tags stand beside the stack's; they are no property that a change would be seen in."""
    cloud.topics("CreateStack", {"T": "one"}, Tags=[{"Key": "team", "Value": "a"}])
    cloud.wait_for("CREATE_COMPLETE")
    name = cloud.physical_id("T")
    stack = cloud.call("DescribeStacks")["Stacks"][0]["StackId"]
    of_stack = {f"aws:cloudformation:{key}": value for key, value in (("stack-name", "demo"), ("stack-id", stack))}
    assert cloud.topic.tags[name] == {"team": "a", "aws:cloudformation:logical-id": "T", **of_stack}
    with pytest.raises(AwsError, match="No updates are to be performed"):
        cloud.topics("UpdateStack", {"T": "one"}, Tags=[{"Key": "team", "Value": "a"}])
    cloud.topics("UpdateStack", {"T": "two"}, Tags=[{"Key": "team", "Value": "b"}])
    cloud.wait_for("UPDATE_COMPLETE")
    assert cloud.topic.tags[name] == {"team": "b", "aws:cloudformation:logical-id": "T", **of_stack}


def test_a_template_has_no_tags_of_that_kind(cloud):
    """The resource fails in AWS's words."""
    topic = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"Tags": [{"Key": "aws:cloudformation:logical-id", "Value": "X"}]},
    }
    cloud.call("CreateStack", TemplateBody=json.dumps({"Resources": {"T": topic}}))
    cloud.wait_for("ROLLBACK_COMPLETE")
    assert "aws: prefixed tag key names are not allowed for external use" in str(cloud.call("DescribeStackEvents"))


def test_a_summary_of_a_stack_set_is_refused_by_name(cloud):
    """The local cloud has none, and answers for no template that was not asked about."""
    with pytest.raises(UnsupportedError, match="StackSetName"):
        cloud.call("GetTemplateSummary", StackSetName="many")
