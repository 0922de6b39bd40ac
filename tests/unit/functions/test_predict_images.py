"""Images by an address: nobody reaches anything through the function but an image on an allowed, public host."""

from __future__ import annotations

import base64
import datetime as dt
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from handover.images import size_of
from tests.doors import IMAGES
from tests.unit.functions.predict_lab import Function

HOST, PUBLIC = "images.example", "93.184.215.14"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\0\0\0\0"


IMAGE = png(28, 28)


def ok(body: bytes, *headers: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", *headers, "", ""]).encode() + body


class ImageHost:
    """An https server on loopback, in the place of a public one. says: the bytes that it answers, in pieces."""

    def __init__(self, folder: Path) -> None:
        self.says: list[bytes] = [ok(IMAGE, f"Content-Length: {len(IMAGE)}")]
        self.between: Callable[[], object] = lambda: None
        self.asked: list[bytes] = []
        self.certificate = folder / "certificate.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        self.certificate.write_bytes(_certificate(key) + _pem(key))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.place = self._listener.getsockname()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                channel, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(channel,), daemon=True).start()

    def _answer(self, plain: socket.socket) -> None:
        with suppress(OSError), closing(plain), self._context.wrap_socket(plain, server_side=True) as channel:
            self.asked.append(channel.recv(65536))
            for piece in self.says:
                channel.sendall(piece)
                self.between()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _certificate(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def image_host(tmp_path: Path) -> Iterator[ImageHost]:
    host = ImageHost(tmp_path)
    yield host
    host.close()


class Fetching:
    """The function, whose name server and network are the test's."""

    def __init__(self, function: Function, host: ImageHost, hosts: frozenset[str] = frozenset({HOST})) -> None:
        self.function = function
        self.resolved: list[str] = []
        self.dialled: list[str] = []
        self.addresses: Callable[[str], list[str]] = lambda _: [PUBLIC]
        self.trusts = True
        self._host = host
        self.most = self.module.Addresses(
            hosts=hosts, most_bytes=1000, resolve=self._resolve, dial=self._dial, trust=self._trust, seconds=5.0
        )
        function.handler.PREDICT._asking._fetch = self._fetch
        function.endpoint_says(b"[0.25, 0.75]")

    @property
    def module(self) -> ModuleType:
        return __import__("addresses")

    def __call__(self, address: str) -> tuple[int, Any]:
        return self.function.ask({"address": address})

    def refusal(self, address: str) -> str:
        """The message of a refusal, after which the endpoint was not asked."""
        status, answer = self(address)
        assert (status, answer["field"]) == (400, "address")
        assert self.function.stub.asked == []
        return str(answer["message"])

    def _fetch(self, address: str, deadline: float) -> bytes:
        return bytes(self.most.fetch(address, deadline))

    def _resolve(self, host: str) -> list[str]:
        self.resolved.append(host)
        return self.addresses(host)

    def _dial(self, address: str, seconds: float) -> socket.socket:
        self.dialled.append(address)
        return socket.create_connection(self._host.place, timeout=seconds)

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.trusts:
            context.load_verify_locations(self._host.certificate)
        return context


@pytest.fixture
def fetching(predict: Callable[..., Function], image_host: ImageHost) -> Fetching:
    return Fetching(predict(IMAGES, IMAGE_HOSTS=HOST), image_host)


def test_an_image_is_fetched_from_an_allowed_host(fetching: Fetching, image_host: ImageHost) -> None:
    """The image goes to the endpoint with the type that its bytes have; host and path are asked as they stand."""
    status, answer = fetching(f"https://{HOST}/a/b.png?size=1")
    assert (status, answer["label"]) == (200, "b")
    assert fetching.function.stub.asked[0].body == IMAGE
    assert fetching.function.stub.asked[0].headers["content-type"] == "image/png"
    assert (fetching.resolved, fetching.dialled) == ([HOST], [PUBLIC])
    asked = image_host.asked[0].decode().splitlines()
    assert asked[0] == "GET /a/b.png?size=1 HTTP/1.1"
    assert f"Host: {HOST}" in asked
    assert not any(line.lower().startswith(("authorization", "cookie")) for line in asked)


@pytest.mark.parametrize(
    "address",
    [
        "https://169.254.169.254/latest/meta-data/iam/security-credentials/",
        "https://2852039166/",  # the same, as one number
        "https://0xa9fea9fe/",
        "https://0251.0376.0251.0376/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fd00:ec2::254]/",
        "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
        "https://localhost/",
        "https://other.example/a.png",
        f"https://{HOST}.other.example/a.png",
        f"https://{HOST}@other.example/a.png",
        f"https://other.example#@{HOST}/",
        f"https://other.example\\@{HOST}/a.png",
        f"https://user:word@{HOST}/a.png",
        f"https://{HOST}:8443/a.png",
        f"https://{HOST}./a.png",
        f"https://{HOST}/a b",
        f"https://{HOST}/\r\nHost: other.example",
        f"https://{HOST}/a\u0000",
        "https://images。example/a.png",
        "https:///a.png",
        "https://",
    ],
)
def test_no_other_host_is_reached(fetching: Fetching, address: str) -> None:
    """Metadata services, numbers of any base, other ports, users and hosts that only look allowed are not resolved."""
    assert fetching.refusal(address).startswith(
        f"An image is fetched by https alone, without user or fragment, from an allowed host: {HOST}"
    )
    assert (fetching.resolved, fetching.dialled) == ([], [])


@pytest.mark.parametrize("scheme", ["http", "file", "ftp", "gopher", "data", ""])
def test_no_other_scheme_is_taken(fetching: Fetching, scheme: str) -> None:
    """An address that is not of https does not get as far as a name server."""
    fetching.refusal(f"{scheme}://{HOST}/a.png")
    assert fetching.resolved == []


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "224.0.0.1",
        "0.0.0.0",  # noqa: S104  (nobody listens there)
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fd00:ec2::254", "fc00::1", "ff02::1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::169.254.169.254",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1", "2002:a9fe:a9fe::1", "2001:db8::1",
        "2001:0:4136:e378:8000:63bf:5601:5601",
    ],
)  # fmt: skip
def test_a_name_of_a_private_address_is_refused(fetching: Fetching, address: str) -> None:
    """A name that leads to this machine, a private network or the metadata service is refused, in every notation."""
    fetching.addresses = lambda _: [PUBLIC, address]
    assert fetching.refusal(f"https://{HOST}/a.png") == f"{HOST} is no public host."
    assert fetching.dialled == []


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_a_name_of_a_public_address_is_taken(fetching: Fetching, address: str) -> None:
    """Public addresses of both versions are dialled as they are."""
    fetching.addresses = lambda _: [address]
    assert fetching(f"https://{HOST}/a.png")[0] == 200
    assert fetching.dialled == [address]


