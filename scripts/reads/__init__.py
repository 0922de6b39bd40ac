"""What exists and what happened, read from AWS's own records: pipelines, PROD, the registry, alarms, captured traffic.

Nothing here changes anything, parses a command line or prints: commands do, and so may a page or a report.
"""
