"""The models of an archive: of one file, or of several that answer together."""

from __future__ import annotations

import json
import pickle
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import votes
import xgboost
from channels import without_trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    Rows: TypeAlias = NDArray[np.float32] | csr_matrix


@dataclass(frozen=True, slots=True)
class Model:
    booster: xgboost.Booster
    #: Saved by another program than the container, which then asks for the model's own columns.
    pickled: bool
    #: Which only predicts from a matrix of its own.
    linear: bool

    @classmethod
    def of(cls, booster: xgboost.Booster, *, pickled: bool) -> Model:
        booster.set_param({"nthread": 1})  # a request is a row or a few: threads would cost more than they give
        return cls(booster, pickled, '"name":"gblinear"' in booster.save_config().replace(" ", ""))

    def predict(self, rows: Rows) -> NDArray[np.float32]:
        """ValueError for rows with more columns than the model has. With fewer, the last ones count as missing."""
        width, known = rows.shape[1], self.booster.num_features()
        if width > known:
            raise ValueError(
                f"Check failed: learner_model_param_.num_feature >= p_fmat->Info().num_col_ ({known} vs. {width}) : "
                "Number of columns does not match number of features in booster."
            )
        if width < known and isinstance(rows, np.ndarray):
            rows = np.pad(rows, ((0, 0), (0, known - width)), constant_values=np.nan)
        elif width < known:
            rows = rows.copy()
            rows.resize((rows.shape[0], known))
        predictions: NDArray[np.float32] = (
            self.booster.predict(xgboost.DMatrix(rows)) if self.linear else self.booster.inplace_predict(rows)
        )
        return predictions

    def check_width(self, rows: Rows) -> None:
        """Of a pickled model alone: ValueError for rows of another width."""
        if not self.pickled:
            return
        width, known = rows.shape[1], self.booster.num_features()
        if isinstance(rows, np.ndarray) and width not in (known, known - 1):
            raise ValueError(
                f"Feature size of csv inference data {width} is not consistent with feature size of trained model "
                f"{known}."
            )
        if width > known + 1:
            raise ValueError(
                f"Feature size of libsvm inference data {width} is larger than feature size of trained model {known}."
            )


class Models:
    """The first one says which objective all of them have, and which rows are taken."""

    def __init__(self, models: Sequence[Model]) -> None:
        self._models = models
        learner: dict[str, Any] = json.loads(models[0].booster.save_config())["learner"]
        self.objective: str = learner["objective"]["name"]
        self.classes = int(learner["learner_model_param"].get("num_class") or 0)

    def predict(self, rows: Rows) -> NDArray[np.float32]:
        """ValueError for rows that the models do not take."""
        self._models[0].check_width(rows)
        try:
            found = [model.predict(rows) for model in self._models]
        except xgboost.core.XGBoostError as error:
            raise ValueError(without_trace(error)) from error
        return found[0] if len(found) == 1 else votes.together(found, self.objective)


def load(folder: Path, *, ensemble: bool) -> Models:
    """The models of the folder, or the first one without ``ensemble``; exits with the reason if one cannot be read."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        sys.exit(f"No model in {folder}: the archive has no file at its top")
    return Models([_loaded(path) for path in (files if ensemble else files[:1])])


def _loaded(path: Path) -> Model:
    """Saved by XGBoost, or pickled."""
    problems = []
    try:
        booster = xgboost.Booster()
        booster.load_model(path)
        return Model.of(booster, pickled=False)
    # For a pickle, XGBoost's error message is not valid text.
    except (xgboost.core.XGBoostError, UnicodeDecodeError) as error:
        problems.append(f"XGB load model error={str(error).splitlines()[-1]}")
    try:
        pickled = pickle.loads(path.read_bytes())  # noqa: S301  (the container does so; the model is the user's own)
        if isinstance(pickled, xgboost.Booster):
            return Model.of(pickled, pickled=True)
        problems.append(f"Pickle load error=it holds a {type(pickled).__name__} and not a Booster")
    except Exception as error:  # noqa: BLE001  (unpickling can raise anything)
        problems.append(f"Pickle load error={error}")
    sys.exit(f"Model {path} cannot be loaded: {'; '.join(problems)}")
