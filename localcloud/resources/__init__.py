"""CloudFormation's resource types, one a file, named after the type: create, update, delete.

Each works through the public API of the type's service, with the deploying role's credentials. Nothing here knows
templates, stacks or what stands behind an API.
"""
