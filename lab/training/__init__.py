"""Fine-tuning: the loop, its state, its folder."""
