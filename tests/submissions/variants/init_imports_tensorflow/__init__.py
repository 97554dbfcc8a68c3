from . import answering, batches, training
