"""Crawlers: their definitions, and the crawls that StartCrawler begins."""

from __future__ import annotations

import json
import statistics
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.platform.errors import AwsError, EngineError, UnsupportedError
from localcloud.platform.log_stream import LogStream
from localcloud.platform.role_session import RoleSession
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.glue import classifiers, security_configurations, tags
from localcloud.services.glue.answers import already_exists, given, invalid, not_found, page, refuse
from localcloud.services.glue.crawl import Counts, Crawl, CrawlStoppedError

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

LOG_GROUP = "/aws-glue/crawlers"
FIELDS = (
    "Role",
    "Targets",
    "DatabaseName",
    "Description",
    "SchemaChangePolicy",
    "TablePrefix",
    "Configuration",
    "CrawlerSecurityConfiguration",
    "Classifiers",
)
REFUSED = ("Schedule",)
#: Option → its only supported value.
ONLY = {
    ("RecrawlPolicy", "RecrawlBehavior"): "CRAWL_EVERYTHING",
    ("LineageConfiguration", "CrawlerLineageSettings"): "DISABLE",
    ("LakeFormationConfiguration", "UseLakeFormationCredentials"): False,
}
#: Fields of a crawler's document that answers leave out: its earlier crawls, and the start of the present one.
HISTORY = "History"
STARTED = "Started"


CUT_OFF = "Internal Service Exception: the local cloud ended while this crawl was under way."


