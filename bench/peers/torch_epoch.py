"""PyTorch on the CPU: the networks of bench/workloads.ts, trained epoch by epoch. usage: torch_epoch.py --threads N, then see turns.py

What differs from this project's engine, none of it in PyTorch's disfavour:
- LSTM and GRU have two rows of biases where Keras' LSTM has one, and start from uniform weights; neither changes the time.
- Batches are gathered by index from one tensor, without a DataLoader, which would cost more than the network.
- Adam is the fused one, the fastest there is on the CPU.
- GRU is its only kind, reset after the recurrent product.
- A last batch of one window, which its batch normalisation refuses, is left out.
"""

import torch
from torch import nn

from turns import answer, threads

count = threads()
torch.set_num_threads(count)
torch.set_num_interop_threads(1)


class Stack(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.kinds = []
        self.parts = nn.ModuleList()
        self.penalised = []  # (weight, strength)
        width = network["inputs"]
        for layer in network["layers"]:
            kind = layer["kind"]
            if kind in ("lstm", "gru"):
                part = (nn.LSTM if kind == "lstm" else nn.GRU)(width, layer["units"], batch_first=True)
                weight, width = part.weight_ih_l0, layer["units"]
                self.kinds.append("sequences" if layer["sequences"] else "last")
            elif kind == "dense":
                linear = nn.Linear(width, layer["units"])
                part = nn.Sequential(linear, nn.ReLU()) if layer["activation"] == "relu" else linear
                weight, width = linear.weight, layer["units"]
                self.kinds.append("plain")
            elif kind == "dropout":
                part, weight = nn.Dropout(layer["rate"]), None
                self.kinds.append("plain")
            elif kind == "batchNorm":
                part, weight = nn.BatchNorm1d(width, eps=layer["epsilon"], momentum=1 - layer["momentum"]), None
                self.kinds.append("norm")
            else:
                raise ValueError(f"no layer {kind} here")
            self.parts.append(part)
            if layer.get("kernelL2", 0) > 0:
                self.penalised.append((weight, layer["kernelL2"]))

    def forward(self, x):
        for kind, part in zip(self.kinds, self.parts):
            if kind == "sequences":
                x = part(x)[0]
            elif kind == "last":
                x = part(x)[0][:, -1]
            elif kind == "norm":
                # Statistics over batch and time, per column.
                x = part(x.reshape(-1, x.shape[-1])).reshape(x.shape)
            else:
                x = part(x)
        return x

    def penalty(self):
        return sum(strength * weight.square().sum() for weight, strength in self.penalised)


def train(network, x, y, training, clock):
    torch.manual_seed(training["seed"])
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    samples = len(x)
    stack = Stack(network)
    stack.train()
    adam = training["optimiser"]
    optimiser = torch.optim.Adam(
        stack.parameters(), lr=adam["learningRate"], betas=(adam["beta1"], adam["beta2"]), eps=adam["epsilon"], fused=True
    )
    loss_of = nn.HuberLoss(delta=training["loss"]["delta"]) if training["loss"]["kind"] == "huber" else nn.MSELoss()
    losses = []
    for _ in range(training["epochs"]):
        total = 0.0
        for chosen in torch.randperm(samples).split(training["batchSize"]):
            if len(chosen) == 1 and "norm" in stack.kinds:
                continue
            optimiser.zero_grad()
            loss = loss_of(stack(x[chosen]), y[chosen])
            if stack.penalised:
                loss = loss + stack.penalty()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(chosen)
        losses.append(total / samples)
        if clock.end():
            break
    return losses


answer(f"PyTorch {torch.__version__.split('+')[0]} on the CPU, {torch.get_num_threads()} thread{'s' if count > 1 else ''}", train)
