"""The deployment engine behind the CloudFormation API: template → plan → act.

- **template**: ``document`` reads JSON or YAML, ``template`` holds the sections and refuses by name what is not supported,
  ``parameters`` and ``evaluation`` give a template its values (conditions, mappings, intrinsics).
- **plan**: ``plan`` compares wanted with present properties, with the types' ``schemas``: create, update in place,
  replace, delete, in dependency order (``order``). Frozen and printable; nothing has happened yet.
- **act**: ``act`` runs a plan through the providers in ``localcloud.resources``, with events, waits and parallel work;
  ``rollback`` goes back to where a failed operation began; ``deployment`` is the life of one stack operation.

``stacks`` keeps what is known of a stack; ``*_operations`` answer the API.
"""