class Crawlers(Operations):
    service = "glue"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._crawlers = cloud.store.table("glue.crawlers")
        self._lock = threading.Lock()
        self._active: dict[str, tuple[threading.Event, threading.Thread]] = {}

    @operation("CreateCrawler")
    def create_crawler(self, _: Call, params: Params) -> Params:
        name = params["Name"]
        definition = self._defined("glue:CreateCrawler", params)
        if name in self._crawlers:
            raise already_exists(f"Crawler with name {name} already exists.")
        now = datetime.now(UTC)
        document = {"Name": name, "State": "READY", "CrawlElapsedTime": 0, "Version": 1, "CreationTime": now}
        self._crawlers.put(name, document | definition | {"LastUpdated": now, HISTORY: []})
        tags.put(self.cloud, self.cloud.arn("glue", f"crawler/{name}"), params.get("Tags"))
        return {}

    @operation("UpdateCrawler")
    def update_crawler(self, _: Call, params: Params) -> Params:
        before = self._idle(params["Name"])
        definition = self._defined("glue:UpdateCrawler", {**given(before, FIELDS), **params})
        changed = {"Version": before["Version"] + 1, "LastUpdated": datetime.now(UTC)}
        self._crawlers.put(before["Name"], before | definition | changed)
        return {}

    @operation("DeleteCrawler")
    def delete_crawler(self, _: Call, params: Params) -> Params:
        self._crawlers.delete(self._idle(params["Name"])["Name"])
        tags.forget(self.cloud, self.cloud.arn("glue", f"crawler/{params['Name']}"))
        return {}

    @operation("GetCrawler")
    def get_crawler(self, _: Call, params: Params) -> Params:
        return {"Crawler": _shown(self._crawler(params["Name"]))}

    @operation("GetCrawlers")
    def get_crawlers(self, _: Call, params: Params) -> Params:
        return page(params, "Crawlers", [_shown(document) for _, document in self._crawlers.items()])

    @operation("BatchGetCrawlers")
    def batch_get_crawlers(self, _: Call, params: Params) -> Params:
        found = [(name, self._crawlers.get(name)) for name in params["CrawlerNames"]]
        return {
            "Crawlers": [_shown(document) for _, document in found if document],
            "CrawlersNotFound": [name for name, document in found if document is None],
        }

    @operation("ListCrawlers")
    def list_crawlers(self, _: Call, params: Params) -> Params:
        asked = params.get("Tags") or {}
        of_all = self.cloud.store.table("glue.tags")
        names = [
            name
            for name, _ in self._crawlers.items()
            if asked.items() <= (of_all.get(self.cloud.arn("glue", f"crawler/{name}")) or {}).items()
        ]
        return page(params, "CrawlerNames", names)

    @operation("GetCrawlerMetrics")
    def get_crawler_metrics(self, _: Call, params: Params) -> Params:
        asked = params.get("CrawlerNameList") or [name for name, _ in self._crawlers.items()]
        found = [self._crawlers.get(name) for name in asked]
        return page(params, "CrawlerMetricsList", [_metrics(document) for document in found if document])

    @operation("StartCrawler")
    def start_crawler(self, _: Call, params: Params) -> Params:
        with self._lock:
            crawler = self._idle(params["Name"])
            started = datetime.now(UTC)
            self._change(crawler["Name"], State="RUNNING", **{STARTED: started})
            stop = threading.Event()
            thread = threading.Thread(
                target=self._work, args=(crawler, started, stop), daemon=True, name=f"crawl-{crawler['Name']}"
            )
            self._active[crawler["Name"]] = (stop, thread)
            thread.start()
        return {}

    @operation("StopCrawler")
    def stop_crawler(self, _: Call, params: Params) -> Params:
        with self._lock:
            crawler = self._crawler(params["Name"])
            if crawler["State"] != "RUNNING":
                code = "CrawlerStoppingException" if crawler["State"] == "STOPPING" else "CrawlerNotRunningException"
                raise AwsError(code, f"Crawler {crawler['Name']} is {crawler['State']}.")
            self._change(crawler["Name"], State="STOPPING")
            self._active[crawler["Name"]][0].set()
        return {}

    def start(self) -> None:
        """Ends the crawls that an earlier run left."""
        for name, crawler in self._crawlers.items():
            if crawler["State"] == "READY":
                continue
            last = {"LogGroup": LOG_GROUP, "LogStream": name, "MessagePrefix": str(uuid.uuid4())}
            last["StartTime"] = crawler[STARTED]
            if crawler["State"] == "STOPPING":
                last["Status"] = "CANCELLED"
            else:
                last |= {"Status": "FAILED", "ErrorMessage": CUT_OFF}
            self._change(name, State="READY", LastCrawl=last, CrawlElapsedTime=0, **{STARTED: None})

    def stop(self) -> None:
        with self._lock:
            active = list(self._active.values())
        for stop, _ in active:
            stop.set()
        for _, thread in active:
            thread.join(2)

    def _work(self, crawler: Document, started: datetime, stop: threading.Event) -> None:
        name = crawler["Name"]
        last = {"LogGroup": LOG_GROUP, "LogStream": name, "MessagePrefix": str(uuid.uuid4()), "StartTime": started}
        role = self._role(crawler)
        counts = Counts()
        log: LogStream | None = None

        def say(text: str) -> None:
            if log is not None:
                log.write(f"[{last['MessagePrefix']}] {text}")

        try:
            log = LogStream(role.client("logs"), LOG_GROUP, name)
            say(f"BENCHMARK : Running Start Crawl for Crawler {name}")
            rules = classifiers.rules(self.cloud, crawler["Classifiers"])
            Crawl(role, crawler, counts, rules=rules, say=say, stop=stop).run()
            last["Status"] = "SUCCEEDED"
        except CrawlStoppedError:
            last["Status"] = "CANCELLED"
        except (AwsError, ClientError, EngineError) as error:
            last |= {"Status": "FAILED", "ErrorMessage": str(error)}
            say(f"ERROR : {error}")
        except Exception as error:  # noqa: BLE001  (after any failure, the crawler must not stay RUNNING)
            last |= {"Status": "FAILED", "ErrorMessage": f"Internal Service Exception: {error!r}"}
            say(f"ERROR : {error!r}")
        say(f"BENCHMARK : Crawler has finished running and is in state READY ({last['Status']})")
        if log is not None:
            log.close()
        seconds = (datetime.now(UTC) - started).total_seconds()
        history = [*crawler[HISTORY], {"seconds": seconds, **counts.as_metrics()}]
        with self._lock:
            self._active.pop(name, None)
            self._change(name, State="READY", LastCrawl=last, CrawlElapsedTime=0, **{HISTORY: history, STARTED: None})

    def _role(self, crawler: Document) -> RoleSession:
        """A session of the crawler's role. It writes the log too, and without that permission there is no crawl."""
        role = crawler["Role"]
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{self.cloud.settings.account_id}:role/{role}"
        return RoleSession(
            self.cloud.clients,
            lambda: self.cloud.clients.assume_role(
                arn,
                session_name="AWS-Crawler",
                service_principal="glue.amazonaws.com",
                source_arn=self.cloud.arn("glue", f"crawler/{crawler['Name']}"),
            ),
        )

    def _change(self, name: str, **changes: Any) -> None:
        self._crawlers.update(name, lambda document: document.update(changes))

    def _crawler(self, name: str) -> Document:
        found = self._crawlers.get(name)
        if found is None:
            raise not_found(f"Crawler with name {name} does not exist.")
        return found

    def _idle(self, name: str) -> Document:
        found = self._crawler(name)
        if found["State"] != "READY":
            raise AwsError("CrawlerRunningException", f"Crawler with name {name} is {found['State']}.")
        return found

    def _defined(self, what: str, params: Params) -> Document:
        refuse(what, params, REFUSED)
        for (option, key), only in ONLY.items():
            value = (params.get(option) or {}).get(key, only)
            if value != only:
                raise UnsupportedError(f"{what} with {option}.{key} = {value} (only {only})")
        _check_targets(what, params["Targets"])
        _check_configuration(what, params.get("Configuration"))
        if not params.get("DatabaseName"):
            raise invalid("A crawler over S3 needs a DatabaseName.")
        security_configurations.require(self.cloud, params.get("CrawlerSecurityConfiguration"))
        classifiers.rules(self.cloud, params.get("Classifiers") or [])
        return {
            "Classifiers": [],
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
            "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DEPRECATE_IN_DATABASE"},
            **given(params, FIELDS),
        }


