"""Rooms: clips of one frame that keep every point, with regions and posed images."""
