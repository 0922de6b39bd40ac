"""The module ``cfnresponse``, which CloudFormation puts beside code that stands in a template.

It is no part of the local cloud's program: it runs in the function, under AWS's name and with AWS's signature.
"""

import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201  (AWS's signature)
    """Answers for a custom resource. Without an id of its own the resource is called like the function's log."""
    answer = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310
    with urllib.request.urlopen(request) as answered:  # noqa: S310  (CloudFormation's own address)
        print("Status code:", answered.status)  # noqa: T201
