"""The training loop, its optimisers and schedules, checkpoints and run folders; knows no model."""
