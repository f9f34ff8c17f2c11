"""All pipeline measures of 200 000 opportunities with 24 snapshots, beside plain pandas groupby and merge."""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from xlsales.core.deal_watch import watch
from xlsales.core.deals import default_stages, read_deals
from xlsales.core.pipeline import funnel, pipeline
from xlsales.core.pipeline_due import by_month
from xlsales.core.snapshots import stage_conversion, stage_days, won_percentiles

AS_OF = pd.Timestamp("2026-06-30")
STAGES = default_stages()


def tables(deals: int, snapshots: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Opportunities that walk through the stages at random, and what a snapshot each month saw, in its own order."""
    rng = np.random.default_rng(1)
    names = STAGES["stage"].to_numpy(object)
    dates = pd.date_range("2024-07-01", periods=snapshots, freq="MS")
    created = dates[0] + pd.to_timedelta(rng.integers(0, 60, deals), unit="D")
    at = np.sort(rng.integers(0, 6, (deals, snapshots + 1)), axis=1)
    frame = pd.DataFrame(
        {
            "opportunity": pd.Series([f"O{number:07}" for number in range(deals)], dtype="str"),
            "salesperson": pd.Series(rng.choice([f"P{n:03}" for n in range(200)], deals), dtype="str"),
            "stage": pd.Series(names[at[:, -1]], dtype="str"),
            "value": np.round(rng.lognormal(9, 1, deals)),
            "created": created,
            "close_date": created + pd.to_timedelta(rng.integers(10, 900, deals), unit="D"),
            "stage_since": created + pd.to_timedelta(rng.integers(0, 10, deals), unit="D"),
        }
    )
    order = np.concatenate([rng.permutation(deals) for _ in range(snapshots)])
    when = np.repeat(np.arange(snapshots), deals)
    seen = pd.DataFrame(
        {
            "as_of": dates.to_numpy()[when],
            "opportunity": frame["opportunity"].take(order).reset_index(drop=True),
            "stage": pd.Series(names[at[order, when]], dtype="str"),
            "value": frame["value"].to_numpy()[order],
        }
    )
    return frame, seen


def ours(frame: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Everything that the Pipeline sheet shows."""
    deals = read_deals(frame, STAGES, AS_OF)
    pipeline(deals)
    pipeline(deals, ["salesperson"])
    by_month(deals)
    funnel(deals, STAGES, ["salesperson"])
    days = won_percentiles(stage_days(seen, frame, ["won"]))
    watch(deals, AS_OF, STAGES, days)
    return stage_conversion(seen, frame)


def rival(frame: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """The same figures by merge and groupby, as one would write them first."""
    deals = frame.merge(STAGES, on="stage")
    deals["cycle"] = (deals["close_date"] - deals["created"]).dt.days
    is_open = ~deals["category"].isin(["won", "lost"])
    deals["weighted"] = (deals["value"] * deals["probability"]).where(is_open)
    deals["slipped"] = deals["value"].where(is_open & (deals["close_date"] < AS_OF))
    for keys in ([lambda _: 0], ["salesperson"]):
        deals.groupby(keys).agg({"value": "sum", "weighted": "sum", "slipped": "sum"})
        deals.groupby([*keys, "category"])[["value", "cycle"]].agg(["sum", "count", "mean"])
    deals[is_open].groupby(deals["close_date"].dt.to_period("M"))[["value", "weighted"]].sum()
    deals.groupby(["salesperson", "stage"])["value"].agg(["count", "sum"])
    won = seen[seen["opportunity"].isin(frame.loc[frame["stage"] == "won", "opportunity"])]
    won = won.sort_values(["opportunity", "as_of"])
    won["next"] = won.groupby("opportunity")["as_of"].shift(-1)
    won["days"] = (won["next"] - won["as_of"]).dt.days
    won.groupby(["opportunity", "stage"])["days"].sum().groupby("stage").quantile(0.75)
    joined = seen.merge(frame[["opportunity", "stage"]], on="opportunity", how="left", suffixes=("_then", "_now"))
    return joined.groupby(["as_of", "stage_then", "stage_now"], dropna=False)["value"].agg(["size", "sum"])


def seconds(call: Callable[..., object], *arguments: object, repeats: int = 3) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call(*arguments)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(deals: int = 200_000, snapshots: int = 24) -> None:
    frame, seen = tables(deals, snapshots)
    mine, theirs = ours(frame, seen), rival(frame, seen)
    assert int(mine["deals"].sum()) == int(theirs["size"].sum()) == deals * snapshots
    us, them = seconds(ours, frame, seen), seconds(rival, frame, seen)
    print(f"{deals} opportunities x {snapshots} snapshots, medians: xlsales {us:.2f} s, pandas groupby {them:.2f} s")
    print(f"ratio {them / us:.1f}; limit asked for 5 s")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
