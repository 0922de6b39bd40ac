"""What moto keeps in memory, brought back after a restart: a snapshot of it, and a journal of what came after."""
