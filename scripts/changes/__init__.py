"""What commands do to a cloud: a release into PROD, a stack's update, a notice to people, a push.

More than one command uses each of them. Nothing here parses a command line.
"""
