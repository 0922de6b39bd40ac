"""The registry: every workload with its spec. Stacks, scripts, tests and docs read it."""

from __future__ import annotations

from stacks.specs import Glue, Workload

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(
            name="car_evaluation",
            glue=Glue(
                glue_version="5.1",
                worker_type="G.1X",
                workers=2,
                timeout_minutes=15,
                python_modules=("mleap==0.25.3",),
            ),
        ),
        Workload(name="credit_default"),
    )
}
