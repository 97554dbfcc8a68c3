"""Fine-tuning: the training loop, its saved state, and the folder of a run."""
