"""moto's memory on disk: a snapshot of it, and a journal of the changes since. A restart brings it back."""
