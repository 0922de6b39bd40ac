"""What exists and what runs: each workload's pipeline, its latest execution, and its endpoints."""

from __future__ import annotations

from scripts import cloud, outcome
from scripts.command import run
from scripts.reads.pipeline import NotDeployedError, Pipeline
from stacks.workloads import WORKLOADS


def main() -> int:
    for name in WORKLOADS:
        try:
            pipeline = Pipeline(name)
        except NotDeployedError:
            print(f"{name}: not deployed (make deploy WORKLOAD={name})")
            continue
        print(f"{name}: {pipeline.name}")
        summaries = pipeline.summaries()
        if not summaries:
            print(f"  has not run yet: git push starts it (make push WORKLOAD={name})")
            continue
        execution = pipeline.execution(summaries[0]["pipelineExecutionId"])
        revision = next((r.get("revisionId", "")[:10] for r in summaries[0].get("sourceRevisions", [])), "")
        print(f"  latest execution {execution.identifier} of {revision}: {execution.status}")
        for action in execution.actions:
            why = f"  {action.message}" if action.status == "Failed" else ""
            print(f"    {action.stage:<8} {action.name:<12} {action.status:<11} {action.seconds:6.1f} s{why}")
        if any(action.waits_for_a_person for action in execution.actions):
            print("\n".join(f"  {line}" for line in outcome.waits(name, execution)))
    for endpoint in cloud.client("sagemaker").list_endpoints()["Endpoints"]:
        print(f"endpoint {endpoint['EndpointName']}: {endpoint['EndpointStatus']}")
    return 0


if __name__ == "__main__":
    run(main)