def test_a_name_that_changes_its_mind_changes_nothing(fetching: Fetching) -> None:
    """The name is resolved once, and the connection goes to the address that was checked."""
    found = iter([[PUBLIC], ["127.0.0.1"]])
    fetching.addresses = lambda _: next(found)
    assert fetching(f"https://{HOST}/a.png")[0] == 200
    assert (fetching.resolved, fetching.dialled) == ([HOST], [PUBLIC])


def test_a_name_that_nobody_knows_is_refused(fetching: Fetching) -> None:
    """A name server that knows no such name, or names no address, ends it."""

    def unknown(_: str) -> list[str]:
        raise socket.gaierror

    fetching.addresses = unknown
    assert fetching.refusal(f"https://{HOST}/a.png") == f"The name {HOST} is not known."
    fetching.addresses = lambda _: []
    assert fetching.refusal(f"https://{HOST}/a.png") == f"{HOST} is no public host."


def test_the_certificate_must_be_the_hosts(fetching: Fetching, image_host: ImageHost) -> None:
    """Who has the address but no trusted certificate of the name sees no request."""
    fetching.trusts = False
    assert "certificate" in fetching.refusal(f"https://{HOST}/a.png")
    assert image_host.asked == []


def test_a_certificate_of_another_name_is_not_enough(predict: Callable[..., Function], image_host: ImageHost) -> None:
    """The certificate's name is compared with the host's, not with the address that is dialled."""
    other = Fetching(predict(IMAGES, IMAGE_HOSTS="other.example"), image_host, frozenset({"other.example"}))
    assert "certificate" in other.refusal("https://other.example/a.png")
    assert image_host.asked == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(fetching: Fetching, image_host: ImageHost, status: int) -> None:
    """Wherever a redirect leads, nothing is asked there."""
    head = f"HTTP/1.1 {status} Moved\r\nLocation: https://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    image_host.says = [head.encode()]
    said = fetching.refusal(f"https://{HOST}/a.png")
    assert said == f"{HOST} answered {status}, and redirects are not followed."
    assert len(fetching.dialled) == len(image_host.asked) == 1


