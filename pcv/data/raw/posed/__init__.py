"""Layouts of posed RGB-D recordings, and how their frames become one cloud."""
