"""What both peers share: requests on stdin and answers on stdout, one line of JSON each (see startPython in bench/contestant.ts)."""

import argparse
import json
import os
import sys
import time

import numpy as np


def threads() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args().threads


class EpochClock:
    """Seconds of every epoch so far; `end` says whether the limit is reached (see TurnLimit in bench/contestant.ts)."""

    def __init__(self, limit: dict[str, float]):
        self.limit = limit
        self.seconds: list[float] = []
        self.last = time.perf_counter()

    def end(self) -> bool:
        now = time.perf_counter()
        self.seconds.append(now - self.last)
        self.last = now
        return self.seconds[0] >= self.limit["warmUp"] or sum(self.seconds[1:]) >= self.limit["measured"]


def arrays(network, data) -> tuple[np.ndarray, np.ndarray]:
    """Every window of the rows, and its targets."""
    rows = np.array(data["rows"], dtype=np.float32).reshape(-1, network["inputs"])
    windows = np.lib.stride_tricks.sliding_window_view(rows, network["lookback"], axis=0)
    targets = np.array(data["targets"], dtype=np.float32).reshape(-1, network["outputs"])
    return np.ascontiguousarray(windows.transpose(0, 2, 1)), targets


def answer(description: str, train) -> None:
    """`train(network, x, y, training, clock)` gives the loss of every epoch; x is [window, step, input], y [window, output]."""
    # Whatever a library prints must not come between the answers.
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["kind"] == "describe":
                said = {"description": description}
            else:
                network = request["network"]
                x, y = arrays(network, request["data"])
                clock = EpochClock(request["limit"])
                losses = train(network, x, y, request["training"], clock)
                said = {"seconds": clock.seconds, "losses": losses}
        except Exception as error:  # noqa: BLE001  (the parent reports it)
            said = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(said), file=channel)
