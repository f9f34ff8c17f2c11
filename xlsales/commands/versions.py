"""The button Versions: save, compare, restore and scale versions of the plan, by a command typed on the Plan sheet."""

import re
import unicodedata
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xlsales.commands.plan_fill import refilled
from xlsales.commands.plan_limits import as_version, limit_patches, replaced
from xlsales.commands.plan_sheet import PlanSheet
from xlsales.commands.plan_view_fold import merged
from xlsales.commands.protocol import Append, Book, Change, Patch, Replace
from xlsales.commands.reading import PLANNING, Answer, Work, load
from xlsales.commands.spread_code import typed_code
from xlsales.core.spreading import on_grid
from xlsales.labels import word
from xlsales.problems import InputError, Problem

VERBS = {
    "save": ("save", "保存"),
    "compare": ("compare", "比较"),
    "restore": ("restore", "恢复"),
    "scenario": ("scenario", "情景"),
}
ARGUMENTS = {"save": 1, "compare": 2, "restore": 1, "scenario": 2}
KEYS = ["measure", "period", "region", "product", "customer", "segment", "salesperson", "channel"]
PLAIN = "00000000-00"  # the cut of the Plan sheets: no further dimension, months
MOST = 10  # differences that a comparison names


@dataclass(frozen=True)
class Asked:
    """A command: what to do, and with which names."""

    verb: str
    names: tuple[str, ...]


def parsed(text: str) -> Asked | None:
    """A command as it is typed; None where it is none.

    >>> parsed("Compare base March"), parsed("保存 三月")
    (Asked(verb='compare', names=('base', 'March')), Asked(verb='save', names=('三月',)))
    """
    parts = re.split(r"\s+", unicodedata.normalize("NFKC", text).strip())
    verb = next((key for key, said in VERBS.items() if parts[0].casefold() in said), None)
    names = tuple(parts[1:])
    return Asked(verb, names) if verb and len(names) == ARGUMENTS[verb] else None


def versions(book: Book) -> Answer:
    """Do what the command cell of the Plan sheet says; where it says nothing, list the versions."""
    work = load(book, only=PLANNING)
    sheet = at_hand(book, work)
    text = typed_code(book, sheet.name)
    asked = parsed(text) if text else None
    plan = work.tables["plan"]
    if not text:
        return Answer(says=listed(work, sheet.version, book.lang), undoable=False)
    if asked is None:
        raise InputError(Problem("version_command", value=text))
    wrong = [problem for problem in work.problems if problem.table == "plan" and problem.severity == "error"]
    if wrong:
        raise InputError(wrong[0])
    if asked.verb == "compare":
        return Answer(says=compared(plan, *asked.names, book.lang), parameters=text, undoable=False)
    if asked.verb == "restore":
        return restored(book, work, sheet, asked.names[0])
    return added(book, work, sheet, asked)


def at_hand(book: Book, work: Work) -> PlanSheet:
    """The plan sheet that is looked at; refused where there is none."""
    selected = book.selection()
    for sheet in work.planned:
        if selected and sheet.matrix.sheet == selected.sheet:
            return sheet
    raise InputError(Problem("plan_not_selected"))


def rows_of(plan: pd.DataFrame, version: str) -> pd.DataFrame:
    """The rows of a version; refused where it has none."""
    rows = plan[plan["version"] == version]
    if rows.empty:
        raise InputError(Problem("exchange_no_version", value=version))
    return rows


def listed(work: Work, current: str, lang: str) -> str:
    """The versions with their sums by measure, the current one first."""
    plan, made = work.tables["plan"], work.tables["plan_versions"].set_index("version")
    names = list(dict.fromkeys([current, *plan["version"]]))
    lines = [word("said.versions", lang)]
    for name in names:
        sums = once(plan[plan["version"] == name]).groupby("measure", sort=False)["value"].sum()
        told = [f"{word('value.measure.' + measure, lang)} {value:,.2f}" for measure, value in sums.items()]
        note = made["note"].get(name) if name in made.index else None
        tail = "" if pd.isna(note) else f" ({note})"
        lines.append(f"{name}{tail}: {word('where.list', lang).join(told)}")
    return "\n".join(lines)


