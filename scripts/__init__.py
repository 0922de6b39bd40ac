"""What `make` runs for a person: over AWS's own APIs, so the same on AWS and on the local cloud.

Each file here is a command. `cloud` decides which cloud commands talk to, `reads` is what commands read from it, and
`changes` is what several commands do to it. None of these three imports a command.
"""
