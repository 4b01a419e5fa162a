"""File formats, one per file: they turn bytes into arrays and know of no dataset."""
