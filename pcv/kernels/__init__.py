"""Numba kernels for a CPU; they import no torch, so that preparing a store needs none."""
