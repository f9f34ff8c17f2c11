"""The command line's plan: a coming year's quotas from history, in a workbook that adds up at every level."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlsales import terminal
from xlsales.core.refusal import Refusal
from xlsales.labels import word
from xlsales.problems import InputError, Problem, from_refusal

if TYPE_CHECKING:
    import pandas as pd

LAST_DAY = 31  # a month that closes on the 31st closes on its last day
MOST_GROWTH = 10  # more than ten times as much is a percentage without its sign
QUANTITIES = ("sales", "volume", "margin", "profit", "collections")


@dataclass(frozen=True)
class Wish:
    """What to plan: by how much more than the last twelve months, or which total of sales; for which fiscal year."""

    growth: float
    total: float | None
    year: str


def plan(request: terminal.Request, target: Path, wish: Wish, *, force: bool) -> int:
    """Read the data, plan the year from its history, and write the workbook with targets and plan."""
    from xlsales.hosts.file import check_target

    lang = request.lang
    terminal.check_ending(target)
    check_target(target, force=force)
    with terminal.progress(lang, "read", "check", "compute", "write") as start:
        loaded = terminal.load(request, start)
        planned, told = with_plan(loaded, wish, lang)
        done, results = terminal.compute(planned, start)
        start("write")
        terminal.write(target, done, results, (lang, request.now), force=force)
    for line in told:
        terminal.say(line)
    terminal.say(word("cli.result.written", lang, path=target))
    return 0


def wish(growth: str, total: float | None, year: str) -> Wish:
    """What the arguments ask for. growth: 0.08 or 8%."""
    try:
        rate = float(growth.removesuffix("%")) / (100 if growth.endswith("%") else 1)
    except ValueError:
        rate = float("nan")
    if not -1 < rate < MOST_GROWTH:
        raise InputError(Problem("plan_growth", value=growth))
    if total is not None and not 0 < total < float("inf"):
        raise InputError(Problem("plan_total", value=str(total)))
    if year and not re.fullmatch(r"\d{4}", year):
        raise InputError(Problem("plan_year", value=year))
    return Wish(rate, total, year)


def with_plan(loaded: terminal.Loaded, wish: Wish, lang: str) -> tuple[terminal.Loaded, list[str]]:
    """The tables with the year's targets and its plan as a version of its own, and what to say about them."""
    import pandas as pd

    from xlsales.commands.cycle import ran
    from xlsales.core.next_year import on_unit

    results = ran(loaded.tables, loaded.settings, wanted=("lines", "cash")).results
    try:
        past = History(loaded, results, wish.year)
        plans, told = [], []
        growth = wish.growth
        if wish.total is not None:
            growth = wish.total / past.whole("sales") - 1
        for measure in QUANTITIES:
            if not past.usable(measure):
                told.append(word("cli.plan.left_out", lang, measure=word("value.measure." + measure, lang)))
                continue
            total = on_unit(past.whole(measure) * (1 + growth), past.unit)
            if measure == "sales" and wish.total is not None:
                total = wish.total
            rows, targets = past.planned(measure, total, growth)
            plans.append((rows, targets))
            facts = {"year": past.year, "total": total, "before": past.whole(measure), "growth": growth}
            counts = {"people": rows["salesperson"].nunique(), "regions": rows["region"].nunique()}
            told.append(word("cli.plan.told", lang, measure=word("value.measure." + measure, lang), **facts, **counts))
    except Refusal as refusal:
        raise InputError(from_refusal(refusal)) from refusal
    if not plans:
        raise InputError(Problem("plan_without_history"))
    tables = dict(loaded.tables)
    for key, place in (("plan", 0), ("targets", 1)):
        blank = tables[key]
        rows = pd.concat([each[place] for each in plans], ignore_index=True)
        mine = rows.reindex(columns=blank.columns).astype(blank.dtypes)
        tables[key] = pd.concat([kept(blank, key, past.year), mine], ignore_index=True)
    first = next(line for line, measure in zip(told, QUANTITIES, strict=True) if past.usable(measure))
    made = {"version": past.year, "created": loaded.settings["as_of"], "by": "xlsales", "note": first}
    versions = tables["plan_versions"]
    row = pd.DataFrame([made]).reindex(columns=versions.columns).astype(versions.dtypes)
    tables["plan_versions"] = pd.concat([versions[versions["version"] != past.year], row], ignore_index=True)
    return replace(loaded, tables=tables), told


def kept(table: "pd.DataFrame", key: str, year: str) -> "pd.DataFrame":
    """The rows that a new plan of a year does not replace."""
    gone = table["version"] == year if key == "plan" else table["period"] == year
    return table[~gone.fillna(value=False)]


