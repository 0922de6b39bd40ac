"""The names of a job's hosts, in the Pythons of its containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.images import script_mode

MODULE = Path(script_mode.__file__).with_name("host_names.py")
#: What PyTorch's distributed package is to the module under test: a class that its own modules have imported by name.
TORCH = {
    "torch/__init__.py": "",
    "torch/distributed/__init__.py": """
class TCPStore:
    def __init__(self, host_name, port, world_size=None, is_master=False, timeout=None, master_listen_fd=None):
        self.given = host_name, port, is_master, master_listen_fd

from torch.distributed import rendezvous
""",
    "torch/distributed/rendezvous.py": "from torch.distributed import TCPStore\n",
}
HOSTS = {"algo-1": "127.201.7.1", "algo-2": "127.201.7.2"}


def run(folder: Path, program: str, host: str = "algo-2") -> str:
    """What a program says that runs in a container of the job, whose packages are in ``folder``."""
    script = folder / "program.py"
    script.write_text(f"import host_names\nhost_names.begin()\n{program}")
    told = {"LOCALCLOUD_HOST": host, "LOCALCLOUD_HOSTS": json.dumps(HOSTS), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, script],
        env={**told, "PYTHONPATH": f"{MODULE.parent}:{folder}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def torch(tmp_path: Path) -> Path:
    for name, text in TORCH.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_names_resolve_in_python(tmp_path: Path) -> None:
    """A host finds the others and itself, as it does on AWS; every other name is the machine's affair."""
    said = run(
        tmp_path,
        """
import socket
print(socket.gethostname(), socket.getfqdn(), socket.gethostbyname("algo-1"), socket.gethostbyname("127.0.0.1"))
print(socket.getaddrinfo("algo-1", 7777, type=socket.SOCK_STREAM)[0][4], socket.gethostbyaddr("127.201.7.1")[0])
""",
    )
    assert said.splitlines() == [
        "algo-2 algo-2 127.201.7.1 127.0.0.1",
        "('127.201.7.1', 7777) algo-1",
    ]


def test_sockets_take_names(tmp_path: Path) -> None:
    """A host listens under its own name, and is reached under it."""
    said = run(
        tmp_path,
        """
import socket
with socket.socket() as server:
    server.bind(("algo-2", 0))
    server.listen()
    address = server.getsockname()
    with socket.socket() as client:
        client.connect(("algo-2", address[1]))
        print(address[0], client.getpeername()[0])
""",
    )
    assert said.split() == ["127.201.7.2", "127.201.7.2"]


def test_torch_gets_addresses_and_a_socket_of_its_own(torch: Path) -> None:
    """Its store listens on the host's address alone: two jobs can use one port, and nobody else reaches it."""
    said = run(
        torch,
        """
import os, socket
import torch.distributed
from torch.distributed.rendezvous import TCPStore
host, port, is_master, handle = TCPStore("algo-1", 7777, 2, is_master=False).given
print(host, port, is_master, handle)
host, port, is_master, handle = torch.distributed.TCPStore("algo-2", 7777, 2, True).given
print(host, port, is_master, socket.socket(fileno=handle).getsockname())
print(os.environ["GLOO_SOCKET_IFNAME"])
""",
    )
    assert said.splitlines() == [
        "127.201.7.1 7777 False None",
        "127.201.7.2 7777 True ('127.201.7.2', 7777)",
        "lo",
    ]


def test_torch_decides_where_a_port_is_in_use(torch: Path) -> None:
    """It shares the store that its process has on this port, or it says in its own words that the port is taken."""
    said = run(
        torch,
        """
import socket
from torch.distributed import TCPStore
with socket.create_server(("algo-2", 0)) as server:
    print(TCPStore("algo-2", server.getsockname()[1], 2, True).given[3])
""",
    )
    assert said.split() == ["None"]


def test_other_addresses_are_left_to_torch(torch: Path) -> None:
    """What a program does on one host, with localhost, is not touched."""
    said = run(torch, "from torch.distributed import TCPStore\nprint(TCPStore('localhost', 29500, 1, True).given)\n")
    assert said.strip() == "('localhost', 29500, True, None)"
