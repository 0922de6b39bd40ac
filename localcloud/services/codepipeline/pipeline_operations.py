"""Creates, updates, describes, deletes and tags pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.codepipeline.action_types import masked_pipeline
from localcloud.services.codepipeline.engine import Engine
from localcloud.services.codepipeline.pagination import page
from localcloud.services.codepipeline.polling import Polling
from localcloud.services.codepipeline.records import now
from localcloud.services.codepipeline.structure import validate

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Table


class PipelineOperations(Operations):
    service = "codepipeline"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.engine = Engine(cloud)
        self.records = self.engine.records
        self.polling = Polling(cloud, self.engine)

    @operation("CreatePipeline")
    def create_pipeline(self, call: Call, params: Params) -> Params:
        """Creates a pipeline. As on AWS, it starts at once, unless a variable has no value without its caller."""
        declaration = params["pipeline"]
        name = declaration["name"]
        validate(declaration, region=self.cloud.settings.region)
        with self.engine.lock:
            if name in self.records.pipelines:
                raise AwsError(
                    "PipelineNameInUseException",
                    f"A pipeline with the name '{name}' already exists in account '{call.account_id}'",
                )
            created = now()
            tags = params.get("tags", [])
            document = {"version": 1, "created": created, "updated": created, "tags": tags, "type": "pipeline"}
            self.records.pipelines.put(name, document)
            self.records.versions.put(f"{name}/1", _complete(declaration, 1))
            if all("defaultValue" in variable for variable in declaration.get("variables", [])):
                self.engine.start_execution(
                    name, trigger={"triggerType": "CreatePipeline", "triggerDetail": call.caller.arn}
                )
        self.polling.look_at(name)
        return {"pipeline": masked_pipeline(self.records.declaration(name)), "tags": tags}

    @operation("UpdatePipeline")
    def update_pipeline(self, _: Call, params: Params) -> Params:
        declaration = params["pipeline"]
        name = declaration["name"]
        self.records.pipeline(name)
        validate(declaration, region=self.cloud.settings.region)
        with self.engine.lock:
            version = self.records.pipeline(name)["version"] + 1
            self.records.versions.put(f"{name}/{version}", _complete(declaration, version))
            self.records.pipelines.update(name, lambda found: found.update(version=version, updated=now()))
        self.polling.look_at(name)
        return {"pipeline": masked_pipeline(self.records.declaration(name))}

    @operation("GetPipeline")
    def get_pipeline(self, _: Call, params: Params) -> Params:
        name = params["name"]
        found = self.records.pipeline(name)
        return {
            "pipeline": masked_pipeline(self.records.declaration(name, params.get("version"))),
            "metadata": {
                "pipelineArn": self.pipeline_arn(name),
                "created": found["created"],
                "updated": found["updated"],
            },
        }

    @operation("ListPipelines")
    def list_pipelines(self, _: Call, params: Params) -> Params:
        found, more = page(list(self.records.pipelines.items()), params, most=1000)
        summaries = []
        for name, document in found:
            declaration = self.records.declaration(name)
            summaries.append(
                {
                    "name": name,
                    "version": document["version"],
                    "pipelineType": declaration["pipelineType"],
                    "executionMode": declaration["executionMode"],
                    "created": document["created"],
                    "updated": document["updated"],
                }
            )
        return {"pipelines": summaries, **more}

    @operation("DeletePipeline")
    def delete_pipeline(self, _: Call, params: Params) -> None:
        """Deletes a pipeline and abandons its executions. As on AWS, an unknown pipeline is no error."""
        if params["name"] in self.records.pipelines:
            self.polling.forget(params["name"])
            self.engine.delete_pipeline(params["name"])

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        table, name = self._tagged(params["resourceArn"])
        given = {tag["key"]: tag["value"] for tag in params["tags"]}
        known = {tag["key"]: tag["value"] for tag in (table.get(name) or {})["tags"]}
        tags = [{"key": key, "value": value} for key, value in {**known, **given}.items()]
        table.update(name, lambda found: found.update(tags=tags))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        table, name = self._tagged(params["resourceArn"])
        kept = [tag for tag in (table.get(name) or {})["tags"] if tag["key"] not in params["tagKeys"]]
        table.update(name, lambda found: found.update(tags=kept))

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        table, name = self._tagged(params["resourceArn"])
        tags, more = page((table.get(name) or {})["tags"], params)
        return {"tags": tags, **more}

    def pipeline_arn(self, name: str) -> str:
        return self.cloud.arn("codepipeline", name)

    def _tagged(self, arn: str) -> tuple[Table, str]:
        """The table and key of the pipeline or webhook with this ARN."""
        prefix = self.cloud.arn("codepipeline", "")
        resource = arn.removeprefix(prefix)
        is_webhook = resource.startswith("webhook:")
        table = self.records.webhooks if is_webhook else self.records.pipelines
        name = resource.removeprefix("webhook:")
        if not arn.startswith(prefix) or name not in table:
            raise AwsError("ResourceNotFoundException", f"There is no pipeline or webhook with the ARN {arn}")
        return table, name


def _complete(declaration: Params, version: int) -> Params:
    """The declaration in GetPipeline's form, with AWS's defaults."""
    stages = [
        stage
        | {
            "actions": [
                {"configuration": {}, "inputArtifacts": [], "outputArtifacts": [], "runOrder": 1} | action
                for action in stage["actions"]
            ]
        }
        for stage in declaration["stages"]
    ]
    defaults = {"executionMode": "SUPERSEDED", "pipelineType": "V1"}
    return defaults | declaration | {"stages": stages, "version": version}
