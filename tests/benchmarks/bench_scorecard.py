"""Scoring 10 000 salespeople on 12 KPIs, against pandas groupby.apply with the same rules."""

import statistics
import time

import numpy as np
import pandas as pd

from xlsales.core.scorecard import Rules, score_people

KPIS = [f"kpi{i:02d}" for i in range(12)]
REPEATS = 5


def company(people):
    """Actuals and KPI set of one role, a tenth of the figures missing."""
    random = np.random.default_rng(0)
    count = people * len(KPIS)
    actual = random.normal(95, 20, count)
    actual[random.random(count) < 0.1] = np.nan
    names = np.repeat([f"person{i}" for i in range(people)], len(KPIS))
    actuals = pd.DataFrame(
        {"salesperson": names, "role": "rep", "kpi": KPIS * people, "target": 100.0, "actual": actual}
    )
    kpis = pd.DataFrame({"role": "rep", "kpi": KPIS, "weight": 1 / len(KPIS), "direction": ["higher", "lower"] * 6})
    return actuals, kpis


def one_person(rows):
    """What groupby.apply does for each salesperson."""
    attained = (rows["actual"] / rows["target"]).where(
        rows["direction"] == "higher", 2 - rows["actual"] / rows["target"]
    )
    earned = (100 * attained.clip(lower=0)).clip(upper=120).where(attained >= 0.5, 0.0)
    known = attained.notna()
    return (earned[known] * rows["weight"][known]).sum() / rows["weight"][known].sum()


def rival(actuals, kpis):
    """Score and rank by groupby.apply."""
    rows = actuals.merge(kpis, on=["role", "kpi"])
    scores = rows.groupby("salesperson", sort=False)[["actual", "target", "direction", "weight"]].apply(one_person)
    return pd.DataFrame({"score": scores, "rank": scores.rank(method="min", ascending=False)})


def median_seconds(work, repeats):
    """The median time of a piece of work."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main(people=10_000):
    """Print both medians and their ratio, after the two agree."""
    actuals, kpis = company(people)
    ours = score_people(actuals, Rules(kpis)).summary.set_index("salesperson")["score"]
    np.testing.assert_allclose(ours.to_numpy(), rival(actuals, kpis)["score"].loc[ours.index].to_numpy(), atol=1e-6)
    fast = median_seconds(lambda: score_people(actuals, Rules(kpis)), REPEATS)
    slow = median_seconds(lambda: rival(actuals, kpis), 1)
    print(
        f"{people} salespeople x {len(KPIS)} KPIs: xlsales {fast:.3f} s, pandas groupby.apply {slow:.3f} s, "
        f"ratio {slow / fast:.1f}"
    )


if __name__ == "__main__":
    main()
