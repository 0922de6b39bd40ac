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

by_tag = [{"Key": "tag:a", "Values": ["b"]}]
try:
    ask("ssm", "AmazonSSM.SendCommand", {"DocumentName": "AWS-RunShellScript", "Targets": by_tag})
except NotImplementedError as refused:
    print(refused)
"""


def test_ec2_is_not_imported_and_not_missed(tmp_path: Path) -> None:
    """The bridge works without moto's EC2, whose import takes most of a start; who asks for instances is refused."""
    done = run_alone(_STARTED, tmp_path)
    assert done.stdout.splitlines() == ["[]", "all_reservations of a service that is not here"], done.stderr


_LISTED = """
import gc, sys
from pathlib import Path
from localcloud.moto_services.bridge import MotoBridge
from localcloud.platform.service import HttpRequest
from localcloud.platform.settings import Settings

home = Path(sys.argv[1])
moto = MotoBridge(Settings(home=home))

def s3(method, path, query="", body=b""):
    scope = "Credential=A/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"host": "127.0.0.1", "authorization": f"AWS4-HMAC-SHA256 {scope}"}
    request = HttpRequest(method=method, path=path, query=query, headers=headers, body=body)
    return moto.answer(request, lambda _: method != "GET")

def objects():
    gc.collect()
    return sum(type(each).__name__ in ("FakeKey", "FakeAcl", "FakeMultipart") for each in gc.get_objects())

enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
s3("PUT", "/versioned"), s3("PUT", "/versioned", "versioning", enabled), s3("PUT", "/plain")
for number in range(3):
    s3("PUT", f"/versioned/{number}", body=b"x" * 20_000 * (number + 1))
kept = objects()
hidden = home / "state" / "bodies"
hidden.rename(home / "hidden")
listed = [s3("GET", "/versioned", "versions").body.count(b"<Version>") for _ in range(20)]
(home / "hidden").rename(hidden)
for _ in range(20):
    s3("PUT", "/plain/a", body=b"y")
    s3("DELETE", "/plain/a")
print(set(listed), objects() - kept, s3("GET", "/versioned/2").status)
"""


def test_lists_of_versions_and_deleted_objects_leave_nothing_in_memory(tmp_path: Path) -> None:
    """A list of versions reads no object's bytes; its copies, and objects that were deleted, are forgotten."""
    done = run_alone(_LISTED, tmp_path)
    assert done.stdout.splitlines() == ["{3} 0 200"], done.stderr
