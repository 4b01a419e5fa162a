"""Scoring trained models: predictions, metrics, and probes of frozen encoders."""
