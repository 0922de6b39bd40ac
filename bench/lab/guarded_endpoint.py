"""An endpoint under traffic whose releases may be sick: what its callers get while SageMaker shifts and rolls back."""

from __future__ import annotations

import contextlib
import pickle
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.lab.events_heard import Heard
from bench.lab.left_over import left_over, standing
from bench.lab.sagemaker_world import XGBOOST, World, archive
from bench.lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VARIANT = "AllTraffic"
ROW = "1,2,3"
#: How many threads send requests; each pauses ``PAUSE_SECONDS`` between two requests.
CALLERS = 6
PAUSE_SECONDS = 0.002

#: What a healthy model does before it answers.
HEALTHY = "time.sleep(0.03)"

_SICK_BOOSTER = """
import json, random, time
import numpy, xgboost
class Sick(xgboost.Booster):
    def __init__(self): pass
    def __del__(self): pass
    def set_param(self, *_): pass
    def num_features(self): return 3
    def save_config(self):
        learner = dict(objective=dict(name="reg:squarederror"), learner_model_param=dict(num_class="0"))
        return json.dumps(dict(learner=learner))
    def inplace_predict(self, rows):
        {body}
        return numpy.full(len(rows), {answer}, dtype=numpy.float32)
{at_load}
model = Sick()
"""


def pickled(code: str) -> bytes:
    """An object that unpickles to the code's ``model``: an artifact can contain anything that a container loads."""
    return pickle.dumps(_Code(code))


class _Code:
    def __init__(self, code: str) -> None:
        self._code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (f"(lambda scope: (exec({self._code!r}, scope), scope['model'])[1])({{}})",)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model that always answers with the same number, so that callers see which fleet answered."""

    answer: float
    #: Statements in the model's predict, before it answers.
    body: str = HEALTHY
    #: Statements that run when the container loads the model, before it listens.
    at_load: str = ""

    def artifact(self) -> bytes:
        code = _SICK_BOOSTER.format(answer=self.answer, body=self.body, at_load=self.at_load)
        return archive({"xgboost-model": pickled(code)})


@dataclass
class Traffic:
    """What callers got: answers with their times, and errors."""

    answers: list[tuple[float, str]] = field(default_factory=list)
    errors: list[tuple[float, str]] = field(default_factory=list)

    def counts(self, since: float = 0.0, until: float = float("inf")) -> Counter[str]:
        return Counter(answer for at, answer in self.answers if since <= at < until)


@dataclass(kw_only=True)
class Update:
    """One update, as the callers and DescribeEndpoint saw it."""

    traffic: Traffic
    states: list[str] = field(default_factory=list)
    """The endpoint's states in order, in EventBridge's spelling."""
    staged: list[tuple[float, str]] = field(default_factory=list)
    """When each status of the new fleet's variant began, and which status it was, in order."""
    seconds: float = 0.0
    left_over: list[str] = field(default_factory=list)
    """What exists at the end, named after the endpoint, and did not exist before."""
    end: dict[str, Any] = field(default_factory=dict)

    @property
    def stages(self) -> list[str]:
        return [status for _, status in self.staged]

    def began(self, status: str) -> list[float]:
        return [at for at, each in self.staged if each == status]


