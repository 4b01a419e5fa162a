"""Recipes, one file per kind of section. Nothing here imports torch."""
