"""The strategy Bayesian: a program with an environment of its own proposes, as a container's would.

So Optuna, with its 84 MB, is installed when the first such tuning job begins, and the local cloud itself never loads
it. A proposal takes half a CPU second, most of it for the import.
"""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.images.container_environment import base_environment
from localcloud.images.registry import IMAGES
from localcloud.platform.errors import EngineError
from localcloud.services.sagemaker.tuning_ranges import coordinates

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from localcloud.platform.cloud import Cloud
    from localcloud.services.sagemaker.tuning_ranges import Parameter
    from localcloud.services.sagemaker.tuning_strategies import Trial

_FOLDER = IMAGES / "hyperparameter_tuning"
_TIMEOUT_SECONDS = 300
#: At most so many combinations are drawn at random at first, and at most a third of all.
_RANDOM_FIRST, _RANDOM_SHARE, _RANDOM_LEAST = 10, 3, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Bayesian:
    """``earlier``: the trials of parents, for a warm start. ``most``: the number of training jobs in all."""

    cloud: Cloud
    parameters: tuple[Parameter, ...]
    seed: int
    most: int
    stop: threading.Event
    earlier: Sequence[Trial] = field(default=())

    def propose(self, trials: Sequence[Trial], count: int) -> list[dict[str, str]]:
        """Raises EngineError if the program fails, or is stopped."""
        asked = {
            "space": [parameter.space() for parameter in self.parameters],
            "trials": [known for trial in (*self.earlier, *trials) if (known := self._known(trial))],
            "seed": self.seed,
            "random_first": max(_RANDOM_LEAST, min(_RANDOM_FIRST, self.most // _RANDOM_SHARE)),
            "count": count,
        }
        by_name = {parameter.name: parameter for parameter in self.parameters}
        return [{name: by_name[name].text(value) for name, value in proposal.items()} for proposal in self._ask(asked)]

    def _known(self, trial: Trial) -> dict[str, Any] | None:
        values = coordinates(self.parameters, trial.values)
        if not values:
            return None
        return {"values": values, "objective": trial.objective, "running": trial.running}

    def _ask(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        folder = self.cloud.work_folder("sagemaker-tuning", uuid.uuid4().hex)
        lines: list[str] = []
        try:
            question = folder / "question.json"
            question.write_text(json.dumps(asked))
            python = self.cloud.environments.python(_FOLDER / "requirements.lock").python
            done = self.cloud.processes.run(
                [str(python), str(_FOLDER / "suggest.py"), str(question)],
                cwd=folder,
                environment=base_environment(folder),
                on_line=lines.append,
                timeout_seconds=_TIMEOUT_SECONDS,
                stop=self.stop,
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if not done.ok:
            raise EngineError(f"InternalServerError: no hyperparameters were proposed ({done}): {' '.join(lines[-5:])}")
        answer: list[dict[str, Any]] = json.loads(lines[-1])
        return answer
