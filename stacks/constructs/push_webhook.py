"""What starts the pipeline at a push: a webhook with a secret of its own."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_secretsmanager as secretsmanager

from constructs import Construct

_SECRET_CHARACTERS = 40


class PushWebhook(Construct):
    """GitHub signs each call with the secret, which is made here. The CDK's own webhook would use the token for that.

    Whoever learns it can start the pipeline, and no more.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, pipeline: codepipeline.Pipeline, source_action: str
    ) -> None:
        super().__init__(scope, construct_id)
        # A name of its own, because a reference by ARN would be longer than the webhook's property may be.
        name = f"{Stack.of(self).stack_name}/webhook"
        secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=name,
            description="GitHub signs with it what it tells the pipeline's webhook",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=_SECRET_CHARACTERS, exclude_punctuation=True
            ),
        )
        webhook = codepipeline.CfnWebhook(
            self,
            "Webhook",
            authentication="GITHUB_HMAC",
            authentication_configuration=codepipeline.CfnWebhook.WebhookAuthConfigurationProperty(
                # CloudFormation reads it: the template has the secret's name.
                secret_token=f"{{{{resolve:secretsmanager:{name}}}}}"
            ),
            filters=[
                codepipeline.CfnWebhook.WebhookFilterRuleProperty(json_path="$.ref", match_equals="refs/heads/{Branch}")
            ],
            target_action=source_action,
            target_pipeline=pipeline.pipeline_name,
            target_pipeline_version=1,
            register_with_third_party=True,
        )
        webhook.node.add_dependency(secret)