class History:
    """What the last twelve whole months brought, by region and person, and the seasons of the years before."""

    def __init__(self, loaded: terminal.Loaded, results: dict[str, Any], year: str) -> None:
        import pandas as pd

        from xlsales.core.calendar import Calendar, period_keys
        from xlsales.core.period_steps import children

        settings = loaded.settings
        close = int(settings["month_close_day"])
        self.calendar = Calendar(int(settings["fiscal_year_start"]), None if close >= LAST_DAY else close)
        self.as_of, self.unit = pd.Timestamp(settings["as_of"]), float(settings["rounding"])
        self.company = str(settings["company"] or "company")
        running = str(period_keys(pd.Series([self.as_of]), "year", self.calendar).iloc[0])
        self.year = year or str(int(running) + 1)
        self.months = children(self.year, "month", self.calendar)
        self.tables, self.rows = loaded.tables, results
        self.past = [children(str(int(running) - step), "month", self.calendar) for step in range(6, -1, -1)]
        self.last = self._last_months()

    def _last_months(self) -> list[str]:
        """The twelve last months that are over at the day."""
        from xlsales.core.calendar import last_day

        every = [month for year in self.past for month in year]
        return [month for month in every if last_day(month, self.calendar) <= self.as_of.date()][-12:]

    def table(self, measure: str) -> "pd.DataFrame":
        """Region, salesperson, month and value of every line (or receipt) up to the day."""
        import pandas as pd

        from xlsales.core.calendar import period_keys

        rows = self.rows.get("cash" if measure == "collections" else "lines")
        if rows is None or rows.empty or measure not in rows:
            return pd.DataFrame({"region": [], "salesperson": [], "month": [], "value": []})
        keys = {name: rows.get(name) for name in ("region", "salesperson")}
        month = period_keys(rows["date"], "month", self.calendar).astype("str")
        return pd.DataFrame({**keys, "month": month, "value": rows[measure].astype(float)}).dropna(subset=["value"])

    def base(self, measure: str) -> "pd.DataFrame":
        """What each leaf brought in the last twelve months; of people who are gone it is their colleagues'."""
        from xlsales.core.next_year import handed_on

        rows = self.table(measure)
        rows = rows[rows["month"].isin(self.last)].astype({"region": object, "salesperson": object})
        sums = rows.fillna({"region": "", "salesperson": ""}).groupby(["region", "salesperson"], as_index=False)[
            "value"
        ]
        people = self.tables["salespeople"]
        gone = people.loc[people["leave_date"].notna() & (people["leave_date"] <= self.as_of), "salesperson"]
        return handed_on(sums.sum(), gone.tolist())

    def usable(self, measure: str) -> bool:
        """Whether every leaf brought something or nothing, and all together something."""
        value = self.base(measure)["value"]
        return len(value) > 0 and bool((value.round(6) >= 0).all()) and value.sum() > 0

    def whole(self, measure: str) -> float:
        """What all brought together in the last twelve months."""
        return float(self.base(measure)["value"].sum())

    def planned(self, measure: str, total: float, growth: float) -> tuple["pd.DataFrame", "pd.DataFrame"]:
        """The rows of the plan, and the targets of the company, its regions and its people."""
        import pandas as pd

        from xlsales.core.hierarchy import build_tree
        from xlsales.core.next_year import month_weights, next_year

        regions = self.tables["regions"]
        tree = build_tree(regions["region"], regions["parent"]) if len(regions) else None
        over = [keys for keys in self.past if keys[-1] in self.last or keys[-1] < self.last[0]]
        season, years = month_weights(self.table(measure), over)
        base = self.base(measure)
        found = next_year(base, season, self.months, total, tree, self.unit)
        plan = found.quotas.rename(columns={"month": "period"})
        plan = plan.assign(version=self.year, measure=measure, held=False)
        people = found.quotas[found.quotas["salesperson"] != ""].groupby("salesperson", sort=False)["value"].sum()
        before = base[base["salesperson"] != ""].groupby("salesperson")["value"].sum()
        rows = [("company", self.company, float(found.sums[""]), float(base["value"].sum()))]
        rows += [("region", name, float(value), float("nan")) for name, value in found.sums.items() if name]
        rows += [
            ("salesperson", name, float(value), float(before.get(name, float("nan")))) for name, value in people.items()
        ]
        targets = pd.DataFrame(rows, columns=["scope", "member", "target", "base"])
        reason = f"{growth:+.1%}, {years} x 12"
        about = {
            "measure": measure,
            "period": self.year,
            "status": "proposed",
            "source": "xlsales plan",
            "reason": reason,
        }
        named = plan.assign(**{name: plan[name].where(plan[name] != "") for name in ("region", "salesperson")})
        return named, targets.assign(**about, owner=targets["member"].where(targets["scope"] == "salesperson"))
