"""The data step: fetch, hold against the data contract, and make features, by plain Python or by Spark on Glue."""
