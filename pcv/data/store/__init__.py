"""The clip store: no other folder knows its arrays, shards and attributes."""
