"""Brackets in backtesting.py, for test/golden/backtesting-py.test.ts: python backtesting_brackets.py FOLDER (needs backtesting==0.6.6)."""
import json
import sys
import warnings

import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

warnings.filterwarnings("ignore")
CASES = [("BTC-USD-4h-coinbase.csv", 1e-6), ("AAPL-1d-stooq.csv", 1e-4), ("SPY-1d-lean.csv", 1e-4)]


def means(close, period):
    """Means of the last closes, each summed anew."""
    column = np.full(len(close), np.nan)
    for i in range(period - 1, len(close)):
        column[i] = close[i - period + 1 : i + 1].mean()
    return column


def read(path):
    table = pd.read_csv(path)
    table.columns = [name.lower() for name in table.columns]
    time = next(name for name in ("timestamp", "datetime", "date", "time") if name in table.columns)
    table.index = pd.to_datetime(table[time], utc=True, unit="s" if table[time].dtype.kind in "if" else None).dt.tz_localize(None)
    return table.rename(columns=str.capitalize)[["Open", "High", "Low", "Close", "Volume"]]


class Brackets(Strategy):
    stop, target, leave = 0.95, 1.10, False

    def init(self):
        close = np.asarray(self.data.Close)
        self.fast = self.I(means, close, 10)
        self.slow = self.I(means, close, 30)

    def next(self):
        if len(self.data) < 2 or np.isnan(self.slow[-2]):
            return
        above, before = self.fast[-1] > self.slow[-1], self.fast[-2] > self.slow[-2]
        close = self.data.Close[-1]
        if above and not before and not self.position:
            self.buy(size=0.9999999, sl=close * self.stop, tp=close * self.target)
        elif self.leave and not above and before and self.position:
            self.position.close()


results = {}
for file, unit in CASES:
    data = read(f"{sys.argv[1]}/{file}")
    for leave in (False, True):
        backtest = FractionalBacktest(data, Brackets, fractional_unit=unit, cash=10_000, commission=0.001, finalize_trades=False)
        stats = backtest.run(leave=leave)
        results[f"{file} {'signal' if leave else 'brackets'}"] = {
            "unit": unit,
            "final_equity": float(stats["Equity Final [$]"]),
            "closed_trades": int(stats["# Trades"]),
        }
print(json.dumps(results, indent=1))
