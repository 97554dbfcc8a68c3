def compute_loss(model, batch):
    return model(input_ids=batch, labels=batch, training=True).loss
