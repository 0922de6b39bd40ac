"""Application Auto Scaling: capacities that follow alarms, within bounds and cooldowns, by the service-linked roles."""