def once(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that count once: of each measure those of the Plan sheets, else of the cut that comes first."""
    cut = cut_of_rows(rows)
    first = cut.groupby(rows["measure"]).transform("first")
    plain = (cut == PLAIN).groupby(rows["measure"]).transform("any")
    return rows[cut == first.mask(plain, PLAIN)]


def cut_of_rows(rows: pd.DataFrame) -> pd.Series:
    """How each row is cut: which dimensions it names (regions and salespeople are one), and how long its period is."""
    named = marks(rows, ("product", "customer", "segment", "channel"))
    apart = marks(rows, ("region", "salesperson"))
    return named + apart.where(named != "0000", "") + rows["period"].str.replace(r"\d", "0", regex=True)


def marks(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """A 1 for each column that a row fills, a 0 for the others, in one text."""
    found = pd.Series("", index=rows.index, dtype="str")
    for name in names:
        found += rows[name].notna().map({True: "1", False: "0"}).astype("str")
    return found


def values_of(rows: pd.DataFrame) -> pd.Series:
    """The values of a version by what they are of, "" where a row names none."""
    return rows.assign(**{key: rows[key].astype(object).where(rows[key].notna(), "") for key in KEYS}).set_index(KEYS)[
        "value"
    ]


def compared(plan: pd.DataFrame, one: str, two: str, lang: str) -> str:
    """How two versions differ: by measure, then the largest differences."""
    left, right = (values_of(rows_of(plan, name)) for name in (one, two))
    both = pd.DataFrame({"one": left, "two": right})
    change = both["two"].fillna(0.0) - both["one"].fillna(0.0)
    unlike = ~np.isclose(both["one"], both["two"], rtol=1e-12, atol=1e-9, equal_nan=True)
    lines = [word("said.compared", lang, one=one, two=two, cells=int(unlike.sum()))]
    counted = pd.concat([values_of(once(rows_of(plan, name))) for name in (one, two)]).index.unique()
    for measure, sums in both.loc[counted].groupby(level="measure", sort=False).sum().iterrows():
        name = word(f"value.measure.{measure}", lang)
        lines.append(f"{name}: {sums['one']:,.2f} → {sums['two']:,.2f} ({sums['two'] - sums['one']:+,.2f})")
    largest = change[unlike].abs().sort_values(ascending=False, kind="stable").index[:MOST]
    for key in largest:
        parts = [word(f"value.measure.{key[0]}", lang), *(str(part) for part in key[1:] if part)]
        old, new = (("–" if pd.isna(cell) else f"{cell:,.2f}") for cell in both.loc[key])
        lines.append(f"    {' '.join(parts)}: {old} → {new}")
    return "\n".join(lines)


def added(book: Book, work: Work, sheet: PlanSheet, asked: Asked) -> Answer:
    """A new version out of the current one: saved (and gone on with), or scaled by a factor beside it."""
    plan, name = work.tables["plan"], asked.names[0]
    made = work.tables["plan_versions"]
    if name in set(plan["version"]) | set(made["version"]):
        raise InputError(Problem("version_exists", value=name))
    rows = rows_of(plan, sheet.version).assign(version=name)
    row = {"version": name, "base": sheet.version, "by": book.user}
    changes: list[Change] = list(work.pending)
    factor = 1.0
    if asked.verb == "scenario":
        factor = factor_of(asked.names[1])
        rows = scaled(rows, factor, float(work.settings["rounding"]))
        row["note"] = word("said.scenario_note", book.lang, factor=f"{factor:g}", day=book.now.date())
        says = word("said.scenario", book.lang, name=name, base=sheet.version, factor=f"{factor:g}", rows=len(rows))
    else:  # the version made last is the current one, so a scenario has no day of its own
        row["created"] = pd.Timestamp(book.now.date())  # type: ignore[assignment]
        changes += [Patch("xs_version_" + measure, 0, 0, [[name]]) for measure in work.sheets]
        says = word("said.version_saved", book.lang, name=name, base=sheet.version, rows=len(rows))
    if asked.verb == "save" and work.view is not None and work.view.version == sheet.version:
        changes += refilled(book, work, pd.concat([plan, rows], ignore_index=True), name)
    changes += [Append("plan", rows), Append("plan_versions", pd.DataFrame([row]))]
    limits = as_version(work.tables["plan_limits"], sheet.version, name, factor)
    changes = [each for each in changes if not (isinstance(each, Replace) and each.table == "plan_limits")]
    changes = merged(changes, replaced(work.raw.tables, limits))
    parameters = f"{asked.verb} {sheet.version} → {name}: {rows['value'].sum():,.2f}"
    return Answer(tuple(changes), says, parameters=parameters, rows=len(rows))


def factor_of(text: str) -> float:
    """A factor above 0, as 1.1 or 110%."""
    try:
        found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        found = 0.0
    if not 0 < found < np.inf:
        raise InputError(Problem("version_factor", value=text))
    return found


def scaled(rows: pd.DataFrame, factor: float, unit: float) -> pd.DataFrame:
    """Every value times the factor, in whole units that add up to the scaled sum of each cut, measure and period.

    Bounds move along; holds stay, since they say which cells keep their value in the new version.
    """
    found = rows.copy()
    found["value"] = found["value"].astype("float64")
    for _, group in found.groupby(["measure", "period", cut_of_rows(found)], sort=False):
        found.loc[group.index, "value"] = on_grid(group["value"].to_numpy(dtype=np.float64) * factor, unit)
    for bound in ("lower", "upper"):
        found[bound] = found[bound] * factor
    return found


def restored(book: Book, work: Work, sheet: PlanSheet, name: str) -> Answer:
    """The current version with the rows of another one; what stands in it is asked about first, and can be undone."""
    plan = work.tables["plan"]
    if name == sheet.version:
        raise InputError(Problem("version_current", value=name))
    back = rows_of(plan, name).assign(version=sheet.version)
    mine = plan["version"] == sheet.version
    whole = pd.concat([plan[~mine], back], ignore_index=True)
    limits = as_version(work.tables["plan_limits"], name, sheet.version)
    changes: list[Change] = [Replace("plan", whole), *replaced(work.raw.tables, limits)]
    for each in work.sheets.values():
        changes += [*matrix_patches(each, back), *limit_patches(each, work.tables["plan_limits"], name)]
    changes += refilled(book, replace(work, tables={**work.tables, "plan_limits": limits}), whole)
    question = "\n".join(
        [
            word("said.restore_asks", book.lang, name=name, current=sheet.version),
            compared(plan, sheet.version, name, book.lang),
        ]
    )
    says = word("said.restored", book.lang, name=name, current=sheet.version, rows=len(back))
    parameters = f"restore {name} → {sheet.version}: {back['value'].sum():,.2f}"
    return Answer(tuple(changes), says, question, parameters, len(back))


def matrix_patches(sheet: PlanSheet, rows: pd.DataFrame) -> list[Patch]:
    """The writes that make a matrix show some rows; refused where it has no place for a row that it ought to show."""
    mine = rows[(rows["measure"] == sheet.measure) & rows["period"].isin(sheet.months)]
    for other in ("product", "customer", "segment", "channel"):
        mine = mine[mine[other].isna()]
    keys = zip(mine["region"].fillna(""), mine["salesperson"].fillna(""), mine["period"], strict=True)
    held = mine["held"].fillna(value=False).astype(bool)
    wanted = dict(zip(keys, zip(mine["value"].tolist(), held.tolist(), strict=True), strict=True))
    changes = {}
    for row in sheet.rows:
        if row.leaf and (row.region or row.salesperson):
            for month, period in enumerate(sheet.months):
                changes[row.at, month] = wanted.pop((row.region, row.salesperson, period), (None, False))
    if wanted:
        first = " ".join(part for part in next(iter(wanted)) if part)
        raise InputError(Problem("version_no_row", value=first, sheet=sheet.matrix.sheet, cell="A1"))
    return sheet.with_cells(changes).patches(at for at, _ in changes)
