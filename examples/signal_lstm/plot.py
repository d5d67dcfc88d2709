# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""plot.py FOLDER: forecasts beside the series, and the error of other ways to forecast, from what run.sh left in FOLDER."""
import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import picture
from data import SERIES, SPLIT


def rmse(forecast, first, end):
    """Of forecasts of the months `first` to `end`; forecast[i] is that of month i."""
    return np.sqrt(np.mean((forecast[first:end] - SERIES[first:end]) ** 2))


def main(folder):
    folder, months = pathlib.Path(folder), len(SERIES)
    forecast = np.concatenate([[np.nan], np.loadtxt(folder / "forecast.txt")])  # [i]: of month i, made in the month before
    persistence, rule = np.full((2, months), np.nan)
    persistence[1:] = SERIES[:-1]
    rule[13:] = SERIES[12:-1] * SERIES[1:-12] / SERIES[:-13]
    print("RMSE, thousands of passengers   first 96 months   last 48")
    for name, values, start in (("as this month", persistence, 1), ("growth of last year's month", rule, 13), ("LSTM", forecast, 1)):
        print(f"{name:32}{rmse(values, start, SPLIT):15.1f}{rmse(values, SPLIT, months):10.1f}")

    years = 1949 + np.arange(len(forecast)) / 12
    figure = picture.Figure(columns=1, width=760, height=300)
    panel = figure.panel("International airline passengers, thousands a month", width=760)
    panel.line(years[:months], SERIES, "series", 5)
    panel.line(years[:months], forecast[:months], "forecast of each month from those before", 0)
    panel.line(years[months - 1:], np.concatenate([SERIES[-1:], forecast[months:]]), "a year on its own", 1)
    panel.vertical(years[SPLIT], "end of training", 3)
    figure.save(folder / "signal_lstm.svg")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
