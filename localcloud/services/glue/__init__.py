"""AWS Glue: the data catalog, crawlers over CSV in S3, and job runs by real Spark."""
