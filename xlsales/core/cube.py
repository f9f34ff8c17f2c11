"""Order lines and cash encoded once, so that any table or single figure of the five quantities is a look-up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.core.calendar import CALENDAR, Calendar, PeriodLevel, period_keys
from xlsales.core.encoding import Encoded, encode
from xlsales.core.quantities import MEASURES, PERIODS
from xlsales.core.ratio import Day, day, days, ratio
from xlsales.core.refusal import Refusal

Codes = NDArray[np.int64]
Sums = NDArray[np.float64]
BLOCK = 1 << 16  # rows that fit the cache together with their sums
DENSE = 1 << 22  # more cells than this are counted by the combinations that occur
NONE: Mapping[str, Any] = {}


@dataclass(frozen=True)
class _Cells:
    """The combinations of some columns and days (or months) that occur, and their sums."""

    codes: dict[str, Codes]
    time: Codes
    starts: NDArray[np.datetime64]  # time code -> its first day
    sums: dict[str, Sums]


class Cube:
    """Encoded lines and cash. Columns are encoded when first asked for and kept: make one cube per state of the data.

    lines: what `order_measures` returns (pandas); receipts_by_line: what `attribute_collections` returns. The result
    equals `five_quantities`, to the cent.

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
        self, lines: pd.DataFrame, receipts_by_line: pd.DataFrame | None = None, calendar: Calendar = CALENDAR
    ) -> None:
        missing = [name for name in ("date", "sales", "volume", "margin", "profit") if name not in lines]
        if missing:
            raise Refusal("columns_missing", columns=", ".join(f"orders.{name}" for name in missing))
        self.calendar = calendar
        self._lines, self._cash = lines, receipts_by_line
        self._encoded: dict[str, Encoded] = {}
        self._times: dict[str, tuple[Codes, NDArray[np.datetime64]]] = {}
        self._cells: dict[tuple[str, ...], _Cells] = {}
        self._figures: dict[tuple[tuple[str, ...], str], dict[Any, dict[str, float]]] = {}
        self._measures = _measures(lines)
        self._received = None if receipts_by_line is None else receipts_by_line["collections"].to_numpy(np.float64)

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
        daily = period == "week" or self.calendar.month_close_day not in {None, 31} or self.calendar.week_pattern
        grain = "day" if daily or first is not None or last is not None else "month"
        units = ["base_unit"] if self._units() > 1 else []
        cells = self._summed(tuple(sorted({*by, *where, *units})), grain)
        kept = np.ones(len(cells.time), dtype=bool)
        for name, wanted in where.items():
            kept &= _chosen(self._code(name).names, wanted)[cells.codes[name]]
        for limit, early in ((first, True), (last, False)):
            if limit is not None:
                dates = cells.starts[cells.time]
                kept &= (dates >= day(limit)) if early else (dates <= day(limit))
        rows = np.flatnonzero(kept)
        whole = len(rows) == len(kept)
        group, size = np.zeros(len(rows), dtype=np.int64), 1
        labels: list[tuple[str, pd.Series, Codes]] = [(name, *self._sorted(name, cells)) for name in by]
        if period != "none":
            labels.append(("period", *_periods(cells, period, self.calendar)))
        for _, names, codes in labels:
            group, size = group * len(names) + (codes if whole else codes[rows]), size * len(names)
        place, present = _compact(group, size)
        summed: dict[str, Sums] = {
            name: _counted(place, sums if whole else sums[rows], len(present)) for name, sums in cells.sums.items()
        }
        if units:
            summed["units"] = _distinct(
                place, cells.codes["base_unit"][rows], summed["lines"], cells.sums["lines"][rows]
            )
        shown: dict[str, Any] = {}
        left = present
        for name, names, _ in reversed(labels):
            left, own = np.divmod(left, len(names))
            shown[name] = names.array.take(own)
        if not labels and not len(present):
            summed = {name: np.zeros(1) for name in summed}
        return _shown({name: shown[name] for name, *_ in labels}, summed, self._received is not None)

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

    def _units(self) -> int:
        return self._code("base_unit").size if "base_unit" in self._lines else 1

    def _code(self, name: str) -> Encoded:
        """The column of lines and cash in one code, lines first."""
        found = self._encoded.get(name)
        if found is None:
            if name not in self._lines:
                raise Refusal("columns_missing", columns=f"orders.{name}")
            column = self._lines[name]
            if self._cash is not None:
                other = (
                    self._cash[name] if name in self._cash else pd.Series([None] * len(self._cash), dtype=column.dtype)
                )
                column = pd.concat([column, other], ignore_index=True)
            found = self._encoded[name] = encode(column)
        return found

    def _sorted(self, name: str, cells: _Cells) -> tuple[pd.Series, Codes]:
        """Names in rising order, blank last, and the cells' places among them."""
        names = self._code(name).names
        order = names.sort_values(kind="stable", na_position="last").index.to_numpy()
        rank = np.empty(len(names), dtype=np.int64)
        rank[order] = np.arange(len(names))
        return names.iloc[order], rank[cells.codes[name]]

    def _summed(self, by: tuple[str, ...], grain: str) -> _Cells:
        found = self._cells.get((*by, grain))
        if found is None:
            found = self._cells[(*by, grain)] = self._group(by, grain)
        return found

    def _group(self, by: tuple[str, ...], grain: str) -> _Cells:
        """Sum every measure by column codes and day or month."""
        if grain not in self._times:
            dates = [self._lines["date"]] + ([] if self._cash is None else [self._cash["date"]])
            self._times[grain] = _calendar_codes(pd.concat(dates, ignore_index=True), grain)
        code, starts = self._times[grain]
        size, cut = len(starts), len(self._lines)
        parts = [self._code(name) for name in by]
        for part in parts:
            code, size = code * part.size + part.codes, size * part.size
        place, present = _compact(code, size)
        cells = len(present)
        sums = _add_up(place[:cut], cells, self._measures)
        if self._received is not None:
            sums |= _add_up(place[cut:], cells, {"collections": self._received})
        codes = {}
        left = present
        for name, part in zip(reversed(by), reversed(parts), strict=True):
            left, codes[name] = np.divmod(left, part.size)
        return _Cells(codes, left, starts, sums)


