"""Layouts of posed RGB-D recordings, and how the frames of one become one cloud."""
