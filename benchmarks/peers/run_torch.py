"""PyTorch's training loop: for each input line, `float32` or `bfloat16`, trains a step and prints its seconds.

python run_torch.py CONFIG_FOLDER BATCHES.npy SEED
"""

import sys
import time

import numpy as np
import torch
from transformers import GPT2Config, GPT2LMHeadModel, logging

logging.set_verbosity_error()
folder, batches, seed = sys.argv[1:]
torch.manual_seed(int(seed))
model = GPT2LMHeadModel(GPT2Config.from_pretrained(folder)).train()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-5, eps=1e-8)
rows = torch.from_numpy(np.load(batches)).long()  # (batches, B, T), padded
print("ready", flush=True)

for number, line in enumerate(sys.stdin):
    batch = rows[number % len(rows)]
    started = time.perf_counter()
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=line.strip() == "bfloat16"):
        loss = model(batch, labels=batch).loss
    loss.backward()
    optimizer.step()
    value = loss.item()
    print(time.perf_counter() - started, value, flush=True)
