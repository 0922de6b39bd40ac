"""The steps after the gate's verdict: a person's approval, and the verification of what PROD serves."""
