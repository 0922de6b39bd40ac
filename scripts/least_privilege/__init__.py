"""What the roles of a workload's stacks are granted, what they use of it, and what happens without it."""
