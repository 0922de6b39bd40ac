"""AWS::CodeStarConnections::Connection: the type under the service's former name."""

from __future__ import annotations

from localcloud.resources import aws_codeconnections_connection


class FormerConnection(aws_codeconnections_connection.Connection):
    """Ref is the connection's ARN."""

    type_name = "AWS::CodeStarConnections::Connection"
    service = "codestar-connections"
