"""CloudWatch: metrics of the last three hours, and alarms that are really evaluated."""
