"""The table of settings as typed values: what was typed where it is right, else the default, with a word on it."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from xlsales.labels import LANGUAGES, words
from xlsales.problems import Problem
from xlsales.schema import TABLES
from xlsales.schema.model import DATE, FLAG, INTEGER, NUMERIC
from xlsales.schema.origin import NOWHERE, Origin
from xlsales.schema.settings import SETTINGS, Setting
from xlsales.validate.cells import split
from xlsales.validate.codes import meanings, plain, read_flags, read_words
from xlsales.validate.dates import read_dates
from xlsales.validate.findings import ERROR, WARNING
from xlsales.validate.headers import alike, recognise
from xlsales.validate.numbers import read_numbers
from xlsales.validate.table import Reading, read_table

TABLE = TABLES["settings"]


def defaults() -> dict[str, Any]:
    """Every setting with what holds when it is left out.

    >>> defaults()["fiscal_year_start"], defaults()["as_of"]
    (1, None)
    """
    return {key: setting.default for key, setting in SETTINGS.items()}


def read_settings(frame: pd.DataFrame | None = None, origin: Origin = NOWHERE) -> tuple[dict[str, Any], list[Problem]]:
    """Typed settings with defaults, and what was wrong. frame: columns setting, value (others are ignored).

    as_of is a `datetime.date`, whole numbers are int, shares and numbers float, yes and no bool. A wrong value is an
    error and the default holds; an unknown setting is a warning.

    >>> read_settings(pd.DataFrame({"setting": ["currency", "tax_rate"], "value": ["EUR", "19%"]}))[0]["tax_rate"]
    0.19
    """
    if frame is None or not len(frame.columns):
        return defaults(), []
    values, reading = check_settings(frame, origin)
    return values, reading.findings.problems(reading.money)


def check_settings(frame: pd.DataFrame, origin: Origin) -> tuple[dict[str, Any], Reading]:
    """Typed settings, and the table with what was found wrong in it."""
    known = set(recognise(TABLE, frame).position.values())
    narrow = frame.iloc[:, sorted(known)]  # a workbook shows labels beside the settings
    reading = read_table(TABLE, narrow, origin, {})
    values, findings = defaults(), reading.findings
    if "value" not in findings.position or "setting" not in findings.position:
        return values, reading
    raw = findings.raw.iloc[:, findings.position["value"]]
    accepted = _names()
    seen: dict[str, int] = {}
    for place, typed in enumerate(reading.frame["setting"].tolist()):
        if findings.left_out[place] or typed != typed:  # noqa: PLR0124 - NaN
            continue
        key = accepted.get(plain(typed))
        if key is None:
            near = alike(typed, list(SETTINGS))
            findings.rows(
                "setting_unknown_like" if near else "setting_unknown", "setting", [place], WARNING, {"near": near}
            )
            continue
        if key in seen:
            findings.rows("key_twice", "setting", [place], ERROR, {"first": findings.number(seen[key])})
            continue
        seen[key] = place
        reading.frame.loc[place, "setting"] = key
        value, code = _value(SETTINGS[key], raw.iloc[[place]], origin.decimal)
        if code:
            limits = SETTINGS[key]
            facts = {"setting": key, "low": limits.low, "high": limits.high, "choices": limits.domain}
            findings.rows(code, "value", [place], ERROR, facts)
        elif value is not None:
            values[key] = value
    if values["first_year"] and values["last_year"] and values["first_year"] > values["last_year"]:
        places = np.flatnonzero((reading.frame["setting"] == "last_year").to_numpy())
        findings.rows("settings_years", "value", places, ERROR, {"first": str(values["first_year"])})
        values["first_year"] = values["last_year"] = None
    return values, reading


def _names() -> dict[str, str]:
    """Every accepted name of a setting, in plain form."""
    found: dict[str, str] = {}
    for key in SETTINGS:
        entry = words().get("setting." + key, {})
        found |= {plain(entry[lang]): key for lang in LANGUAGES if entry.get(lang)}
    return found | {plain(key): key for key in SETTINGS}


def _value(setting: Setting, cell: pd.Series, decimal: str) -> tuple[Any, str]:
    """The value of one cell and "", or None and the code of what is wrong; None and "" for a blank."""
    cells = split(cell)
    if cells.blank.all():
        return None, ""
    if setting.kind == DATE:
        days, problems = read_dates(cells, "")
        wrong = set(problems) - {"date_serials"}
        return (None, "setting_date") if wrong else (days[0].astype("M8[D]").astype(dt.date), "")
    if setting.kind == FLAG:
        flags, problems = read_flags(cells)
        return (None, "setting_flag") if problems else (bool(flags.iloc[0]), "")
    if setting.kind in NUMERIC:
        return _number(setting, read_numbers(cells, "number", decimal)[0][0])
    text = str(read_words(cells, "code")[0].iloc[0])
    if setting.domain:
        found = meanings(setting.key, setting.domain).get(plain(text))
        return (found, "") if found else (None, "setting_choice")
    return text, ""


def _number(setting: Setting, value: float) -> tuple[Any, str]:
    if np.isnan(value) or (setting.kind == INTEGER and value != round(value)):
        return None, "setting_number"
    if setting.domain and f"{value:g}" not in setting.domain:
        return None, "setting_choice"
    if (setting.low is not None and value < setting.low) or (setting.high is not None and value > setting.high):
        return None, "setting_bounds" if setting.high is not None else "setting_low"
    return (int(value) if setting.kind == INTEGER else float(value)), ""
