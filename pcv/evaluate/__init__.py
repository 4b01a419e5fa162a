"""Scores of trained models: predictions, metrics and probes of frozen encoders."""
