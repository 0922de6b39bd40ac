"""The app that connections install at the local GitHub: it hears of each push, and reads every repository.

Its calls prove themselves by the inner secret, which no other process knows.
"""

from __future__ import annotations

#: Where CodePipeline hears of pushes to repositories with a connection.
PUSHES = "/_codepipeline/pushes"
#: Where a service reads a repository through a connection, with the permission to use it.
REPOSITORY = "/_codeconnections/repository"
