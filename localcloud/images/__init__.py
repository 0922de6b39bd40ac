"""What stands in for container images: a folder each, with the programs that run inside the container.

An image's programs import nothing of the local cloud. ``registry`` tells the services what there is.
"""
