"""IAM's decision: which policies apply to a request, and what they say together.

It reads moto's IAM, KMS and S3 and the documents of our services, and changes none of them. It answers no operation
but the few that ask for a decision itself, and opens no connection.
"""
