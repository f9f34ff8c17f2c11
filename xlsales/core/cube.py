"""Order lines and cash encoded once, so that any table or single figure of the five quantities is a look-up."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial, reduce
from typing import Any, cast

import numpy as np
import pandas as pd

from xlsales.core.calendar import CALENDAR, Calendar, PeriodLevel, period_keys
from xlsales.core.cube_sums import (
    CALENDAR_MONTH,
    NO_DATE,
    Cells,
    Dates,
    Flags,
    Rows,
    Sums,
    Times,
    cells_of,
    day_numbers,
    grain_of_rows,
    measures_of,
    occurring,
    side_by_side,
    times_of,
)
from xlsales.core.encoding import Codes, Encoded, Ints, encode
from xlsales.core.quantities import MEASURES, PERIODS
from xlsales.core.ratio import Day, day, ratio
from xlsales.core.refusal import Refusal

NONE: Mapping[str, Any] = {}


class Cube:
    """Encoded lines and cash. Columns are encoded when first asked for and kept: make one cube per state of the data.

    lines: what `order_measures` returns (pandas); receipts_by_line: what `attribute_collections` returns; dimensions:
    columns that will be asked for, encoded side by side with the first one. The result equals `five_quantities`, to
    the cent.

    >>> lines = pd.DataFrame({"date": pd.to_datetime(["2026-01-05", "2026-02-01"]), "product": ["P", "Q"],
    ...     "sales": [100.0, 50.0], "volume": [2.0, 1.0], "margin": [40.0, 10.0], "profit": [30.0, 5.0]})
    >>> cube = Cube(lines)
    >>> cube.table(["product"])[["product", "sales", "margin_rate"]]
      product  sales  margin_rate
    0       P  100.0          0.4
    1       Q   50.0          0.2
    >>> cube.figure("sales", {"product": "Q"}, "2026-02"), cube.figure("sales", {"product": "Q"}, "2026-01")
    (50.0, 0.0)
    """

    def __init__(
        self,
        lines: pd.DataFrame,
        receipts_by_line: pd.DataFrame | None = None,
        calendar: Calendar = CALENDAR,
        dimensions: Sequence[str] = (),
    ) -> None:
        missing = [name for name in ("date", "sales", "volume", "margin", "profit") if name not in lines]
        if missing:
            raise Refusal("columns_missing", columns=", ".join(f"orders.{name}" for name in missing))
        self.calendar = calendar
        self._lines, self._cash = lines, receipts_by_line
        self._dimensions = tuple(name for name in dimensions if name in lines)
        self._encoded: dict[str, Encoded] = {}
        self._times: dict[str, Times] = {}
        self._cells: dict[tuple[str, ...], Cells] = {}
        self._figures: dict[tuple[tuple[str, ...], str], dict[Any, dict[str, float]]] = {}

    def table(
        self,
        by: Sequence[str] = (),
        period: str = "none",
        where: Mapping[str, Any] = NONE,
        first: Day | None = None,
        last: Day | None = None,
    ) -> pd.DataFrame:
        """`five_quantities` by any columns, where columns have a value (or one of a list), from first to last."""
        if period not in PERIODS:
            raise Refusal("unknown_choice", name="period", value=period, choices=", ".join(PERIODS))
        grain = grain_of_rows(period, self.calendar)
        units = ["base_unit"] if self._units_differ else []
        self._encode([*by, *where, *units])
        kept = self._kept(where, first, last)
        cells = self._summed((*dict.fromkeys((*by, *units)),), grain, kept)
        starts = self._times[grain].starts
        labels = [(name, self._encoded[name].names, cells.codes[name]) for name in by]
        if period != "none":
            labels.append(("period", *_periods(cells.time, starts, period, self.calendar)))
        if units or not labels or labels[-1][2] is not cells.time:
            sums, own = _regrouped(labels, cells, bool(units))
        else:
            sums, own = cells.sums, [codes for *_, codes in labels]
        if not labels and not len(sums["lines"]):
            sums = {name: np.zeros(1) for name in sums}
        shown = {name: names.array.take(codes) for (name, names, _), codes in zip(labels, own, strict=True)}
        return _shown(shown, sums, self._cash is not None)

    def figure(self, measure: str, where: Mapping[str, Any] = NONE, period: str | None = None) -> float:
        """One figure: a measure or rate of the rows where columns have these values, in one period (a key), or ever.

        What never happened is 0, a rate of it blank. Raises Refusal `unknown_choice`.
        """
        names = tuple(sorted(where))
        level = "none" if period is None else _level(period)
        shown = self._figures.get((names, level))
        if shown is None:
            shown = self._figures[names, level] = _by_key(self.table(names, level), names, level)
        key = tuple(where[name] for name in names) + (() if period is None else (period,))
        row = shown.get(key)
        if row is not None and measure in row:
            return row[measure]
        if measure not in {*MEASURES, "margin_rate", "profit_rate"}:
            raise Refusal("unknown_choice", name="measure", value=measure, choices=", ".join(MEASURES))
        return float("nan") if measure.endswith("_rate") or (measure == "collections" and self._cash is None) else 0.0

    @cached_property
    def _rows(self) -> Rows:
        cash: dict[str, Sums | None] = {"receipts": None}
        if self._cash is not None:
            cash["collections"] = self._cash["collections"].to_numpy(np.float64)
        return Rows(len(self._lines), measures_of(self._lines), cash)

    @cached_property
    def _units_differ(self) -> bool:
        return "base_unit" in self._lines and encode(self._lines["base_unit"]).size > 1

    @cached_property
    def _days(self) -> Codes:
        return day_numbers(self._lines["date"], *([] if self._cash is None else [self._cash["date"]]))

    def _encode(self, names: Sequence[str]) -> None:
        """Encode the columns asked for; with the first ones all dimensions, side by side."""
        for name in names:
            if name not in self._lines:
                raise Refusal("columns_missing", columns=f"orders.{name}")
        wanted = [name for name in dict.fromkeys((*names, *self._dimensions)) if name not in self._encoded]
        work: list[Callable[[], Any]] = [partial(self._encoded_column, name) for name in wanted]
        if "_rows" not in self.__dict__:
            work += [lambda: self._rows, lambda: self._times_of(CALENDAR_MONTH)]
        done = side_by_side(work, len(self._lines))
        self._encoded.update(zip(wanted, done[: len(wanted)], strict=True))

    def _encoded_column(self, name: str) -> Encoded:
        """The column of lines and cash in one code, lines first."""
        if self._cash is None:
            return encode(self._lines[name])
        if name not in self._cash:
            return encode(self._lines[name]).followed_by_blanks(len(self._cash))
        return encode(self._lines[name], self._cash[name])

    def _times_of(self, grain: str) -> Times:
        if grain not in self._times:
            self._times[grain] = times_of(self._days, grain, self.calendar)
        return self._times[grain]

    def _kept(self, where: Mapping[str, Any], first: Day | None, last: Day | None) -> Flags | None:
        """The rows where columns have these values, between these days; None: all."""
        flags: list[Flags] = []
        for name, wanted in where.items():
            column = self._encoded[name]
            chosen = _chosen(column.names, wanted)
            one = int(chosen.argmax()) if chosen.sum() == 1 else None
            flags.append(chosen[column.codes] if one is None else column.codes == one)
        if first is not None:
            flags.append(self._days >= day(first).astype(np.int64))
        if last is not None:
            flags.append((self._days <= day(last).astype(np.int64)) & (self._days != NO_DATE))
        return reduce(np.logical_and, flags) if flags else None

    def _summed(self, by: tuple[str, ...], grain: str, kept: Flags | None) -> Cells:
        """The cells of all rows are kept for the next call, those of some rows are not."""
        found = self._cells.get((*by, grain)) if kept is None else None
        if found is None:
            columns = {name: self._encoded[name] for name in by}
            found = cells_of(self._rows, columns, self._times_of(grain), kept)
            if kept is None:
                self._cells[(*by, grain)] = found
        return found


def _regrouped(
    labels: Sequence[tuple[str, pd.Series, Ints]], cells: Cells, units: bool
) -> tuple[dict[str, Sums], list[Ints]]:
    """Cells added up by what is shown, and the place of each row's label among its names."""
    group = np.zeros(len(cells.time), dtype=np.int64)
    for _, names, codes in labels:
        group = group * len(names) + codes
    place, present = occurring(group)
    sums = {name: _counted(place, values, len(present)) for name, values in cells.sums.items()}
    if units:
        sums["units"] = _distinct(place, cells.codes["base_unit"], sums["lines"], cells.sums["lines"])
    own, left = [], present
    for _, names, _ in reversed(labels):
        left, here = np.divmod(left, len(names))
        own.append(here)
    return sums, own[::-1]


