"""In-cell functions of improvement: SMART targets, gaps, actions, effects."""

from typing import Any

import pandas as pd

from xlsales.core.actions import improve
from xlsales.core.causes import EFFECT, drivers_of
from xlsales.core.effect import COLUMNS as EFFECT_COLUMNS
from xlsales.core.effect import effect
from xlsales.core.improvement import COLUMNS as GAP_COLUMNS
from xlsales.core.improvement import gaps
from xlsales.core.refusal import Refusal
from xlsales.core.smart import LETTERS, smart
from xlsales.labels import known, word
from xlsales.problems import shown as plain_words
from xlsales.schema import TABLES
from xlsales.schema.model import NUMBER
from xlsales.schema.targets import MEASURES, SCOPES
from xlsales.udfs.answers import Answer, noted, said
from xlsales.udfs.inputs import (
    EFFECT_DATA,
    GAP_ACTUALS,
    GAP_DRIVERS,
    GAP_TARGETS,
    OWNERS,
    SMART_HISTORY,
    SMART_TARGETS,
)
from xlsales.udfs.registry import Example, day, function, integer, table, text
from xlsales.udfs.setup import KEY, Given
from xlsales.udfs.tables import as_codes, columns_of, meant
from xlsales.validate.cells import split
from xlsales.validate.numbers import read_numbers

CAUSES = tuple(sorted({cause for measure in MEASURES for cause in drivers_of(measure)} | {"other"}))
DRIVERS = (*CAUSES, *(cause + EFFECT for cause in CAUSES))
GAP_NEEDS = ("member", "measure", "actual", "gap", "cause", "size")
DRIVER_NEEDS = ("measure", "driver", "target", "actual")
ACTION = tuple(column.key for column in TABLES["proposed_actions"].columns)
GOALS = [["member", "measure", "target"], ["North", "sales", 100]]
DONE = [["member", "measure", "actual"], ["North", "sales", 80]]
FOUND = [
    ["member", "measure", "target", "actual", "gap", "cause", "size"],
    ["North", "collections", 100, 80, 20, "disputes", 10],
]
MONTHS = [
    ["unit", "period", "treated", "after", "value"],
    *(
        [kind + str(i), month, kind == "t", month > 2, i + month]
        for kind in "tc"
        for i in (1, 2)
        for month in (1, 2, 3)
    ),
]


@function(
    "XS_SMART",
    "improve",
    table("targets", SMART_TARGETS, "measure", "member", free=("measure", "member"), raw=("target", "period")),
    table("history", SMART_HISTORY, "measure", "member", "period", "value", optional=True, free=("value",)),
    tabular=True,
    example=Example(
        ([["measure", "member", "period", "target"], ["sales", "n", "2026-01", None]], None, None, "key"),
        [
            ["measure", "member", "period", *LETTERS, "reason"],
            [
                "sales",
                "n",
                "2026-01",
                "fail",
                "fail",
                "fail",
                "warn",
                "pass",
                "S lacks; M target_no_number; A target_no_number; R no_parent",
            ],
        ],
    ),
)
def smart_table(given: Given) -> Answer:
    """SMART verdicts with their reasons."""
    targets = _coded(given["targets"].frame, scope=SCOPES)
    history = None if given["history"] is None else _coded(given["history"].frame)
    setup = given.setup
    found = smart(targets, history, setup.calendar, float(setup.settings["rounding"]))
    found["reason"] = [_reasons(reasons, setup.shown) for reasons in found["reasons"]]
    group = dict.fromkeys(LETTERS, "smart") | {"measure": "measure"}
    return Answer(found, "xs_smart", ("measure", "member", "period", *LETTERS, "reason"), group)


def _coded(frame: pd.DataFrame, **groups: tuple[str, ...]) -> pd.DataFrame:
    """The frame with measures (and other groups of words) as codes."""
    groups = {"measure": MEASURES, **groups}
    return frame.assign(**{name: meant(frame[name], name, codes) for name, codes in groups.items() if name in frame})


def _reasons(reasons: list[Any], lang: str) -> str:
    """Why letters did not pass, each with its letter."""
    if lang == KEY:
        return "; ".join(f"{reason.letter} {reason.code}" for reason in reasons)
    said_ = []
    for reason in reasons:
        facts = {name: plain_words(_fact(name, fact, lang)) for name, fact in reason.facts.items()}
        said_.append(f"{reason.letter}: " + word("smart." + reason.code, lang, **facts))
    return " ".join(said_)


def _fact(name: str, fact: Any, lang: str) -> Any:
    """A fact of a reason in words: the columns that lack, the measure."""
    if name == "columns":
        return word("where.list", lang).join(word("column." + column, lang) for column in fact)
    if name == "measure":
        return said("measure", fact, lang)
    return f"{fact:.1%}" if name in {"growth", "most"} else fact


@function(
    "XS_GAPS",
    "improve",
    table("targets", GAP_TARGETS, "measure", "target", free=("target",)),
    table("actuals", GAP_ACTUALS),
    text("by", optional=True),
    table("drivers", GAP_DRIVERS, *DRIVER_NEEDS, optional=True, free=("target", "actual")),
    tabular=True,
    example=Example(
        (
            GOALS,
            DONE,
            None,
            [["member", "measure", "driver", "target", "actual"], ["North", "sales", "mix_effect", 0, -15]],
            None,
            "key",
        ),
        [
            GAP_COLUMNS,
            ["North", "sales", 100.0, 80.0, 20.0, 0.8, "mix", 15.0, 1.0],
            ["North", "sales", 100.0, 80.0, 20.0, 0.8, "other", 5.0, 2.0],
        ],
    ),
)
def gap_table(given: Given) -> Answer:
    """What is missed, why, and how much it is worth."""
    by, sides = _members(given)
    actuals = sides["actuals"]
    if not {"measure", "actual"} <= set(actuals):
        wide = [name for name in actuals if name in MEASURES]
        if "measure" in actuals or not wide:
            raise Refusal("columns_missing", columns="actuals." + ("actual" if "measure" in actuals else "measure"))
        sides["actuals"] = actuals.drop(columns="actual", errors="ignore")
    drivers = sides.get("drivers")
    if drivers is not None:
        drivers = drivers.assign(driver=meant(drivers["driver"], "cause", DRIVERS))
    found = gaps(sides["targets"], sides["actuals"], by, drivers)
    return Answer(found, "gaps", GAP_COLUMNS, {"measure": "measure", "cause": "cause"})


