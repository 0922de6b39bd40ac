"""What a browser sees of a user pool: the sign-in page, OAuth's endpoints, and the public keys of its issuer."""
