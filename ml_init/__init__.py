"""What the data steps share: the data set's contract, fetching, uploading, the Glue job, MLeap bundles."""
