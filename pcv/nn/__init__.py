"""Layers from which encoders and objectives are built."""
