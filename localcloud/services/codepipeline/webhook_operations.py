"""Webhooks: they belong to a source action, are registered at GitHub, and start the pipeline at a genuine call."""

from __future__ import annotations

import asyncio
import http.client
import json
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.platform import github_client
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, HttpRequest, HttpResponse, Params, Route, operation, without_policies
from localcloud.services.codepipeline.action_types import MASK
from localcloud.services.codepipeline.pagination import page
from localcloud.services.codepipeline.pipeline_operations import PipelineOperations
from localcloud.services.codepipeline.records import now
from localcloud.services.codepipeline.webhook_filter import is_path, matches, placeholders, signature_is_valid

if TYPE_CHECKING:
    from localcloud.platform.own_http import Answer

PREFIX = "/_codepipeline/webhook/"
_NO_COMMIT = "0" * 40


class WebhookOperations(PipelineOperations):
    @operation("PutWebhook")
    def put_webhook(self, _: Call, params: Params) -> Params:
        """Makes a webhook, or gives an existing one a new definition under its old address."""
        definition = params["webhook"]
        self._check(definition)
        name = definition["name"]
        known = self.records.webhooks.get(name) or {}
        webhook = {
            "definition": definition,
            "id": known.get("id", uuid.uuid4().hex),
            "tags": params.get("tags", known.get("tags", [])),
            **({"hook": known["hook"]} if "hook" in known else {}),
        }
        self.records.webhooks.put(name, webhook)
        return {"webhook": self._shown(webhook)}

    @operation("ListWebhooks")
    def list_webhooks(self, _: Call, params: Params) -> Params:
        found, more = page([webhook for _, webhook in self.records.webhooks.items()], params)
        return {"webhooks": [self._shown(webhook) for webhook in found], **more}

    @operation("DeleteWebhook")
    def delete_webhook(self, _: Call, params: Params) -> None:
        """Deletes a webhook. As on AWS, an unknown one is no error."""
        self.records.webhooks.delete(params["name"])

    @operation("RegisterWebhookWithThirdParty")
    def register_webhook_with_third_party(self, _: Call, params: Params) -> None:
        """Makes the hook at GitHub, with the token of the source action. Replaces an earlier one."""
        webhook = self._webhook(params.get("webhookName", ""))
        if "hook" in webhook:
            self._deregister(webhook)
        definition = webhook["definition"]
        configuration = self._configuration(definition)
        wanted = {
            "name": "web",
            "active": True,
            "events": ["push"],
            "config": {
                "url": self._url(webhook),
                "content_type": "json",
                "secret": definition["authenticationConfiguration"].get("SecretToken", ""),
            },
        }
        repository = f"{configuration['Owner']}/{configuration['Repo']}"
        answer = self._ask("POST", f"/repos/{repository}/hooks", configuration["OAuthToken"], wanted)
        if answer.status != 201:
            raise _not_registered(answer, repository, definition)
        hook = {"repository": repository, "id": json.loads(answer.body)["id"]}
        self.records.webhooks.update(definition["name"], lambda found: found.update(hook=hook))

    @operation("DeregisterWebhookWithThirdParty")
    def deregister_webhook_with_third_party(self, _: Call, params: Params) -> None:
        """Removes the hook at GitHub. A webhook without one is no error."""
        webhook = self._webhook(params.get("webhookName", ""))
        if "hook" in webhook:
            self._deregister(webhook)

    def routes(self) -> list[Route]:
        return [*super().routes(), Route(prefix=PREFIX, answer=self._called, authorize=without_policies)]

    async def _called(self, request: HttpRequest) -> HttpResponse:
        return await asyncio.to_thread(self._receive, request)

    def _receive(self, request: HttpRequest) -> HttpResponse:
        webhook_id = request.path.removeprefix(PREFIX)
        webhook = next((found for _, found in self.records.webhooks.items() if found["id"] == webhook_id), None)
        if webhook is None:
            return _answer(404, "There is no such webhook.")
        definition = webhook["definition"]
        if definition["authentication"] == "GITHUB_HMAC":
            secret = definition["authenticationConfiguration"]["SecretToken"]
            if not signature_is_valid(secret, request.body, request.headers):
                return _answer(
                    403,
                    "The signature is missing or does not fit the body: the secret of the hook is not the webhook's.",
                )
        try:
            payload = json.loads(request.body)
        except ValueError:
            return _answer(400, "The body is not JSON; set the hook's content type to application/json.")
        self.records.webhooks.update(definition["name"], lambda found: found.update(lastTriggered=now()))
        try:
            return self._start(definition, payload, request.headers.get("x-github-delivery"))
        except AwsError as error:  # for instance, the pipeline is gone
            return _answer(400, f"{error.code}: {error.message}")

    def _start(self, definition: Params, payload: Any, delivery: str | None) -> HttpResponse:
        """Starts the pipeline, once for each delivery, if the event passes the filters and has a commit."""
        if not matches(payload, definition["filters"], self._configuration(definition)):
            return _answer(200, "The event does not pass the webhook's filters: nothing was started.")
        commit = payload.get("after") if isinstance(payload, dict) else None
        if commit == _NO_COMMIT:
            return _answer(200, "The branch was deleted: nothing was started.")
        execution_id = self.engine.start_execution(
            definition["targetPipeline"],
            trigger={"triggerType": "Webhook", "triggerDetail": self._arn(definition["name"])},
            overrides={definition["targetAction"]: commit} if isinstance(commit, str) else {},
            token=delivery,
        )
        return _answer(200, f"Started execution {execution_id}.")

    def _check(self, definition: Params) -> None:
        authentication, configuration = definition["authentication"], definition["authenticationConfiguration"]
        if authentication == "IP":
            raise UnsupportedError("codepipeline:PutWebhook with authentication IP")
        if authentication == "GITHUB_HMAC" and not configuration.get("SecretToken"):
            raise AwsError(
                "InvalidWebhookAuthenticationParametersException", "Authentication GITHUB_HMAC needs a SecretToken."
            )
        action_configuration = self._configuration(definition)
        for rule in definition["filters"]:
            if not is_path(rule["jsonPath"]):
                raise AwsError(
                    "InvalidWebhookFilterPatternException",
                    f"The JSON path {rule['jsonPath']!r} may have names and indices only, as in $.ref.",
                )
            for name in placeholders(rule.get("matchEquals", "")):
                if name not in action_configuration:
                    raise AwsError(
                        "InvalidWebhookFilterPatternException",
                        f"{{{name}}} is not configured in action {definition['targetAction']}.",
                    )

    def _configuration(self, definition: Params) -> dict[str, str]:
        """The configuration of the webhook's action, with its token in clear."""
        stages = self.records.declaration(definition["targetPipeline"])["stages"]
        for action in stages[0]["actions"]:
            if action["name"] == definition["targetAction"]:
                return dict(action["configuration"])
        raise AwsError(
            "ValidationException",
            f"Pipeline '{definition['targetPipeline']}' has no source action '{definition['targetAction']}'",
        )

    def _webhook(self, name: str) -> Params:
        found = self.records.webhooks.get(name)
        if found is None:
            raise AwsError("WebhookNotFoundException", f"There is no webhook with the name '{name}'")
        return found

    def _deregister(self, webhook: Params) -> None:
        """Deletes the hook at GitHub. If the hook, its pipeline or the token is gone, nothing can be done."""
        hook, definition = webhook["hook"], webhook["definition"]
        known = definition["targetPipeline"] in self.records.pipelines
        token = self._configuration(definition).get("OAuthToken") if known else None
        if token:
            answer = self._ask("DELETE", f"/repos/{hook['repository']}/hooks/{hook['id']}", token)
            if answer.status not in {204, 404}:
                raise AwsError(
                    "ValidationException",
                    f"Webhook '{definition['name']}' could not be deregistered from GitHub. {answer.described()}",
                )
        self.records.webhooks.update(definition["name"], lambda found: found.pop("hook", None))

    def _ask(self, method: str, path: str, token: str, body: object = None) -> Answer:
        try:
            return github_client.ask(self.cloud.settings.endpoint_url, method, path, token=token, body=body)
        except (OSError, http.client.HTTPException) as error:
            raise AwsError("ValidationException", f"GitHub could not be reached: {error}") from error

    def _shown(self, webhook: Params) -> Params:
        definition = webhook["definition"]
        authentication = dict(definition["authenticationConfiguration"])
        if "SecretToken" in authentication:
            authentication["SecretToken"] = MASK
        return {
            "definition": definition | {"authenticationConfiguration": authentication},
            "url": self._url(webhook),
            "arn": self._arn(definition["name"]),
            "tags": webhook["tags"],
            **({"lastTriggered": webhook["lastTriggered"]} if "lastTriggered" in webhook else {}),
        }

    def _url(self, webhook: Params) -> str:
        return f"{self.cloud.settings.endpoint_url}{PREFIX}{webhook['id']}"

    def _arn(self, name: str) -> str:
        return self.cloud.arn("codepipeline", f"webhook:{name}")


def _not_registered(answer: Answer, repository: str, definition: Params) -> AwsError:
    cause, remedy = {
        401: ("Invalid credentials", f"Give action {definition['targetAction']} a token that GitHub accepts"),
        404: ("Not found", f"Make the repository {repository} at GitHub, or give the token access to it"),
    }.get(answer.status, ("GitHub refused the hook", "See GitHub's answer"))
    return AwsError(
        "ValidationException",
        f"Webhook could not be registered with GitHub. Error cause: {cause} {answer.described()}. {remedy}.",
    )


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": "text/plain"}, body=f"{text}\n".encode())
