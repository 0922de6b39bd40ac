"""The builds of a pipeline, one file each: its program, inputs, outputs, variables and permissions."""
