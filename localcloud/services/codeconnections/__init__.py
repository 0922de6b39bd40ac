"""CodeConnections: what reaches a repository in a person's place, instead of a token."""
