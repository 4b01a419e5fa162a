"""Raw formats that are synthesised, one a file."""
