"""CloudWatch: metrics that are kept for three hours, and alarms that are really evaluated."""
