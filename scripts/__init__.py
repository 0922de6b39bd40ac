"""What `make` runs for a person: over AWS's own APIs, so the same on AWS and on the local cloud."""
