"""What `make` runs for a person: over AWS's own APIs, so the same on AWS and on the local cloud.

A file here is a command. `cloud` decides which cloud is talked to, `reads` is what they read of it, `changes` what
several of them do to it; none of these three imports a command.
"""
