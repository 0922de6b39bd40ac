"""IAM's decision: which policies apply to a request and what they say together. Pure: no service, no state."""
