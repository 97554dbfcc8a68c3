from .core import compute_loss
