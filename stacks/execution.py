"""Values that the pipeline knows only at run time: its variables, as actions and parameters refer to them."""

COMMIT = "#{Source.CommitId}"
EXECUTION = "#{codepipeline.PipelineExecutionId}"
PACKAGE = "#{Train.MODEL_PACKAGE_ARN}"
CHAMPION = "#{Gate.CHAMPION_PACKAGE_ARN}"
VERDICT = "#{Gate.VERDICT}"
REASON = "#{Gate.REASON}"
REPORT_URL = "#{Gate.REPORT_URL}"
