"""Cognito user pools: who people are, their sign-in page, and the tokens that prove it.

``service`` lists the operations. Pools, clients and users are documents in the store; ``authentication`` holds a
password against them, ``tokens`` signs. ``hosted/`` is what a browser sees: sign-in page, OAuth endpoints, public keys.
"""
