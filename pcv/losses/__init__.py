"""Losses and what they compare with: functions of tensors, which know no recipe and no batch."""