def _check_targets(what: str, targets: Params) -> None:
    refuse(what, targets, [name for name in targets if name != "S3Targets"])
    if not targets.get("S3Targets"):
        raise invalid("A crawler needs at least one target: Targets.S3Targets.")
    for target in targets["S3Targets"]:
        refuse(what, target, ("ConnectionName", "SampleSize", "EventQueueArn", "DlqEventQueueArn"))
        if not str(target.get("Path", "")).removeprefix("s3://").strip("/"):
            raise invalid(f"An S3 target needs a Path such as s3://bucket/folder/, not {target.get('Path')!r}.")


def _check_configuration(what: str, configuration: str | None) -> None:
    """Checks a Configuration, which may hold only the version."""
    if not configuration:
        return
    try:
        document = json.loads(configuration)
    except ValueError as error:
        raise invalid(f"Configuration is not JSON: {error}") from error
    refuse(
        what,
        {f"Configuration.{key}": value for key, value in document.items()},
        [f"Configuration.{key}" for key in document if key != "Version"],
    )


def _shown(crawler: Document) -> Document:
    crawler.pop(HISTORY, None)
    started = crawler.pop(STARTED, None)
    if started:
        crawler["CrawlElapsedTime"] = round((datetime.now(UTC) - started).total_seconds() * 1000)
    return crawler


def _metrics(crawler: Document) -> Params:
    history = crawler[HISTORY]
    seconds = [crawl["seconds"] for crawl in history]
    last = history[-1] if history else {"TablesCreated": 0, "TablesUpdated": 0, "TablesDeleted": 0}
    return {
        "CrawlerName": crawler["Name"],
        "TimeLeftSeconds": 0.0,
        "StillEstimating": crawler["State"] == "RUNNING",
        "LastRuntimeSeconds": seconds[-1] if seconds else 0.0,
        "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
        **{key: last[key] for key in ("TablesCreated", "TablesUpdated", "TablesDeleted")},
    }
