"""Scores of videos, points, rooms and objects, and of what was drawn."""
