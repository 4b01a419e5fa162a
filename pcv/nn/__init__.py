"""Layers that encoders and objectives are built from."""
