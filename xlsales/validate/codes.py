"""Texts that are names: identifiers, free words, yes and no, periods, and values out of a fixed list."""

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from xlsales.labels import words
from xlsales.schema.model import CODE, Column
from xlsales.validate.cells import NARROW_CODES, NULLS, SHEET_ERRORS, Cells, Mask, narrow

WHOLE_FLOAT = re.compile(r"(\d+)\.0")
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2,}")
YES = frozenset({"yes", "y", "true", "t", "1", "1.0", "是", "√", "✓", "✔", "对", "有"})
NO = frozenset({"no", "n", "false", "f", "0", "0.0", "否", "×", "✗", "✘", "不", "无"})
QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4"}
PERIOD_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(\d{4})(?:\.0|年)?"), lambda found: found[1]),
    (
        re.compile(r"(?:FY)?(\d{4})[- ]?([HQ])([1-4])", re.IGNORECASE),
        lambda found: f"{found[1]}{found[2].upper()}{found[3]}",
    ),
    (re.compile(r"(\d{4})年?([上下])半年"), lambda found: found[1] + ("H1" if found[2] == "上" else "H2")),
    (
        re.compile(r"(\d{4})年?第?([一二三四1-4])季度?"),
        lambda found: f"{found[1]}Q{QUARTERS.get(found[2], found[2])}",
    ),
    (re.compile(r"(\d{4})[- ]?W(\d{1,2})", re.IGNORECASE), lambda found: f"{found[1]}-W{int(found[2]):02d}"),
    (re.compile(r"(\d{4})年?第?(\d{1,2})周"), lambda found: f"{found[1]}-W{int(found[2]):02d}"),
    (re.compile(r"(\d{4})[-/.年](\d{1,2})月?"), lambda found: f"{found[1]}-{int(found[2]):02d}"),
    (re.compile(r"(\d{4})(0[1-9]|1[0-2])"), lambda found: f"{found[1]}-{found[2]}"),
    # A spreadsheet turns 2026-01 into the first day of the month.
    (re.compile(r"(\d{4})-(\d{2})-01(?:[T ].*)?"), lambda found: f"{found[1]}-{found[2]}"),
)
GOOD_PERIOD = re.compile(r"\d{4}(?:H[12]|Q[1-4]|-(?:0[1-9]|1[0-2])|-W(?:0[1-9]|[1-4]\d|5[0-3]))?")


def number_text(value: float) -> str:
    """A number as a person types it.

    >>> number_text(1001.0), number_text(0.5)
    ('1001', '0.5')
    """
    return str(int(value)) if value == round(value) and abs(value) < 1e15 else repr(float(value))


def code_text(text: str) -> str:
    """An identifier as it is meant: "1001.0" is 1001, full-width letters and digits are ordinary ones.

    >>> code_text("1001.0"), code_text("Ａ０１"), code_text("007")
    ('1001', 'A01', '007')
    """
    if not text.isascii():
        text = text.translate(NARROW_CODES).strip()
    found = WHOLE_FLOAT.fullmatch(text)
    return found[1] if found else text


def read_words(cells: Cells, kind: str) -> tuple[pd.Series, dict[str, Mask]]:
    """Identifiers or free words of a column as texts; and for each code of a problem, which cells have it."""
    change = code_text if kind == CODE else str
    texts = [change(text) for text in cells.texts]
    problems: dict[str, Mask] = {}
    if kind == CODE:
        rounded = cells.where_text([bool(SCIENTIFIC.fullmatch(text)) for text in texts])
        broken = cells.where_text([text.upper() in SHEET_ERRORS for text in texts])
        dates = ~np.isnat(cells.dates)
        found = {"code_rounded": rounded, "sheet_error": broken, "code_is_date": dates}
        problems = {code: mask for code, mask in found.items() if mask.any()}
    return _joined(cells, texts), problems


