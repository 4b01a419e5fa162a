"""Learn from point cloud videos without labels."""

__version__ = "0.1.0"
