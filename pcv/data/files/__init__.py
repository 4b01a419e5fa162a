"""File formats, one a file: bytes to arrays, and nothing of any dataset."""
