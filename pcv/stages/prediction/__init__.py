"""``pcv predict``: the recordings that it is given, and the files of labels that it writes."""
