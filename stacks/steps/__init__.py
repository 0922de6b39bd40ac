"""The builds of a pipeline: what each runs, takes, gives, is told and may do. A step a file."""
