"""The local cloud's process: the front door, the services behind it, and their engines."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, TYPE_CHECKING

from localcloud.front_door.gateway import Gateway
from localcloud.front_door.identity import Identity
from localcloud.front_door.registry import operation_groups
from localcloud.iam.authorization import Authorization
from localcloud.moto_services.bridge import MotoBridge
from localcloud.moto_services.s3_events import tell_of_objects
from localcloud.platform import allocation, processes, run_file
from localcloud.platform.cloud import Cloud
from localcloud.platform.settings import LOOPBACK, Settings
from localcloud.platform.state_file import NotWrittenError
from localcloud.wire.addresses import Addresses
from localcloud.wire.models import keep_no_documentation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import uvicorn

    from localcloud.platform.service import Operations
    from localcloud.platform.store import Store

log = logging.getLogger("localcloud")


HOME_CHECK_SECONDS = 2.0
_ROUTE_THREADS = 256
#: How long requests under way may still take when the local cloud is to end.
LAST_ANSWERS_SECONDS = 1.0


class PortTakenError(Exception):
    """Another process listens on the port."""


class HomeTakenError(Exception):
    """Another local cloud runs in this home."""


def listen(port: int) -> socket.socket:
    """The listening socket; port 0 takes a free one. Raises PortTakenError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it. Without it an answer's body waits 40 ms for the acknowledgement of its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"Port {port} on {LOOPBACK} is taken ({error.strerror}). End what listens there "
            f"(`ss -ltnp 'sport = :{port}'` names it), or choose another: LOCALCLOUD_PORT=… make up"
        ) from error
    listener.listen(256)
    return listener


def serve(settings: Settings, listener: socket.socket) -> None:
    """Runs until SIGTERM or SIGINT, with the state that an earlier run left in this home.

    Raises HomeTakenError where a local cloud runs in it, StateError where its state cannot be brought back.
    """
    import uvloop

    allocation.give_back_what_is_freed()
    keep_no_documentation()
    taken = _take_home(settings.home)
    killed = processes.kill_leftovers(str(settings.home))
    if killed:
        log.warning("ended %d processes that an earlier run had left", killed)
    shutil.rmtree(settings.home / "work", ignore_errors=True)
    # Every process that is started from here ends with this one, even the installer of an environment.
    os.environ[processes.OWNER_VARIABLE] = str(settings.home)
    cloud = Cloud.assemble(settings)
    groups: list[Operations] = [group(cloud) for group in operation_groups()]
    moto = MotoBridge(settings)
    tell_of_objects(cloud.events)
    authorization = Authorization(settings.account_id, cloud.store)
    addresses = Addresses(region=settings.region, port=settings.port)
    gateway = Gateway(groups, Identity(settings, cloud.clients), authorization, moto, cloud.issuers, addresses)
    cloud.calls.answer_by(gateway.answer_service)
    run_file.write(settings, os.getpid())
    written = settings.home / run_file.RUN_FILE
    try:
        uvloop.run(_run(gateway, groups, listener, written, partial(_write_the_last, groups, cloud.store)))
    finally:
        cloud.store.freeze()
        for group in reversed(groups):
            group.stop()
        cloud.processes.stop_all()
        shutil.rmtree(settings.home / "work", ignore_errors=True)
        written.unlink(missing_ok=True)
        moto.close()
        cloud.store.close()
        taken.close()


def _take_home(home: Path) -> IO[bytes]:
    """Locks the home: two processes in it would overwrite each other's state."""
    lock = (home / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise HomeTakenError(
            f"A local cloud runs in {home} already: `python -m localcloud status` says where, `down` ends it."
        ) from error
    return lock


async def _run(
    gateway: Gateway,
    groups: list[Operations],
    listener: socket.socket,
    written: Path,
    write_the_last: Callable[[], None],
) -> None:
    import uvicorn

    from localcloud.front_door import connections

    connections.cut_the_dead(listener)
    connections.allow_many_connections()
    # Routes that block have threads of their own: a push may wait for what it starts.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_ROUTE_THREADS, thread_name_prefix="route"))
    server = uvicorn.Server(connections.configuration(gateway))
    asked_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_end.set)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    for group in groups:
        group.start()
    allocation.give_back_what_is_free()
    tasks = [asyncio.create_task(_end_without_home(asked_to_end, written))]
    tasks.append(asyncio.create_task(_go_down(server, gateway, asked_to_end, write_the_last)))
    await server.serve(sockets=[listener])
    for task in tasks:
        task.cancel()


async def _go_down(
    server: uvicorn.Server, gateway: Gateway, asked_to_end: asyncio.Event, write_the_last: Callable[[], None]
) -> None:
    """Answers the requests under way and no later ones, then lets nothing more be written down.

    So no engine mistakes the end of the front door for a failure of its work.
    """
    await asked_to_end.wait()
    await gateway.close(LAST_ANSWERS_SECONDS)
    await asyncio.to_thread(write_the_last)
    server.should_exit = True


def _write_the_last(groups: Sequence[Operations], store: Store) -> None:
    """Writes down what is in memory alone, and from then on nothing."""
    for group in groups:
        try:
            group.save()
        except NotWrittenError as error:
            log.warning("%s: what was in memory alone is not written down: %s", group.service, error)
    store.freeze()


async def _end_without_home(asked_to_end: asyncio.Event, written: Path) -> None:
    """Ends the local cloud when its home is deleted, for nobody could find it any more to end it."""
    while written.exists():  # noqa: ASYNC110, ASYNC240  (a file has no event, and a stat every two seconds blocks nobody)
        await asyncio.sleep(HOME_CHECK_SECONDS)
    log.warning("%s is gone: going down", written)
    asked_to_end.set()