def _counted(place: Ints, sums: Sums, cells: int) -> Sums:
    return np.bincount(place, sums, cells).astype(np.float64, copy=False)


def _periods(time: Ints, starts: Dates, period: str, calendar: Calendar) -> tuple[pd.Series, Ints]:
    """Period keys in rising order, blank last, and the cells' places among them; time itself where that is the same."""
    keys = period_keys(starts, cast("PeriodLevel", period), calendar).reset_index(drop=True)
    names = pd.Series(keys.unique()).sort_values(na_position="last", ignore_index=True)
    place = pd.Index(names).get_indexer(pd.Index(keys)).astype(np.int64)
    same = len(place) == len(names) and bool((place == np.arange(len(place))).all())
    return names, time if same else place[time]


def _distinct(place: Ints, unit: Ints, lines: Sums, of_cell: Sums) -> Sums:
    """How many base units each row has; a cell that only cash made has none."""
    pairs = np.unique(np.column_stack([place, unit])[of_cell > 0], axis=0)
    return np.bincount(pairs[:, 0], minlength=len(lines)).astype(np.float64)


def _shown(names: dict[str, Any], sums: dict[str, Sums], cash: bool) -> pd.DataFrame:
    """The columns of `five_quantities`."""
    some = sums["lines"] > 0
    unknown = some & (sums["known"] == 0)
    volume = np.where(some & (sums["counted"] == 0), np.nan, sums["volume"])
    volume = np.where(sums["units"] > 1, np.nan, volume) if "units" in sums else volume
    margin, profit = (np.where(unknown, np.nan, sums[name]) for name in ("margin", "profit"))
    received = sums["collections"] if cash else np.full(len(some), np.nan)
    figures = dict(zip(MEASURES, (sums["sales"], volume, margin, profit, received), strict=True))
    rates = {"margin_rate": ratio(margin, sums["known_sales"]), "profit_rate": ratio(profit, sums["known_sales"])}
    return pd.DataFrame(names | figures | rates)


def _chosen(names: pd.Series, wanted: Any) -> Flags:
    """True for the names that are wanted: one value, or any of a list; None is blank."""
    many = list(wanted) if isinstance(wanted, (list, tuple, set)) else [wanted]
    kept = names.isin([value for value in many if not pd.isna(value)])
    return (kept | names.isna()).to_numpy() if any(pd.isna(value) for value in many) else kept.to_numpy()


def _level(period: str) -> str:
    """The level of a period key: 2026, 2026H1, 2026Q1, 2026-01, 2026-W05."""
    if len(period) == 4:
        return "year"
    return {"H": "half", "Q": "quarter"}.get(period[4], "week" if "W" in period else "month")


def _by_key(table: pd.DataFrame, names: tuple[str, ...], level: str) -> dict[Any, dict[str, float]]:
    """Rows by their values, blanks as None."""
    keys = [*names, *(["period"] if level != "none" else [])]
    columns = [table[name].astype(object).where(table[name].notna(), None).tolist() for name in keys]
    rows = table[[*MEASURES, "margin_rate", "profit_rate"]].to_dict("records")
    return dict(zip(zip(*columns, strict=True) if keys else [()], rows, strict=True))  # type: ignore[arg-type]
