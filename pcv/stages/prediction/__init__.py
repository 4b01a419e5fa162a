"""``pcv predict``: what is given, and the labels that are written."""
