"""Recipes: a section a file. Nothing here imports torch."""
