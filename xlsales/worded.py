"""Results in words: the codes, facts and word keys that a calculation gives become sentences in the user's language."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from xlsales.labels import known, label, word

Frames = dict[str, pd.DataFrame]


def worded(results: Mapping[str, pd.DataFrame], lang: str) -> Frames:
    """The same frames, with the reasons, notes and actions among them in words; the frames given are not changed.

    >>> told = worded({"dunning": pd.DataFrame({"reason": ["d1_30,refund"]})}, "en")
    >>> told["dunning"]["reason"].tolist()
    ['1-30 days overdue, Money taken back']
    """
    return {key: TOLD[key](frame, lang) if key in TOLD else frame for key, frame in results.items()}


def _alerts(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    reasons = []
    for row in frame.to_dict("records"):
        says = [word(f"says.{row['alert']}", lang, **{name: shown(fact) for name, fact in row["facts"].items()})]
        if row.get("cause") and row["cause_money"] == row["cause_money"]:  # else no known cause is sized
            says.append(
                word("says.cause", lang, cause=_value("cause", row["cause"], lang), size=shown(row["cause_money"]))
            )
        if row.get("unexplained", 0) > 0:
            says.append(word("says.unexplained", lang, size=shown(row["unexplained"])))
        if row.get("part_name"):
            says.append(word("says.part", lang, name=row["part_name"], money=shown(row["part_money"])))
        reasons.append(word("where.space", lang).join(says))
    gone = [name for name in ("facts", "cause_money", "unexplained", "part_name", "part_money") if name in frame]
    return frame.drop(columns=gone).assign(reason=pd.Series(reasons, index=frame.index, dtype="str"))


class Amount(float):
    """A number that a sentence shows with its thousands apart, unless the sentence asks for another form."""

    def __format__(self, form: str) -> str:
        if form:
            return float(self).__format__(form)
        return f"{float(self):,.0f}" if abs(self) >= SMALL else f"{float(self):,.2f}".rstrip("0").rstrip(".")


SMALL = 100


def shown(fact: object) -> object:
    """A fact as a sentence shows it."""
    return Amount(fact) if isinstance(fact, (int, float)) and not isinstance(fact, bool) else fact


def _actions(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    why = [
        word("says.why", lang, cause=_value("cause", cause, lang), size=shown(size), gap=shown(gap))
        for cause, size, gap in zip(frame["cause"], frame["size"], frame["gap"], strict=True)
    ]
    return frame.assign(
        what=frame["what"].map(lambda key: _known(key, lang)),
        how=frame["how"].map(lambda key: _known(key, lang)),
        why=pd.Series(why, index=frame.index, dtype="str"),
        who=frame["who"].map(lambda who: _value("who", who, lang)),
    )


def _known(key: object, lang: str) -> object:
    return word(key, lang) if isinstance(key, str) and known(key) else key


def _value(column: str, code: object, lang: str) -> object:
    key = f"value.{column}.{code}"
    return word(key, lang) if isinstance(code, str) and known(key) else code


def _reasons(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Codes joined by commas."""
    return frame.assign(reason=_each(frame["reason"], ",", lambda code: _value("reason", code, lang), lang))


def _notes(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Codes joined by semicolons, each perhaps with what it is about behind an equals sign."""

    def told(code: str) -> object:
        name, _, about = code.partition("=")
        return word(f"note.{name}", lang, what=about) if known(f"note.{name}") else code

    return frame.assign(note=_each(frame["note"], ";", told, lang))


def _missing_columns(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """The opportunities' columns by their headings; a column of the user's own keeps its name."""

    def heading(key: str) -> str:
        return label("opportunities", key, lang) if known("column." + key) else key

    return frame.assign(missing=frame["missing"].map(heading).astype("str"))


def _each(cells: pd.Series, mark: str, told: Callable[[str], object], lang: str) -> pd.Series:
    def one(cell: Any) -> object:
        if not isinstance(cell, str) or not cell:
            return cell
        parts = [str(told(code.strip())) for code in cell.split(mark)]
        text = parts[-1]
        for part in reversed(parts[:-1]):
            text = word("says.joined", lang, first=part, rest=text)
        return text

    return cells.map(one).astype("str")


def _smart(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Why letters did not pass, each reason behind the name of its letter."""

    def told(reason: Any) -> str:
        facts = {name: _smart_fact(name, fact, lang) for name, fact in reason.facts.items()}
        says = word("smart." + reason.code, lang, **facts)
        return word("says.letter", lang, letter=word("column." + LETTERS[reason.letter], lang), says=says)

    space = word("where.space", lang)
    reasons = [space.join(told(reason) for reason in cell) for cell in frame["reasons"]]
    return frame.drop(columns="reasons").assign(reason=pd.Series(reasons, index=frame.index, dtype="str"))


def _smart_fact(name: str, fact: Any, lang: str) -> object:
    if name in {"columns", "periods"}:
        parts = [word("column." + part, lang) if name == "columns" else str(part) for part in fact]
        return word("where.list", lang).join(parts)
    if name in {"growth", "most"}:
        return f"{fact:.1%}"
    return _value(name, fact, lang) if isinstance(fact, str) else shown(fact)


def _members(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """What a list of members offers: the kind of member, its name, and its code where that is another."""
    choices = [
        word("says.choice" if member in {"", name} else "says.choice_code", lang,
             scope=_value("scope", scope, lang), name=name, code=member)
        for scope, member, name in zip(frame["scope"], frame["member"], frame["name"], strict=True)
    ]  # fmt: skip
    return frame.assign(choice=pd.Series(choices, index=frame.index, dtype="str"))


def _talk(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """What is odd about each quota."""
    reasons = _each(frame["talk"], ",", lambda code: word("talk." + code, lang), lang)
    return frame.drop(columns="talk").assign(reason=reasons)


def _missing(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    return frame.assign(missing=_each(frame["missing"], ",", lambda code: _value("missing", code, lang), lang))


def _activities(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """All salespeople together have no name of their own."""
    return frame.assign(name=frame["name"].mask(frame["member"] == "", word("value.dimension.total", lang)))


def _proposals(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Codes joined by semicolons."""
    return frame.assign(reason=_each(frame["reason"], ";", lambda code: _value("reason", code, lang), lang))


LETTERS = {"S": "specific", "M": "measurable", "A": "attainable", "R": "relevant", "T": "timed"}


def _talks(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """The states that may follow, joined by commas."""
    return frame.assign(next_states=_each(frame["next_states"], ",", lambda state: _value("status", state, lang), lang))


TOLD: dict[str, Callable[[pd.DataFrame, str], pd.DataFrame]] = {
    "alerts": _alerts,
    "proposed_actions": _actions,
    "dunning": _reasons,
    "follow_up": _reasons,
    "scores": _notes,
    "deal_problems": _missing_columns,
    "commission_lines": _notes,
    "activity_effect": _activities,
    "members": _members,
    "smart": _smart,
    "verdicts": _notes,
    "next_targets": _proposals,
    "quota_quality": _talk,
    "quota_talks": _talks,
    "target_candidates": _missing,
}
