"""The training loop, optimisers, schedules, checkpoints and run folders, for any model."""