@pytest.mark.parametrize(
    "says",
    [
        [ok(IMAGE + b"\0" * 1000, f"Content-Length: {len(IMAGE) + 1000}")],
        [ok(b"", "Content-Length: 99999999999")],
        [ok(b"", "Connection: close"), IMAGE, b"\0" * 1000],
        [ok(b"", "Transfer-Encoding: chunked"), b"400\r\n", b"\0" * 1024, b"\r\n0\r\n\r\n"],
    ],
)
def test_a_large_body_is_not_read(fetching: Fetching, image_host: ImageHost, says: list[bytes]) -> None:
    """The limit holds for what is announced and for what comes."""
    image_host.says = says
    assert fetching.refusal(f"https://{HOST}/a.png") == f"What {HOST} sends is larger than 1000 bytes."


@pytest.mark.parametrize("says", [[b"HTTP/1.1 200 OK\r\n"], [ok(IMAGE, "Content-Length: 900")], []])
def test_a_slow_host_costs_a_limited_time(fetching: Fetching, image_host: ImageHost, says: list[bytes]) -> None:
    """A head, a body or an answer that does not end is given up at the deadline of the fetch, not of each byte."""
    held = threading.Event()
    image_host.says, image_host.between = [*says, b"a"], held.wait
    if not says:
        image_host.says = [b""]
    fetching.most = __import__("dataclasses").replace(fetching.most, seconds=0.5)
    assert fetching.refusal(f"https://{HOST}/a.png") == f"{HOST} did not send the image within 0.5 s."
    held.set()


def test_a_head_that_comes_byte_by_byte_is_given_up(fetching: Fetching, image_host: ImageHost) -> None:
    """Each byte comes in time, but all of them do not: the deadline is for the whole."""
    pause = threading.Event()
    image_host.says, image_host.between = [b"H"] * 10_000, lambda: pause.wait(0.05)
    fetching.most = __import__("dataclasses").replace(fetching.most, seconds=0.5)
    assert fetching.refusal(f"https://{HOST}/a.png") == f"{HOST} did not send the image within 0.5 s."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>not an image</html>", "The first bytes are of no png"),
        (b"GIF89a", "The first bytes are of no png"),
        (b"\xff\xd8\xff\xe0", "The first bytes are of no png"),
        (png(100_000, 100_000), "The image has 100000 by 100000 pixels: expected at most 16000000 in all."),
        (png(0, 28), "The header of the image does not say how large it is."),
        (IMAGE[:20], "The header of the image does not say how large it is."),
        (IMAGE + b"\0" * 1000, "The image has 1029 bytes: expected at most 1000."),
    ],
)
def test_what_is_no_image_is_not_handed_on(predict: Callable[..., Function], content: bytes, said: str) -> None:
    """The first bytes count, whatever the content type; what would unpack to gigabytes is refused by its header."""
    function = predict(IMAGES)
    body = base64.b64encode(content).decode()
    status, answer = function.ask(body, content_type="image/png", isBase64Encoded=True)
    assert status == 400
    assert answer["message"].startswith(said)
    assert function.stub.asked == []


def test_fetched_bytes_are_sniffed_too(fetching: Fetching, image_host: ImageHost) -> None:
    """A host that calls a page an image is not believed."""
    image_host.says = [ok(b"<html>", "Content-Type: image/png", "Content-Length: 6")]
    assert fetching.refusal(f"https://{HOST}/a.png").startswith("The first bytes are of no png")


def test_without_allowed_hosts_no_address_is_taken(predict: Callable[..., Function]) -> None:
    """A stack that names no host gives the function no way out."""
    status, answer = predict(IMAGES).ask({"address": f"https://{HOST}/a.png"})
    assert (status, answer["message"]) == (400, "No address is taken here: send the image itself.")


def test_the_size_of_a_jpeg_is_in_its_frame() -> None:
    """Segments before the frame are passed over; a file that ends before it says nothing."""
    application = b"\xff\xe0" + (16).to_bytes(2) + b"JFIF" + b"\0" * 10
    frame = b"\xff\xff\xc2" + (17).to_bytes(2) + b"\x08" + (480).to_bytes(2) + (640).to_bytes(2) + b"\x03"
    assert size_of(b"\xff\xd8" + application + frame) == (640, 480)
    assert size_of(b"\xff\xd8" + application) is None
    assert size_of(json.dumps({}).encode()) is None
