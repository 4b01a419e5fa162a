"""Recordings of synthetic people, streets and rooms, written in the real datasets' formats."""
