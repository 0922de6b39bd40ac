"""Calls of the account's root, as the front door hands them to an operation."""

from __future__ import annotations

from localcloud.platform.service import Call, Caller


def call(service: str, operation: str = "") -> Call:
    return Call(
        service=service,
        operation=operation,
        region="us-east-1",
        caller=Caller(account_id="123456789012", access_key_id="k", arn="arn:aws:iam::123456789012:root"),
        request_id="r",
    )