def _joined(cells: Cells, texts: list[str]) -> pd.Series:
    """Texts, and numbers, dates and flags as texts."""
    base = pd.Series(pd.array([*texts, None], dtype="str"))
    numbers = np.flatnonzero(~np.isnan(cells.numbers))
    if not len(numbers) and np.isnat(cells.dates).all() and (cells.flags < 0).all():
        return base.take(cells.code).reset_index(drop=True)  # -1 takes the last, which is none
    values = base.astype(object).to_numpy()[cells.code]
    if len(numbers):
        distinct, which = np.unique(cells.numbers[numbers], return_inverse=True)
        values[numbers] = np.array([number_text(value) for value in distinct], dtype=object)[which]
    dates = np.flatnonzero(~np.isnat(cells.dates))
    values[dates] = [str(day)[:10] for day in cells.dates[dates]]
    flags = np.flatnonzero(cells.flags >= 0)
    values[flags] = ["TRUE" if flag else "FALSE" for flag in cells.flags[flags]]
    return pd.Series(pd.array(values, dtype="str"))


def read_flags(cells: Cells) -> tuple[pd.Series, dict[str, Mask]]:
    """Yes and no of a column, missing where blank or wrong; and which cells are wrong."""
    meanings = [_flag(text) for text in cells.texts]
    values = cells.flags.astype(float)
    values[cells.flags < 0] = np.nan
    worded = cells.code >= 0
    if worded.any():
        known = np.array([np.nan if value is None else value for value in meanings], dtype=float)
        values[worded] = known[cells.code[worded]]
    numbered = np.isin(cells.numbers, (0.0, 1.0))
    values[numbered] = cells.numbers[numbered]
    blank = cells.blank | cells.where_text([text.casefold() in NULLS for text in cells.texts])
    wrong = np.isnan(values) & ~blank
    return pd.Series(pd.array(values, dtype="Float64")).astype("boolean"), {"flag_text": wrong} if wrong.any() else {}


def _flag(text: str) -> bool | None:
    plain = narrow(text).strip().casefold()
    return True if plain in YES else False if plain in NO else None


def period_text(text: str) -> str:
    """A period's key, or "" where the text is none.

    >>> [period_text(text) for text in ("2026.0", "2026 Q1", "2026年1月", "2026上半年", "2026/3", "spring")]
    ['2026', '2026Q1', '2026-01', '2026H1', '2026-03', '']
    """
    plain = narrow(text).strip()
    for form, shape in PERIOD_FORMS:
        found = form.fullmatch(plain)
        if found:
            key = shape(found)
            return key if GOOD_PERIOD.fullmatch(key) else ""
    return ""


def read_periods(cells: Cells) -> tuple[pd.Series, dict[str, Mask]]:
    """Periods of a column as their keys, missing where blank or wrong; and which cells are wrong."""
    raw = _joined(cells, cells.texts)
    codes, unique = pd.factorize(raw)
    keys = [period_text(text) for text in unique]
    found = pd.Series(pd.array([*(key or None for key in keys), None], dtype="str")).take(codes).reset_index(drop=True)
    wrong = (found.isna() & raw.notna()).to_numpy()
    return found, {"period_text": wrong} if wrong.any() else {}


@cache
def meanings(key: str, domain: tuple[str, ...]) -> dict[str, str]:
    """What a person may type for each value of a list: the value itself or its word in either language.

    >>> meanings("kind", ("visit",))["拜访"]
    'visit'
    """
    found = {}
    for value in domain:
        entry = words().get(f"value.{key}.{value}", {})
        for text in (entry.get("en", ""), entry.get("zh", ""), value):
            found[plain(text)] = value
    found.pop("", None)
    return found


def plain(text: str) -> str:
    """A text without what people write differently: case, width, spaces, hyphens, underscores, stars.

    >>> plain("Best　Case *")
    'bestcase'
    """
    return re.sub(r"[\s_\-*]+", "", narrow(text)).casefold()


def in_domain(texts: pd.Series, column: Column) -> tuple[pd.Series, Mask]:
    """Each text as the value of the list that it means; and where it means none."""
    codes, unique = pd.factorize(texts)
    allowed = meanings(column.key, column.domain)
    values = [allowed.get(plain(text)) for text in unique]
    found = pd.Series(pd.array([*values, None], dtype="str")).take(codes).reset_index(drop=True)
    return found, (found.isna() & texts.notna()).to_numpy()
