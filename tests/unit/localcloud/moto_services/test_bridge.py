"""What moto is made of here, in a process of its own: to import it changes it."""

from pathlib import Path

from tests.alone import run_alone

_STARTED = """
import json, sys
from pathlib import Path
from localcloud.moto_services.bridge import MotoBridge
from localcloud.platform.service import HttpRequest
from localcloud.platform.settings import Settings

moto = MotoBridge(Settings(home=Path(sys.argv[1])))
print(sorted(name for name in sys.modules if name in ("moto.ec2", "moto.ecs")))

def ask(service, target, params):
    scope = f"Credential=A/20261121/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"host": "127.0.0.1", "authorization": f"AWS4-HMAC-SHA256 {scope}", "x-amz-target": target}
    body = json.dumps(params).encode()
    return moto.answer(HttpRequest(method="POST", path="/", query="", headers=headers, body=body), lambda _: True)

scaled = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/e/variant/v", "MinCapacity": 1, "MaxCapacity": 2}
scaled["ScalableDimension"] = "sagemaker:variant:DesiredInstanceCount"
print(ask("application-autoscaling", "AnyScaleFrontendService.RegisterScalableTarget", scaled).status)
by_tag = [{"Key": "tag:a", "Values": ["b"]}]
try:
    ask("ssm", "AmazonSSM.SendCommand", {"DocumentName": "AWS-RunShellScript", "Targets": by_tag})
except NotImplementedError as refused:
    print(refused)
"""


def test_ec2_is_not_imported_and_not_missed(tmp_path: Path) -> None:
    """The bridge works without moto's EC2, whose import takes most of a start; who asks for instances is refused."""
    done = run_alone(_STARTED, tmp_path)
    assert done.stdout.splitlines() == ["[]", "200", "all_reservations of a service that is not here"], done.stderr