def _counted(place: Codes, sums: Sums, cells: int) -> Sums:
    return np.bincount(place, sums, cells).astype(np.float64, copy=False)


def _compact(code: Codes, size: int) -> tuple[Codes, Codes]:
    """Place of each row among the codes that occur, and those codes in rising order."""
    if size <= max(DENSE, len(code)):
        seen = np.zeros(size, dtype=bool)
        seen[code] = True
        present = np.flatnonzero(seen)
        if len(present) == size:
            return code, present
        places = np.cumsum(seen) - 1
        return places[code], present
    present, place = np.unique(code, return_inverse=True)
    return place, present


def _periods(cells: _Cells, period: str, calendar: Calendar) -> tuple[pd.Series, Codes]:
    """Period keys in rising order, blank last, and the cells' places among them."""
    keys = period_keys(cells.starts, cast("PeriodLevel", period), calendar).reset_index(drop=True)
    names = pd.Series(keys.unique()).sort_values(na_position="last", ignore_index=True)
    place = pd.Index(names).get_indexer(pd.Index(keys)).astype(np.int64)
    return names, place[cells.time]


def _distinct(place: Codes, unit: Codes, lines: Sums, of_cell: Sums) -> Sums:
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


def _calendar_codes(dates: pd.Series, grain: str) -> tuple[Codes, NDArray[np.datetime64]]:
    """Day or month code of each row, and the first day of each code (NaT: no date)."""
    raw = dates.to_numpy()
    unit = {"D": 1, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}
    per_day = unit.get(np.datetime_data(raw.dtype)[0], 0) if raw.dtype.kind == "M" else 0
    number = raw.view(np.int64) // per_day if per_day else days(dates).astype(np.int64)
    missing = pd.isna(raw) if len(raw) and (number.min() < -(1 << 24)) else None
    known = number if missing is None else number[~missing]
    low, high = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    table = np.arange(low, high + 1).astype("M8[D]")
    months = table.astype("M8[M]")
    part = (months - months[0]).astype(np.int64) if grain == "month" else np.arange(len(table))
    starts = (months[0] + np.arange(part[-1] + 1)).astype("M8[D]") if grain == "month" else table
    if missing is None:
        return part[number - low], starts
    code = np.full(len(raw), len(starts), dtype=np.int64)
    code[~missing] = part[known - low]
    return code, np.append(starts, np.datetime64("NaT"))


def _measures(lines: pd.DataFrame) -> dict[str, Sums | None]:
    """Arrays to add up; None stands for a plain count of rows, a name that repeats for the same array."""
    found: dict[str, Sums | None] = {}
    values = {name: lines[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in MEASURES[:4]}
    unknown, uncounted = np.isnan(values["margin"]), np.isnan(values["volume"])
    for name, numbers in values.items():
        bad = np.isnan(numbers)
        found[name] = np.where(bad, 0.0, numbers) if bad.any() else numbers
    sales = found["sales"]
    assert sales is not None, "set above"
    found["known_sales"] = np.where(unknown, 0.0, sales) if unknown.any() else sales
    found["known"] = (~unknown).astype(np.float64) if unknown.any() else None
    found["counted"] = (~uncounted).astype(np.float64) if uncounted.any() else None
    found["lines"] = None
    return found


def _add_up(place: Codes, cells: int, measures: Mapping[str, Sums | None]) -> dict[str, Sums]:
    """Sums by place, block by block, so that codes are read once from memory for all measures."""
    distinct = {id(values): values for values in measures.values()}
    sums = {key: np.zeros(cells) for key in distinct}
    step = BLOCK if cells <= BLOCK else max(len(place), 1)
    for start in range(0, len(place), step):
        codes = place[start : start + step]
        for key, values in distinct.items():
            weights = None if values is None else values[start : start + step]
            sums[key] += np.bincount(codes, weights, cells)
    return {name: sums[id(values)] for name, values in measures.items()}


def _chosen(names: pd.Series, wanted: Any) -> NDArray[np.bool_]:
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
