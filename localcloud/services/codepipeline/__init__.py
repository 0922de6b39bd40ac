"""CodePipeline: pipelines, their executions and webhooks.

How it is built: ``schedule`` decides from an immutable view what happens next, ``engine`` carries it out, ``actions/``
do an action's work through the public APIs of the other services, the ``*_operations`` modules answer the API.
"""
