"""Numba kernels of the point operators on a CPU: no torch, so that preparing a store needs none."""
