"""What SageMaker's built-in algorithms have in common: their configuration and its refusals, their log, their end.

The refusals are in the words of the algorithms' own SDK, of which AWS has published a copy
(github.com/awslabs/amazon-sagemaker-examples, the Vowpal Wabbit container's ``vw_serving/sagemaker``).
"""

from __future__ import annotations

import json
import math
import re
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_DEFAULTS_FILE = "/opt/amazon/lib/python3.8/site-packages/algorithm/resources/default-input.json"
_GIVEN_FILE = "/opt/ml/input/config/hyperparameters.json"


class CustomerError(Exception):
    """The user's input is at fault: the job fails with a ClientError."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A text out of ``allowed``."""

    allowed: tuple[str, ...]

    def read(self, name: str, text: str) -> str:
        if text not in self.allowed:
            allowed = ", ".join(f"'{value}'" for value in self.allowed)
            raise CustomerError(
                f"The value '{text}' is not valid for the '{name}' hyperparameter which accepts one of the following: "
                f"{allowed} (caused by ValidationError)"
            )
        return text


@dataclass(frozen=True, slots=True)
class Text:
    """Any text: the service's own hyperparameters."""

    def read(self, _: str, text: str) -> str:
        return text


@dataclass(frozen=True, slots=True)
class Number:
    """A number from ``low`` to ``high``, written so that it matches ``pattern``."""

    low: float
    high: float
    whole: bool
    pattern: str

    def read(self, name: str, text: str) -> float:
        value = float(text) if re.fullmatch(self.pattern, text) else math.nan
        if not self.low <= value <= self.high:
            raise CustomerError(
                f"The value '{text}' is not valid for the '{name}' hyperparameter which expects one of the following: "
                f"a string which matches the pattern '{self.pattern}'; or {self} (caused by ValidationError)"
            )
        return int(value) if self.whole else value

    def __str__(self) -> str:
        kind = "an integer" if self.whole else "a number"
        if math.isinf(self.low):
            return kind
        return f"{kind} " + (
            f"greater than {self.low:g}" if math.isinf(self.high) else f"between {self.low:g} and {self.high:g}"
        )


def integer(low: int = 1, high: float = math.inf) -> Number:
    return Number(low, high, whole=True, pattern="^[1-9][0-9]*$" if low > 0 else "^([1-9][0-9]*|0)$")


def real(low: float = 0.0, high: float = math.inf) -> Number:
    sign = "[+]?" if low >= 0 else "[-+]?"
    return Number(low, high, whole=False, pattern=rf"^{sign}[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$")


class Hyperparameter(Protocol):
    """A kind of hyperparameter. An algorithm may have kinds of its own."""

    def read(self, name: str, text: str) -> Any:
        """The value; CustomerError for a text that is none."""


def configuration(
    given: Mapping[str, str],
    known: Mapping[str, Hyperparameter],
    *,
    required: tuple[str, ...],
    defaults: Mapping[str, str],
) -> dict[str, Any]:
    """The hyperparameters' values, defaults included; CustomerError for the first that is missing, unknown or wrong.

    One that is neither given nor has a default is not among them.
    """
    merged = {**defaults, **given}
    missing = [f"'{name}'" for name in required if name not in merged]
    if missing:
        raise CustomerError(
            f"No value(s) were specified for {', '.join(missing)} which are required hyperparameter(s) "
            "(caused by ValidationError)"
        )
    unknown = sorted(set(merged) - set(known))
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        raise CustomerError(
            f"Additional hyperparameters are not allowed ({names} {'was' if len(unknown) == 1 else 'were'} unexpected) "
            "(caused by ValidationError)"
        )
    return {name: known[name].read(name, text) for name, text in merged.items()}


def check_channels(
    given: Mapping[str, Mapping[str, Any]], known: tuple[str, ...], content_types: Mapping[str, tuple[str, ...]]
) -> None:
    """Refuses channels that the algorithm does not have, and content types that it does not read.

    ``content_types``: by channel. The first is what a channel has that says nothing.
    """
    prefix = (
        "Unable to initialize the algorithm. Failed to validate input data configuration. (caused by ValidationError)"
        "\n\nCaused by: "
    )
    if known[0] not in given:
        raise CustomerError(f"{prefix}'{known[0]}' is a required property")
    for name, channel in given.items():
        if name not in known:
            raise CustomerError(f"{prefix}Additional properties are not allowed ('{name}' was unexpected)")
        declared = channel.get("ContentType") or content_types[name][0]
        if declared.partition(";")[0].strip().lower() not in content_types[name]:
            raise CustomerError(f"{prefix}'{declared}' is not one of {list(content_types[name])}")


def say(message: str, level: str = "INFO") -> None:
    """A line of the algorithm's log."""
    stamp = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime())
    print(f"[{stamp} {level} {threading.get_ident()}] {message}", flush=True)


def say_configuration(given: Mapping[str, str], defaults: Mapping[str, str]) -> None:
    """The first lines of a log: where the settings come from."""
    print("Docker entrypoint called with argument(s): train", flush=True)
    print("Running default environment configuration script", flush=True)
    say(f"Reading default configuration from {_DEFAULTS_FILE}: {dict(defaults)}")
    say(f"Merging with provided configuration from {_GIVEN_FILE}: {dict(given)}")
    say(f"Final configuration: { ({**defaults, **given}) }")


def say_metrics(algorithm: str, host: str, operation: str, since: float, **sums: float) -> None:
    """A line of the service's own metrics: each a sum over one event since the time ``since``."""
    document = {
        "StartTime": since,
        "EndTime": time.time(),
        "Dimensions": {"Algorithm": algorithm, "Host": host, "Operation": operation},
        "Metrics": {name: {"sum": value, "count": 1, "min": value, "max": value} for name, value in sums.items()},
    }
    print(f"#metrics {json.dumps(document)}", flush=True)


def run(train: Callable[[Path], None], root: Path) -> None:
    """Trains in ``/opt/ml``. After a fault the reason is in output/failure, and the exit code is 1."""
    try:
        train(root)
    except CustomerError as error:
        say(f"Customer Error: {error}", "ERROR")
        _end(root, f"ClientError: {error}")
    except Exception as error:  # noqa: BLE001  (whatever it is, it belongs in the failure file)
        traceback.print_exc()
        _end(root, f"AlgorithmError: {type(error).__name__}: {error}")


def _end(root: Path, reason: str) -> NoReturn:
    (root / "output").mkdir(parents=True, exist_ok=True)
    (root / "output" / "failure").write_text(reason)
    sys.exit(1)
