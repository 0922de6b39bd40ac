"""AWS::CloudWatch::CompositeAlarm."""

from __future__ import annotations

from localcloud.resources.aws_cloudwatch_alarm import Alarm


class CompositeAlarm(Alarm):
    """Ref is the alarm's name."""

    type_name = "AWS::CloudWatch::CompositeAlarm"
    put = "PutCompositeAlarm"
    kind = "CompositeAlarm"
