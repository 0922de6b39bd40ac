"""What the gates share: statistics, decision and report (``gate``), and the verification of what PROD serves."""
