"""The door of what is in PROD: programs and people are answered, strangers are not, and no push opens it wider."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.browser.browser import Browser
from tests.clouds import PROJECT, LocalCloud
from tests.e2e.conftest import User
from tests.e2e.test_release import ROW
from tests.local.cognito_lab import Answer, Pool, ask
from tests.waiting import until

WORKLOAD, STACK, PIPELINE = "car_evaluation", "CarEvaluationApi", "CarEvaluationPipeline"
BODY = json.dumps(
    {"buying": "low", "maint": "low", "doors": "5more", "persons": "more", "lug_boot": "big", "safety": "high"}
)
#: Where the picture of docs/ is kept, if somebody wants a new one.
KEPT = os.environ.get("GATEHOUSE_SCREENSHOTS")
PICTURE = "page-of-a-release.png"


def api(user: User, path: str, *, method: str = "POST", keys: Credentials | None = None, **headers: str) -> Answer:
    """A request to the API with these headers, signed by who has these keys; without keys, nobody signs it."""
    address = user.outputs(PIPELINE)["ApiAddress"]
    body = BODY if method == "POST" else ""
    return asked(user.cloud, f"{address}{path}", body, method=method, keys=keys, **headers)


def asked(
    cloud: LocalCloud, url: str, body: str, *, method: str = "POST", keys: Credentials | None = None, **headers: str
) -> Answer:
    """The same of an address of AWS."""
    address = urlsplit(url)
    host = f"{str(address.hostname).partition('.')[0]}.execute-api.localhost"
    url = f"http://{host}:{urlsplit(cloud.endpoint_url).port}{address.path}"
    request = AWSRequest(method=method, url=url, data=body, headers={"content-type": "application/json", **headers})
    if keys:
        SigV4Auth(keys, "execute-api", "us-east-1").add_auth(request)
    return ask(cloud, method, host, address.path, body=body, headers=dict(request.headers.items()))


def own_keys(user: User) -> Credentials:
    return Credentials(*(user.cloud.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))


def newest(user: User) -> int:
    return int(user.packages()[0]["ModelPackageVersion"])


def test_a_program_is_answered_by_the_release_in_prod(released: User) -> None:
    """`make call` signs with the caller's credentials, and learns label and release."""
    answer = released.call(ROW)
    assert (answer["label"], answer["release"]) == ("vgood", newest(released))
    assert answer["request_id"]
    assert released.stack_status(STACK) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def test_an_instance_is_ready_before_the_first_call(released: User) -> None:
    """The alias of the newest version has its provisioned concurrency, and the function its limit."""
    functions, name = released.cloud.client("lambda"), "car-evaluation-predict"
    ready = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    assert (ready["Status"], ready["AvailableProvisionedConcurrentExecutions"]) == ("READY", 1)
    assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 50


def test_who_is_nobody_here_is_refused(released: User) -> None:
    """No signature, no token, another pool's token, and a user without the permission: none of them is answered.

    With the statement of docs/api.md, and nothing else, that user is.
    """
    assert (api(released, "/predictions").status, api(released, "/schema", method="GET").status) == (403, 403)
    assert api(released, "/people/predictions").status == 401
    other = Pool(released.cloud)
    other.add_user("ann")
    foreign = other.browser().tokens("ann")["access_token"]
    assert api(released, "/people/predictions", authorization=f"Bearer {foreign}").status == 401
    iam = released.cloud.client("iam")
    iam.create_user(UserName="stranger")
    made = iam.create_access_key(UserName="stranger")["AccessKey"]
    keys = Credentials(made["AccessKeyId"], made["SecretAccessKey"])
    refused = api(released, "/predictions", keys=keys)
    assert refused.status == 403
    assert "is not authorized to perform: execute-api:Invoke" in refused.text
    statement = re.search(r"^ +(\{\"Effect\": .*)$", (PROJECT / "docs" / "api.md").read_text(), re.MULTILINE)
    assert statement is not None
    said = statement[1].replace("<ProgramsArn>", released.outputs(PIPELINE)["ProgramsArn"])
    policy = f'{{"Version": "2012-10-17", "Statement": [{said}]}}'
    iam.put_user_policy(UserName="stranger", PolicyName="ask", PolicyDocument=policy)
    assert api(released, "/predictions", keys=keys).json["label"] == "vgood"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = Browser()
    yield found
    found.close()


