"""Which cloud a command talks to: `scripts.on_cloud` decides it once, and `client` refuses if nobody has.

`decision` is what was decided, as a variable carries it; `local` and `aws` are what the entry makes of each cloud.
"""

from scripts.cloud.clients import client, credentials, decided, require_local

__all__ = ["client", "credentials", "decided", "require_local"]