class GuardedEndpoint:
    """One endpoint in a local cloud; the same alarms guard every update."""

    def __init__(self, world: World, name: str, *, capture: str = "") -> None:
        """``capture``: where requests are captured, such as s3://bucket/capture; each configuration has a folder."""
        self.world = world
        self.name = name
        self.answer = 1.0
        self._capture = capture
        self.config = self.configured(Model(answer=self.answer), f"{name}-first")
        created = world.endpoint(name, self.config)
        if created["EndpointStatus"] != "InService":
            raise AssertionError(created)
        pattern = {"detail-type": ["SageMaker Endpoint State Change"], "detail": {"EndpointName": [name]}}
        self._heard = Heard(world.cloud, f"endpoint-{name}", pattern)

    @property
    def serving(self) -> str:
        """The answers that callers get while nothing is being released."""
        return str(self.answer)

    @property
    def challenging(self) -> str:
        return str(self.answer + 1)

    def challenger(self, name: str, **sickness: str) -> str:
        """The configuration of a release that answers with the next number."""
        return self.configured(Model(answer=self.answer + 1, **sickness), name)

    def configured(self, model: Model, name: str, **variant: Any) -> str:
        """A new model and its configuration, both with this name."""
        address = self.world.put(f"sick/{name}/model.tar.gz", model.artifact())
        return self.configured_for({"Image": XGBOOST, "ModelDataUrl": address}, name, **variant)

    def configured_for(self, container: dict[str, Any], name: str, **variant: Any) -> str:
        """The same for a container definition, such as a model package's name."""
        self.world.model(name, [container])
        self.world.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": VARIANT,
                    "ModelName": name,
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.t2.medium",
                    "InitialVariantWeight": 1.0,
                    **variant,
                }
            ],
            **self._captured(name),
        )
        return name

    def _captured(self, release: str) -> dict[str, Any]:
        if not self._capture:
            return {}
        return {
            "DataCaptureConfig": {
                "EnableCapture": True,
                "InitialSamplingPercentage": 100,
                "DestinationS3Uri": f"{self._capture}/{release}",
                "CaptureOptions": [{"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
            }
        }

    def alarm(self, suffix: str, metric: str, **changes: Any) -> str:
        """An alarm on one of the endpoint's metrics, by default as PROD's on 5XX: more than 0.2 % in a minute."""
        name = f"{self.name}-{suffix}"
        wanted = {
            "Namespace": "AWS/SageMaker",
            "MetricName": metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": self.name},
                {"Name": "VariantName", "Value": VARIANT},
            ],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0.002,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **changes,
        }
        self.world.cloud.client("cloudwatch").put_metric_alarm(
            AlarmName=name, **{key: value for key, value in wanted.items() if value is not None}
        )
        return name

    def settled_alarm(self, name: str, state: str) -> None:
        cloudwatch = self.world.cloud.client("cloudwatch")
        until(
            lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"],
            lambda found: found == state,
            what=f"alarm {name} in {state}",
        )

    def update(
        self,
        config: str,
        deployment: dict[str, Any],
        *,
        at_bake: Callable[[], None] = lambda: None,
        **more: Any,
    ) -> Update:
        """UpdateEndpoint under traffic, followed to its end; ``at_bake`` is called once the canary has traffic."""
        before = standing(self.world.cloud, named=self.name)
        with self.under_traffic() as traffic:
            update = Update(traffic=traffic)
            begun = time.monotonic()
            self.world.sagemaker.update_endpoint(
                EndpointName=self.name, EndpointConfigName=config, DeploymentConfig=deployment, **more
            )
            self._follow(update, at_bake)
            update.seconds = time.monotonic() - begun
            until(
                lambda: self._told(update),
                lambda seen: seen[-1:] == ["IN_SERVICE"],
                what="EventBridge's word that the endpoint is in service",
            )
            began = len(traffic.answers)
            until(lambda: len(traffic.answers), lambda count: count > began + 2 * CALLERS, what="answers after the end")
        update.left_over = left_over(self.world.cloud, before, named=self.name)
        if update.end["EndpointConfigName"] != self.config:
            self.config, self.answer = config, self.answer + 1
        return update

    def _told(self, update: Update) -> list[str]:
        """The endpoint's states so far, as EventBridge received them."""
        update.states += [event["detail"]["EndpointStatus"] for event in self._heard.events()]
        return update.states

    def _follow(self, update: Update, at_bake: Callable[[], None]) -> None:
        def look() -> dict[str, Any]:
            found: dict[str, Any] = self.world.sagemaker.describe_endpoint(EndpointName=self.name)
            for variant in found.get("PendingDeploymentSummary", {}).get("ProductionVariants", []):
                for status in reversed(variant["VariantStatus"]):
                    stage = (status["StartTime"].timestamp(), status["Status"])
                    if stage not in update.staged:
                        update.staged.append(stage)
                        if status["Status"] == "Baking" and update.stages.count("Baking") == 1:
                            at_bake()
            return found

        update.end = until(
            look,
            lambda found: found["EndpointStatus"] in {"InService", "Failed"},
            what=f"the end of {self.name}'s update",
            every_seconds=0.02,
        )

    @contextlib.contextmanager
    def under_traffic(self) -> Iterator[Traffic]:
        traffic, done = Traffic(), threading.Event()
        callers = [threading.Thread(target=self._call, args=(traffic, done)) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            yield traffic
        finally:
            done.set()
            for caller in callers:
                caller.join()
            traffic.answers.sort()
            traffic.errors.sort()

    def _call(self, traffic: Traffic, done: threading.Event) -> None:
        runtime = self.world.cloud.client("sagemaker-runtime")
        while not done.wait(PAUSE_SECONDS):
            begun = time.time()
            try:
                answer = runtime.invoke_endpoint(EndpointName=self.name, Body=ROW, ContentType="text/csv")
                traffic.answers.append((begun, answer["Body"].read().decode().strip()))
            except (BotoCoreError, ClientError) as error:  # no answer within botocore's minute is an error, too
                traffic.errors.append((begun, str(error)))


def canary(alarms: list[str], *, percent: int = 50, bake_seconds: int = 600, **policy: Any) -> dict[str, Any]:
    """A deployment, watched by these alarms."""
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": percent},
                "WaitIntervalInSeconds": bake_seconds,
            },
            **policy,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm} for alarm in alarms]},
    }