def test_a_person_signs_in_at_the_page_and_is_answered(
    released: User, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Page, sign-in and API are three addresses of the local cloud; a real browser goes from one to the other."""
    password = released.script("user", WORKLOAD, "ada").stdout.splitlines()[-1]
    address = released.script("open", WORKLOAD, "--print").stdout.strip()
    browser.visit(address)
    browser.click("#sign-in-button")
    browser.fill("#username", "ada")
    browser.fill("#password", password)
    browser.click("button[type=submit]")
    browser.wait("#confirm")
    for field in ("#password", "#confirm"):
        browser.fill(field, "A-password-of-her-own-1")
    browser.click("button[type=submit]")
    browser.wait("#send")
    assert browser.do("address") == address
    browser.click("#examples button")
    browser.click("#send")
    browser.wait_for_text("#answer-body", "very good")
    assert f"Release {newest(released)}" in browser.text("#answer-body")
    folder = PROJECT / KEPT if KEPT else tmp_path_factory.mktemp("pictures")
    browser.do("screenshot", path=str(folder / PICTURE))
    assert (folder / PICTURE).stat().st_size > 10_000
    assert (PROJECT / "docs" / "images" / PICTURE).is_file()
    seen = browser.seen()
    assert (seen["errors"], seen["violations"]) == ([], [])
    hosts = {str(urlsplit(url).hostname).partition(".")[2] for url in seen["requests"]}
    assert hosts == {"cloudfront.localhost", "auth.localhost", "execute-api.localhost"}


def test_every_request_is_answered_as_the_published_document_says(released: User, tmp_path: Path) -> None:
    """Schemathesis finds no 5XX, no answer that breaks its schema, nothing taken or refused that should not be."""
    stage = urlsplit(released.outputs(PIPELINE)["ApiAddress"])
    api = f"/_execute-api/{str(stage.hostname).partition('.')[0]}{stage.path}"
    address = f"http://127.0.0.1:{urlsplit(released.cloud.endpoint_url).port}{api}"
    published, seen = tmp_path / "openapi.json", tmp_path / "seen.har"
    published.write_text(released_document(released))
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", str(published), "--url", address]
    # IAM answers 403 to who does not sign, where Schemathesis expects 401.
    command += ["--checks", "all", "--exclude-checks", "missing_required_header"]
    command += ["--seed", "5", "--max-examples", "40", "--rate-limit", "40/s", "--request-timeout", "600"]
    command += ["--report", "har", "--report-har-path", str(seen), "--suppress-health-check", "all"]
    hooks = {"SCHEMATHESIS_HOOKS": str(PROJECT / "tests/e2e/schemathesis_signature.py")}
    environment = os.environ | released.cloud.environment | hooks
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    entries = json.loads(seen.read_text())["log"]["entries"]
    statuses = Counter(
        each["response"]["status"] for each in entries if each["request"]["url"].endswith("/predictions")
    )
    assert {200, 400, 403, 415} <= statuses.keys(), statuses
    assert min(statuses[200], statuses[400]) >= 10, statuses


def released_document(user: User) -> str:
    """The OpenAPI document that the API publishes."""
    address = user.outputs(PIPELINE)["ApiAddress"]
    return json.dumps(asked(user.cloud, f"{address}/openapi.json", "", method="GET", keys=own_keys(user)).json)


def _an_open_method(resources: dict[str, Any]) -> None:
    method = next(r for r in resources.values() if r.get("Properties", {}).get("AuthorizationType") == "AWS_IAM")
    method["Properties"]["AuthorizationType"] = "NONE"


def _a_method_more(resources: dict[str, Any]) -> None:
    """One that is open from its beginning."""
    name, method = next(
        (n, r) for n, r in resources.items() if r.get("Properties", {}).get("AuthorizationType") == "AWS_IAM"
    )
    more = copy.deepcopy(method)
    more["Properties"] |= {"AuthorizationType": "NONE", "HttpMethod": "PUT"}
    resources[f"{name}Mine"] = more


def _an_authorizer(resources: dict[str, Any]) -> None:
    resources["Mine"] = {
        "Type": "AWS::ApiGateway::Authorizer",
        "Properties": {
            "RestApiId": {"Ref": "RestApiId"},
            "Name": "mine",
            "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization",
            "ProviderARNs": ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_mine00000"],
        },
    }


def _a_function_for_everybody(resources: dict[str, Any]) -> None:
    permission = next(r for r in resources.values() if r["Type"] == "AWS::Lambda::Permission")
    more = copy.deepcopy(permission)
    more["Properties"] = {name: more["Properties"][name] for name in ("Action", "FunctionName")} | {"Principal": "*"}
    resources["Mine"] = more


def _another_role(resources: dict[str, Any]) -> None:
    function = next(r for r in resources.values() if r["Type"] == "AWS::Lambda::Function")
    function["Properties"]["Role"] = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/mine"}


@pytest.mark.parametrize(
    ("edit", "refused"),
    [
        (_an_open_method, "apigateway:P"),
        (_a_method_more, "apigateway:PUT"),
        (_an_authorizer, "apigateway:POST"),
        (_a_function_for_everybody, "lambda:AddPermission"),
        (_another_role, "iam:PassRole"),
    ],
)
def test_a_pushs_template_does_not_open_the_door(
    released: User, edit: Callable[[dict[str, Any]], None], refused: str
) -> None:
    """What a push's template for the API may not have, its deployment role refuses; the door is as before."""
    cloudformation = released.cloud.client("cloudformation")
    template = cloudformation.get_template(StackName=STACK)["TemplateBody"]
    document: dict[str, Any] = json.loads(template) if isinstance(template, str) else template
    edit(document["Resources"])
    given = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Parameters"]
    known = {event["EventId"] for event in events(released)}
    # CloudFormation keeps the role with which the pipeline has deployed the stack, and acts with it.
    cloudformation.update_stack(
        StackName=STACK,
        TemplateBody=json.dumps(document),
        Parameters=[{"ParameterKey": each["ParameterKey"], "UsePreviousValue": True} for each in given],
    )
    ended = released.until_stack(STACK, lambda status: "IN_PROGRESS" not in str(status), what="at rest")
    said = [e.get("ResourceStatusReason", "") for e in events(released) if e["EventId"] not in known]
    assert ended == "UPDATE_ROLLBACK_COMPLETE", said
    assert any("ApiDeploymentRole" in reason and f"perform: {refused}" in reason for reason in said), said
    assert released.call(ROW)["label"] == "vgood"
    assert api(released, "/predictions").status == 403


def events(user: User) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = user.cloud.client("cloudformation").describe_stack_events(StackName=STACK)[
        "StackEvents"
    ]
    return found


def test_the_function_scales_with_its_use(released: User) -> None:
    """Application Auto Scaling has the alias of the release, from one ready instance to three."""
    scaling = released.cloud.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="lambda")["ScalableTargets"]
    assert target["ResourceId"] == "function:car-evaluation-predict:live"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    alarms = released.cloud.client("cloudwatch")
    prefix = "TargetTracking-function:car-evaluation-predict:live"
    assert len(until(lambda: alarms.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"], what="its alarms")) == 2


def test_two_hundred_clients_at_once_are_answered_or_told_to_wait(released: User) -> None:
    """Two hundred signed requests at once all get an answer, which is the model's or 429, and never 5XX."""
    address, keys = released.outputs(PIPELINE)["ApiAddress"], own_keys(released)
    with ThreadPoolExecutor(200) as clients:
        answers = list(
            clients.map(lambda _: asked(released.cloud, f"{address}/predictions", BODY, keys=keys), range(200))
        )
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) <= {200, 429}, statuses
    assert statuses[200] >= 50, "as many as may come in one burst"
    assert {answer.json["label"] for answer in answers if answer.status == 200} == {"vgood"}
    assert {answer.json["message"] for answer in answers if answer.status == 429} <= {"Too Many Requests"}
