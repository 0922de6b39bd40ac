"""The data step: fetch, check against the data contract, and make features, with plain Python or with Spark on Glue."""
