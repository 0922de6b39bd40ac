"""CloudFront: distributions in front of S3 buckets, which only they may read.

``service`` lists the operations. Distributions and policies are documents in the store; ``edge`` answers viewers at
``http://<distribution>.cloudfront.localhost:PORT/…``, from ``cache`` or from ``origin``.
"""
