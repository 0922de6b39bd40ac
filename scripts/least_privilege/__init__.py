"""What the roles of a workload's stacks are granted, what of it they use, and what happens without it."""
