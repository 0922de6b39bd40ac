"""The deployment engine behind the CloudFormation API: template → plan → act.

- **template**: ``document`` reads JSON or YAML, ``template`` holds the sections and refuses by name what is not
  supported, ``parameters``, ``rules``, ``evaluation`` and ``intrinsics`` give a template its values.
- **plan**: ``plan`` compares wanted with present properties, with the types' ``schemas``: create, update in place,
  replace, delete, in dependency order (``order``). Frozen and printable; nothing has happened yet.
- **act**: ``act`` runs a plan through the providers in ``localcloud.resources``, with events, waits and parallel work;
  ``deployment`` is the life of one stack operation, with roll back and clean-up; ``engine`` starts them.

``stacks`` keeps the documents of stacks; ``*_operations`` answer the API.
"""
