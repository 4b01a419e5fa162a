"""The command line of pcv."""
