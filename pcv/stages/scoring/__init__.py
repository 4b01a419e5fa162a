"""How whole scenes are scored: their points, objects and held-out views, in one pass or several."""
