"""AWS Lambda: functions from zip archives, run by AWS's own Python runtime client in child processes."""
