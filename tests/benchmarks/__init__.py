"""Everything that pcv is fast at, beside its peers: ``python -m tests.benchmarks``."""
