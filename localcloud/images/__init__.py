"""Stand-ins for container images: a folder each, with the programs that run inside the container.

An image's programs import nothing of the local cloud. Services find the images through ``registry``.
"""
