"""From raw recordings to batches of clips."""
