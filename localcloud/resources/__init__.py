"""CloudFormation's resource types: a file each, named after the type, with the verbs create, update and delete.

Each type works through the public API of its service, with the deploying role's credentials. Nothing here knows
templates and stacks, or what is behind an API.
"""
