"""What every part of the local cloud stands on: settings, state on disk, processes, clients, a service's contract.

Nothing here knows an AWS service by name, a wire format, a policy or moto.
"""
