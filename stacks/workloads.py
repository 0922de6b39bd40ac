"""The registry: every workload with its spec. Stacks, scripts, tests and docs read it."""

from __future__ import annotations

from stacks.specs import ExpectedAnswers, Glue, Workload

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
            # Of the data, 70 %. People may ask for good cars alone; to a broken model only, all cars are unacceptable.
            watches=(ExpectedAnswers(label="unacc", at_most=0.95),),
        ),
        # Of the data, 22 % default. More than half of a minute's customers is no bad day but a bad model.
        Workload(
            name="credit_default",
            watches=(ExpectedAnswers(label="default", threshold=0.5, at_most=0.6),),
        ),
    )
}
