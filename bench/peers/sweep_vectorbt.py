"""100 crossover pairs on one CSV file in vectorbt, on one core: python sweep_vectorbt.py FILE; prints null where it is not installed."""
import json
import sys
import time

try:
    import numpy as np
    import pandas as pd
    import vectorbt as vbt
except ImportError:
    print("null")
    sys.exit()

ROUNDS = 8
table = pd.read_csv(sys.argv[1])
table.index = pd.to_datetime(table["timestamp"], utc=True)
opened, close = table["open"], table["close"]
pairs = [(fast, slow) for fast in range(5, 51, 5) for slow in range(60, 241, 20)]


def sweep():
    fast = vbt.MA.run(close, [f for f, _ in pairs], short_name="fast")
    slow = vbt.MA.run(close, [s for _, s in pairs], short_name="slow")
    # Decided at a close, filled at the next open.
    entries = fast.ma_crossed_above(slow).vbt.fshift(1)
    exits = fast.ma_crossed_below(slow).vbt.fshift(1)
    portfolio = vbt.Portfolio.from_signals(close, entries, exits, price=opened, fees=0.001, init_cash=10_000, freq="4h")
    return float(np.max(portfolio.final_value().to_numpy()))


times = []
for _ in range(ROUNDS):
    start = time.perf_counter()
    best = sweep()
    times.append(time.perf_counter() - start)
first, *rest = times
rest.sort()
print(json.dumps({"first": first, "median": rest[len(rest) // 2], "fastest": rest[0], "bestEquity": best}))