def _members(given: Given) -> tuple[str | list[str], dict[str, pd.DataFrame]]:
    """The columns that name the member, and each side with its words as codes."""
    names: list[str] = []
    scope = ""
    targets = given["targets"]
    if given["by"] is not None:
        code = meant(pd.Series([given["by"]], dtype="str"), "scope", SCOPES).iloc[0]
        scoped = code in SCOPES and code not in targets.frame and {"scope", "member"} <= set(targets.frame)
        scope = code if scoped else ""
        names = [] if scope else columns_of(given["by"], targets, "targets", given.setup)
    sides = {}
    for side in ("targets", "actuals", "drivers"):
        if given[side] is not None:
            own = [name for name in names if name in given[side].frame]
            sides[side] = as_codes(_coded(given[side].frame, scope=SCOPES), own)
    return scope or names, sides


@function(
    "XS_IMPROVE",
    "improve",
    table("gaps", TABLES["gaps"], *GAP_NEEDS, free=("actual", "gap", "cause", "size")),
    table("playbook", TABLES["playbook"], "cause", "action", "measure", optional=True),
    integer("top", optional=True, default=10, least=1),
    day("start", optional=True),
    table("owners", OWNERS, "owner", optional=True),
    tabular=True,
    example=Example(
        (FOUND, None, 1, "2026-04-01", [["member", "owner"], ["North", "Wu"]], None, "key"),
        [
            list(ACTION),
            [
                *("A20260401-01", "playbook.disputes.dispute_owner", "disputes", "disputes", "Wu"),
                *(pd.Timestamp("2026-04-01").to_pydatetime(), pd.Timestamp("2026-04-22").to_pydatetime()),
                *("North", "playbook.disputes.dispute_owner.how", 0.0, 4.0, "collections", 80.0, 84.0),
                pd.Timestamp("2026-05-22").to_pydatetime(),
            ],
        ],
    ),
)
def action_table(given: Given) -> Answer:
    """Actions against the largest gaps."""
    frame = _coded(given["gaps"].frame, cause=CAUSES)
    book = given["playbook"]
    own = None if book is None else _book(_coded(book.frame, cause=CAUSES))
    owners = None if given["owners"] is None else given["owners"].frame
    found = improve(frame, own, given["top"], given["start"], owners)
    lang = given.setup.shown
    if lang != KEY:
        found = found.assign(
            why=[_why(row, lang) for row in found.to_dict("records")],
            what=_texts(found, found["what"], own, lang),
            how=_texts(found, found["how"], None, lang),
        )
    return Answer(found, "proposed_actions", ACTION, {"cause": "cause", "who": "who", "measure": "measure"})


def _book(frame: pd.DataFrame) -> pd.DataFrame:
    """A playbook of the user's with every column that the calculation reads."""
    wanted = ("cause", "action", "measure", "owner_role", "days", "effect_share", "cost")
    blank = {name: None for name in wanted if name not in frame}
    numeric = dict.fromkeys(("days", "effect_share", "cost"), "float64")
    return frame.assign(**blank).astype(numeric)


def _why(row: dict[str, Any], lang: str) -> str:
    """The cause with its money beside the gap."""
    facts = {"cause": said("cause", row["cause"], lang), "size": plain_words(row["size"])}
    return word("cell.why", lang, gap=plain_words(row["gap"]), **facts)


def _texts(found: pd.DataFrame, keys: pd.Series, own: pd.DataFrame | None, lang: str) -> list[str | None]:
    """The playbook's own text of each action, else the words of its key, else nothing."""
    texts: dict[tuple[str, str], str] = {}
    if own is not None and "text_" + lang in own:
        rows = own.dropna(subset=["text_" + lang])
        texts = dict(zip(zip(rows["cause"], rows["action"], strict=True), rows["text_" + lang], strict=True))
    pairs = zip(found["cause"], found["action"], strict=True)
    return [texts.get(pair) or (word(key, lang) if known(key) else None) for pair, key in zip(pairs, keys, strict=True)]


@function(
    "XS_EFFECT",
    "improve",
    table("data", EFFECT_DATA, "unit", "period", "treated", "after", "value", free=("value",)),
    integer("min_units", optional=True, default=5),
    tabular=True,
    example=Example(
        (MONTHS, None, None, "key"),
        [EFFECT_COLUMNS, [0.0, 0.0, None, None, None, 4, "not_enough_data", "few_units; few_periods"]],
    ),
)
def effect_row(given: Given) -> Answer:
    """Whether an action worked."""
    frame = given["data"].frame
    found = effect(frame.assign(period=_in_order(frame["period"])), given["min_units"])
    found["note"] = [noted(note, given.setup.shown) for note in found["note"]]
    return Answer(found, "xs_effect", EFFECT_COLUMNS, {"verdict": "verdict"})


def _in_order(periods: pd.Series) -> pd.Series:
    """Periods that sort as time does: numbers as numbers, everything else by its text."""
    numbers, problems = read_numbers(split(periods), NUMBER, ".")
    return periods if problems else pd.Series(numbers, index=periods.index)
