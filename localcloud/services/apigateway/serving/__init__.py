"""Requests to deployed APIs: who asks, for what, whether it may, and what answers."""
