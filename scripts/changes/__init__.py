"""What commands do to a cloud: a release into PROD, a stack's update, a notice to people, a push.

Each is used by more than one command. Nothing here parses a command line.
"""
