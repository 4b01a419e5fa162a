"""Scenes such as rooms: videos of one frame of which every point is kept, and their views."""
