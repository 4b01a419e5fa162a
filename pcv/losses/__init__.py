"""Losses and their targets: functions of tensors that know nothing of recipes and batches."""
