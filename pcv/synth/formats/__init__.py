"""Raw formats that are synthesised, one per file."""
