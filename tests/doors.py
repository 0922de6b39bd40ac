"""Doors of the workloads, as the stacks make them."""

from __future__ import annotations

import tomllib

from handover.door import Door
from handover.invocations import text_of
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT


def door(workload: str) -> Door:
    return Door.of(
        workload,
        dataset=tomllib.loads((PROJECT / "ml_init" / workload / "dataset.toml").read_text()),
        gate=tomllib.loads((PROJECT / "ml_test" / workload / "gate.toml").read_text()),
        how=text_of(WORKLOADS[workload].invocation),
    )


#: A door that asks for images, without the data set of a workload.
IMAGES = Door.of(
    "letters",
    dataset={
        "name": "Letters",
        "features": [{"name": "image", "images": ["png"], "largest_bytes": 1000}],
        "label": {"name": "letter", "categories": ["a", "b"]},
        "examples": ["iVBORw0KGgo="],
    },
    gate={"answers": {"kind": "classes"}},
    how="image:image/png",
)
