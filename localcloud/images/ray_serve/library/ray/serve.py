"""Ray Serve's deployments, bound to one process: one replica, in which ``serve.py`` makes and calls them.

Whatever is not here is refused by name: a deployment that works here works on Ray, and not the other way round.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn, overload

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Application", "Deployment", "deployment"]

#: How Ray scales, places and watches replicas, which changes nothing where there is one.
WITHOUT_EFFECT = frozenset(
    {
        "version",
        "num_replicas",
        "autoscaling_config",
        "ray_actor_options",
        "max_ongoing_requests",
        "max_queued_requests",
        "graceful_shutdown_wait_loop_s",
        "graceful_shutdown_timeout_s",
        "health_check_period_s",
        "health_check_timeout_s",
        "max_replicas_per_node",
        "logging_config",
    }
)
_OPTIONS = WITHOUT_EFFECT | {"name", "user_config"}


class UnsupportedError(Exception):
    """The stand-in cannot do what Ray Serve can. The text names it."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """A deployment with the arguments of its constructor."""

    deployment: Deployment
    arguments: tuple[Any, ...]
    named: dict[str, Any]

    def replica(self, user_config: Any = None) -> Any:
        """What answers requests: an instance, after its ``reconfigure`` has got the configuration, or the function."""
        target = self.deployment.target
        if not inspect.isclass(target):
            return target
        made: Any = target(*self.arguments, **self.named)
        config = user_config if user_config is not None else self.deployment.options_given.get("user_config")
        if config is not None:
            made.reconfigure(config)
        if not callable(made):
            raise UnsupportedError(f"{self.deployment.name} has no __call__, which gets the requests")
        return made


@dataclass(frozen=True, kw_only=True)
class Deployment:
    target: Callable[..., Any]
    name: str
    options_given: dict[str, Any] = field(default_factory=dict)

    def options(self, **options: Any) -> Deployment:
        _check(options)
        return replace(self, name=options.get("name", self.name), options_given={**self.options_given, **options})

    def bind(self, *arguments: Any, **named: Any) -> Application:
        if any(isinstance(given, Application) for given in (*arguments, *named.values())):
            raise UnsupportedError(f"{self.name} is bound to another deployment; the local cloud serves one alone")
        return Application(deployment=self, arguments=arguments, named=named)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise RuntimeError("Deployments cannot be constructed directly. Use `deployment.bind()` instead.")


@overload
def deployment(_func_or_class: Callable[..., Any], **options: Any) -> Deployment: ...
@overload
def deployment(_func_or_class: None = None, **options: Any) -> Callable[[Callable[..., Any]], Deployment]: ...
def deployment(_func_or_class: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Makes a deployment of a class or a function, with or without options."""
    _check(options)

    def made(target: Callable[..., Any]) -> Deployment:
        return Deployment(target=target, name=options.get("name", target.__name__), options_given=options)

    return made if _func_or_class is None else made(_func_or_class)


def _check(options: dict[str, Any]) -> None:
    unknown = sorted(options.keys() - _OPTIONS)
    if unknown:
        raise UnsupportedError(f"The local cloud's Ray Serve has no option {', '.join(unknown)} of a deployment")


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(f"The local cloud's stand-in for Ray has {', '.join(__all__)}, and no ray.serve.{name}")
