"""The base of every other room: settings, state on disk, processes, clients and the contract of a service.

Nothing here knows an AWS service by name, a wire format, a policy or moto.
"""
