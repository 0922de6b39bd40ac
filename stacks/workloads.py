"""The registry: every workload with its spec. Stacks, scripts, tests and docs read it."""

from __future__ import annotations

from handover.aws_images import (
    FACTORIZATION_MACHINES,
    NTM,
    PYTORCH_SERVING,
    PYTORCH_TRAINING,
    SPARKML,
    TENSORFLOW_SERVING,
    TENSORFLOW_TRAINING,
    XGBOOST,
)
from handover.invocations import CSV_ROW, TEXT, ImageFile, OneHotJson, TensorRow

from stacks.specs import Api, ExpectedAnswers, Glue, Plain, Workload

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(
            name="car_evaluation",
            data=Glue(
                glue_version="5.1",
                worker_type="G.1X",
                workers=2,
                timeout_minutes=15,
                python_modules=("mleap==0.25.3",),
            ),
            invocation=CSV_ROW,
            images=(SPARKML, XGBOOST),
            # 70 % of the data. People may ask about good cars alone; only a broken model finds all cars unacceptable.
            watches=(ExpectedAnswers(label="unacc", at_most=0.95),),
            doors=(Api(),),
        ),
        # 22 % of the customers in the data default. If more than half do in one minute, the model is bad, not the day.
        Workload(
            name="credit_default",
            watches=(ExpectedAnswers(label="default", threshold=0.5, at_most=0.6),),
            doors=(Api(),),
        ),
        # Nobody knows which pictures PROD will be asked about, so no share of an answer is watched.
        Workload(
            name="dog_breeds",
            data=Plain(training_rows="images", side_channels=("backbone",)),
            invocation=ImageFile("image/png"),
            images=(PYTORCH_TRAINING, PYTORCH_SERVING),
            doors=(Api(),),
        ),
        # Nobody knows which flowers PROD will be asked about, so no share of an answer is watched.
        Workload(
            name="iris",
            invocation=TensorRow("label"),
            images=(TENSORFLOW_TRAINING, TENSORFLOW_SERVING),
            doors=(Api(),),
        ),
        # 55 % of the ratings in the data are four stars or more. Whoever is asked about: only a broken model likes all.
        Workload(
            name="movie_recommender",
            data=Plain(training_rows="one-hot"),
            invocation=OneHotJson(sizes=(943, 1682)),
            images=(FACTORIZATION_MACHINES,),
            watches=(ExpectedAnswers(label="yes", threshold=0.5, at_most=0.98),),
            doors=(Api(),),
        ),
        Workload(
            name="nyt_comments",
            data=Glue(
                glue_version="5.1",
                worker_type="G.1X",
                workers=2,
                timeout_minutes=15,
                python_modules=("mleap==0.25.3",),
                rows="json",
                side_channels=("auxiliary",),
                training_rows="word-counts",
            ),
            invocation=TEXT,
            images=(SPARKML, NTM),
            doors=(Api(),),
        ),
    )
}


def chosen(name: str | None) -> list[Workload]:
    """The workload of this name, or all of them if it is None or empty. ValueError if there is none of this name.

    Empty: a pipeline that was deployed before its Build stage was told the workload.
    """
    if not name:
        return list(WORKLOADS.values())
    if name not in WORKLOADS:
        raise ValueError(f"there is no workload {name!r}; there are {', '.join(sorted(WORKLOADS))}")
    return [WORKLOADS[name]]
