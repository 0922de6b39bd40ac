"""CodePipeline: pipelines, their executions and webhooks.

``schedule`` decides from an immutable view what happens next, and ``engine`` carries it out. The modules in
``actions/`` do an action's work through the public APIs of other services. The ``*_operations`` modules answer the API.
"""
