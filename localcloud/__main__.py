"""The local cloud's command line: up · status · env · prefetch · down · reset."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.iam.records import denied_calls
from localcloud.platform import administrator, client_environment, landlock, run_file
from localcloud.platform.environments import Environments
from localcloud.platform.processes import kill_leftovers, progress, send_signal
from localcloud.platform.settings import Settings
from localcloud.platform.state_file import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

#: So long a start may do nothing: neither compute nor read, write or log.
START_SECONDS = 60.0
STOP_SECONDS = 30.0
#: The commands that a user's shell gets.
_SHELL = Path(__file__).parent / "shell"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    options.home = options.home.resolve()
    # Only the user can read the files made from here on: state, logs, repositories and secrets.
    os.umask(0o077)
    # Neither this process nor any that it starts needs an AWS account of the caller's.
    options.foreign = client_environment.seal(os.environ)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("LOCALCLOUD_HOME", ".localcloud")))
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text)
        added.set_defaults(run=run)
        return added

    for server in (
        command("up", _up, "start it in the background; nothing to do where it runs already"),
        command("serve", _serve, "run it in the foreground"),
    ):
        server.add_argument("--port", type=_port, default=os.environ.get("LOCALCLOUD_PORT", "4566"))
        server.add_argument("--account-id", default="123456789012")
        server.add_argument("--region", default="us-east-1")
    command("status", _status, "whether it runs, and where")
    command("env", _env, 'variables for AWS clients: eval "$(python -m localcloud env)"')
    command("node", _node, "the folder with node and npm, for PATH")
    image = command("image-python", _image_python, "a Python with the packages of an image, and of more lock files")
    image.add_argument("repository")
    image.add_argument("locks", nargs="*", type=Path)
    prefetch = command("prefetch", _prefetch, "install what the images and these lock files need, ahead of use")
    prefetch.add_argument("locks", nargs="*", type=Path)
    prefetch.add_argument(
        "--images", nargs="*", metavar="REPOSITORY", help="of the images of jobs and models these alone; default: all"
    )
    command("down", _down, "end it and everything that it started")
    reset = command("reset", _reset, "down, and forget all state and logs")
    reset.add_argument("--ask", action="store_true", help="ask before anything is deleted")
    return parser


def _port(text: str) -> int:
    """A port of this machine; 0 for any that is free. Ends the program with a sentence for what is none."""
    if not (text.isascii() and text.isdecimal() and int(text) < 65_536):
        raise SystemExit(f"{text!r} is no port: expected 0 to 65535 (--port, or LOCALCLOUD_PORT)")
    return int(text)


def _serve(options: argparse.Namespace) -> int:
    home: Path = options.home
    from localcloud.front_door import server

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    try:
        listener = server.listen(options.port)
    except server.PortTakenError as error:
        print(error, file=sys.stderr)
        return 1
    _make_home(home)
    settings = Settings.from_environment(
        home=home, port=listener.getsockname()[1], account_id=options.account_id, region=options.region
    )
    try:
        server.serve(settings, listener)
    except (server.HomeTakenError, StateError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _make_home(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)


def _up(options: argparse.Namespace) -> int:
    home: Path = options.home
    running = run_file.answering(home)
    if running:
        print(f"The local cloud is up: {running.endpoint_url}")
        return 0
    _make_home(home)
    log_path = home / "localcloud.log"
    started = time.monotonic()
    with log_path.open("ab") as log:
        log.truncate(0)
        log_path.chmod(0o600)  # an earlier version may have left it open to all
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "localcloud", "--home", str(home), "serve", "--port", str(options.port)),
                *("--account-id", options.account_id, "--region", options.region),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    seen, seen_at = progress(process.pid, log_path), started
    while time.monotonic() < seen_at + START_SECONDS:
        running = run_file.answering(home)
        if running:
            print(f"The local cloud is up: {running.endpoint_url} ({time.monotonic() - started:.1f} s)")
            return 0
        if process.poll() is not None:
            print(log_path.read_text().strip()[-2000:], file=sys.stderr)
            return 1
        time.sleep(0.05)
        now = progress(process.pid, log_path)
        if now != seen:
            seen, seen_at = now, time.monotonic()
    process.kill()
    print(
        f"The local cloud did nothing for {START_SECONDS:.0f} s, and does not answer: see {log_path}", file=sys.stderr
    )
    return 1


def _down(options: argparse.Namespace) -> int:
    home: Path = options.home
    run = run_file.read(home)
    # Its id may be another process's by now, which must not be touched.
    if run is not None and send_signal(run.pid, run.born, signal.SIGTERM):
        deadline = time.monotonic() + STOP_SECONDS
        while run.runs() and time.monotonic() < deadline:
            time.sleep(0.05)
        send_signal(run.pid, run.born, signal.SIGKILL)
        print("The local cloud is down.")
    else:
        print("The local cloud was not running.")
    killed = kill_leftovers(str(home))
    if killed:
        print(f"Ended {killed} processes that it had left.")
    (home / run_file.RUN_FILE).unlink(missing_ok=True)
    return 0


def _status(options: argparse.Namespace) -> int:
    running = run_file.answering(options.home)
    for line in denied_calls(options.home):
        print(line)
    print(f"The local cloud is up: {running.endpoint_url}" if running else "The local cloud is down.")
    if not landlock.is_available():
        print("Builds, jobs, functions and containers can read its secrets: this machine has no Landlock (Linux 5.19).")
    return 0 if running else 1


def _env(options: argparse.Namespace) -> int:
    running = run_file.answering(options.home)
    if not running:
        print(
            "The local cloud is down: start it with `make up`. Nothing was set: your shell's AWS clients talk to"
            " whatever they talked to before.",
            file=sys.stderr,
        )
        return 1
    variables = client_environment.on_local_cloud(
        running.endpoint_url, running.region, administrator.credentials(options.home)
    ) | client_environment.for_the_cdk(options.home)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines += [f"unset {name}" for name in sorted(options.foreign - set(variables))]
    # A command and no function: scripts find it, too.
    lines.append(f'export PATH={shlex.quote(str(_SHELL))}:"$PATH"')
    print("\n".join(lines))
    return 0


def _is_sure(home: Path) -> bool:
    """Whether a person at a terminal says that the state may go; without one, nobody can."""
    print(f"The state of the local cloud will be deleted: all that stands in {home}", file=sys.stderr)
    if not sys.stdin.isatty():
        print("Nothing was deleted: nobody is at a terminal to be asked.", file=sys.stderr)
        return False
    if input("Delete it? [y/N] ").strip().lower() not in {"y", "yes"}:
        print("Nothing was deleted.", file=sys.stderr)
        return False
    return True


def _reset(options: argparse.Namespace) -> int:
    if options.ask and options.home.exists() and not _is_sure(options.home):
        return 1
    _down(options)
    shutil.rmtree(options.home, ignore_errors=True)
    return 0


def _node(_: argparse.Namespace) -> int:
    print(Environments(Settings.cache_folder()).node())
    return 0


def _image_python(options: argparse.Namespace) -> int:
    from localcloud.images import registry

    images = registry.images_named([options.repository])
    if not images:
        print(f"There is no image {options.repository}.", file=sys.stderr)
        return 1
    environments = Environments(Settings.cache_folder(), say=lambda text: print(text, file=sys.stderr))
    print(images[0].packages(environments, *options.locks).python)
    return 0


def _prefetch(options: argparse.Namespace) -> int:
    from localcloud.images import registry

    environments = Environments(Settings.cache_folder(), say=print)
    images = registry.images_named(options.images)
    for image in images:
        if notice := image.notice(environments):
            print(notice, file=sys.stderr, flush=True)
        image.packages(environments)
    for lock in registry.service_locks():
        environments.python(lock, compiled=True)
    for lock in options.locks:
        environments.python(lock)
    for lock in sorted(registry.IMAGES.glob("*/jars.lock")):
        environments.jars(lock)
    return 0


if __name__ == "__main__":
    sys.exit(main())
