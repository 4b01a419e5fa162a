"""The clip store: the only place that knows its arrays, shards and attributes."""
