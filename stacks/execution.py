"""What the pipeline knows only when it runs: its variables, as actions and parameters name them."""

COMMIT = "#{Source.CommitId}"
EXECUTION = "#{codepipeline.PipelineExecutionId}"
PACKAGE = "#{Train.MODEL_PACKAGE_ARN}"
CHAMPION = "#{Gate.CHAMPION_PACKAGE_ARN}"
VERDICT = "#{Gate.VERDICT}"
REASON = "#{Gate.REASON}"
REPORT_URL = "#{Gate.REPORT_URL}"
