"""A wrong argument in each in-cell function gives its sentence, in both languages, and in a cell after its sign."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import xlsales
from xlsales.labels import LANGUAGES, label, read_words
from xlsales.udfs import CALLABLES, FUNCTIONS, SIGN, calling, in_cell, registry
from xlsales.udfs.setup import speaking

ORDERS = [["date", "customer", "product", "quantity", "amount"], ["2026-01-05", "C", "P", 1, "ten"]]
BILLS = [["customer", "invoice", "due_date", "amount"], ["C", "A", "2026-02-01", 100]]
CASH = [["receipt", "customer", "date", "amount"], ["R", "C", "2026-01-15", 70]]
SIDE = [["item", "quantity", "price"], ["A", 1, 1]]
KPIS = [["role", "kpi", "weight"], ["rep", "sales", 0.5]]
REACHED = [["salesperson", "role", "kpi", "target", "actual"], ["Li", "rep", "sales", 1, 1]]
GAPS = [["member", "measure", "actual", "gap", "cause", "size"], ["N", "sales", 1, 1, "price", "x"]]
EFFECT = [["unit", "period", "treated", "after", "value"], ["a", 1, "perhaps", 0, 1]]
HISTORY = list(range(1, 25))

# Function, arguments, what the sentence says in English and in Chinese.
WRONG: list[tuple[str, tuple[Any, ...], str, str]] = [
    ("XS_ALLOCATE", (100, [1, 1], None, [60, 60]), "held", "锁定"),
    ("XS_ALLOCATE", (100, [1, "much"]), "weights, row 1, column 2", "weights 区域第 1 行第 2 列"),
    ("XS_ALLOCATE", (100, [1, 1], "fair"), "Use one of: proportional, equal, divisor", "请使用以下之一"),
    ("XS_FIT", ([[1, 1], [1, 1]], [1, 2], [3, 4]), "row totals add to 3", "行合计之和为 3"),
    ("XS_BREAKBACK", ([1, 2], 3, 1), "There is no cell 3", "没有第 3 个单元格"),
    ("XS_SEASONALITY", ([[1, None], [1, 2]],), "Row 1", "第 1 行"),
    ("XS_FIVE", (ORDERS,), "row 2, column Line amount", "第 2 行，列“行金额”"),
    ("XS_FIVE", ([["date", "amount"], ["2026-01-05", 1]], None, "region"), "no column “region”", "没有“region”列"),
    ("XS_BRIDGE", ([["item", "price"], ["A", 1]], SIDE), "Quantity", "数量"),
    ("XS_PACE", (1, 1, "2026-01-31", "2026-01-01", "2026-01-05"), "end before they start", "结束日早于开始日"),
    ("XS_PACE", (1, 1, "5/1/2026", "2026-12-31", "2026-01-05"), "period_start: “5/1/2026”", "period_start：“5/1/2026”"),
    ("XS_FORECAST", ([1, 2, 3], 2), "3 periods", "只有 3 期"),
    ("XS_FORECAST_ERROR", ([1, 2], [1]), "2 and 1 values", "2 个和 1 个"),
    ("XS_PIPELINE", ([["stage", "value"], ["dream", 1]],), "dream", "dream"),
    ("XS_SETTLE", (BILLS, [["customer", "date", "amount"], ["C", "soon", 1]]), "column Receipt date", "列“收款日期”"),
    ("XS_AGEING", (BILLS, CASH, None), "as_of is left out", "缺少参数 as_of"),
    ("XS_DSO", (100, [10, 10], [30], "countback"), "2 months of sales", "销售额有 2 个月"),
    ("XS_DSO", (100, 10, 30, "best"), "current is left out", "缺少参数 current"),
    ("XS_CEI", (1, 2, 3, "four"), "closing_current must be a number", "closing_current 必须是数字"),
    ("XS_CREDIT", (1, 2, "Z"), "Risk class Z is unknown", "风险等级 Z 不存在"),
    ("XS_SCORE", (0.9, [[0.8, 60, 1]]), "two columns", "需要两列数字"),
    ("XS_SCORE", (0.9, [[0.8, 60]], "perhaps"), "must be TRUE or FALSE", "必须是 TRUE 或 FALSE"),
    ("XS_SCORECARD", (REACHED, KPIS), "50", "50"),
    ("XS_COMMISSION", (1, [[0, 0.1], [0, 0.2]]), "", ""),
    ("XS_SMART", ([["measure", "period"], ["sales", "2026"]],), "Member", "对象"),
    ("XS_GAPS", ([["member", "measure"], ["N", "sales"]], REACHED), "Target", "目标"),
    ("XS_IMPROVE", (GAPS,), "row 2, column Size of cause", "第 2 行，列“影响数额”"),
    ("XS_EFFECT", (EFFECT,), "row 2, column Treated", "第 2 行，列“是否实施”"),
    ("XS_RFM", (ORDERS,), "row 2, column Line amount", "第 2 行，列“行金额”"),
    ("XS_ABC", ([1, 2], 0.9, 0.5), "a = 0.9", "a = 0.9"),
    ("XS_HHI", ([1, -2],), "below 0", "负值"),
    ("XS_NEXT", ([ORDERS[0], ["2026-01-05", "C", "P", 1, 10]], "X"), "customer X has bought nothing", "客户 X"),
    ("XS_WORKDAYS", ("2026-01-01", "2026-01-31", "XX"), "XX", "XX"),
    ("XS_WORKDAYS", ("2026-01-01", "2031-01-31"), "2027", "2027"),
]
IDS = [f"{name}-{at}" for at, (name, *_) in enumerate(WRONG)]


def test_every_function_has_a_wrong_argument_here() -> None:
    assert {name for name, *_ in WRONG} == set(FUNCTIONS)


@pytest.mark.parametrize(("name", "arguments", "en", "zh"), WRONG, ids=IDS)
def test_a_wrong_argument_gives_its_sentence_in_both_languages(
    name: str, arguments: tuple[Any, ...], en: str, zh: str
) -> None:
    said: dict[str, dict[str, str]] = {}
    for lang in ("en", "zh"):
        with speaking(lang), pytest.raises(xlsales.InputError) as caught:
            CALLABLES[name](*arguments)
        said[lang] = str(caught.value)
        assert "\n" not in said[lang]
        shown = in_cell(CALLABLES[name], lang)(*arguments)
        assert shown.startswith(SIGN)
        assert shown.removeprefix(SIGN).rstrip("…") in said[lang]
        assert len(shown) <= calling.LONGEST
    assert en in said["en"]
    assert zh in said["zh"]
    assert said["en"] != said["zh"]
    assert said["en"].endswith((".", "?"))
    assert said["zh"].endswith(("。", "？"))


SPEAKING = [case for case in WRONG if FUNCTIONS[case[0]].arguments[-1].name == "lang"]


@pytest.mark.parametrize(("name", "arguments", "en", "zh"), SPEAKING)
def test_the_argument_and_the_settings_choose_the_language(
    name: str, arguments: tuple[Any, ...], en: str, zh: str
) -> None:
    own = [["设置项", "值"], ["语言", "中文"]]
    for told in ({"lang": "zh"}, {"lang": "中文"}, {"settings": [["language", "zh"]]}, {"settings": own}):
        with pytest.raises(xlsales.InputError) as caught:
            CALLABLES[name](*arguments, **told)
        assert zh in str(caught.value)
    with pytest.raises(xlsales.InputError) as caught:
        CALLABLES[name](*arguments, settings=[["language", "zh"]], lang="en")
    assert en in str(caught.value)


def test_the_settings_and_the_language_are_checked_too() -> None:
    five = CALLABLES["XS_FIVE"]
    rows = [["date", "amount"], ["2026-01-05", 1]]
    with pytest.raises(xlsales.InputError, match="lang cannot be “fr”"):
        five(rows, lang="fr")
    with pytest.raises(xlsales.InputError, match="two columns"):
        five(rows, settings=[["currency", "EUR", "x"]])
    with pytest.raises(xlsales.InputError, match="two columns"):
        five(rows, settings=[["setting", "value"], ["currency", "EUR", "x"]])
    with pytest.raises(xlsales.InputError, match="lang cannot be"):
        five(rows, lang=[[], ["en"]])
    with pytest.raises(xlsales.InputError, match="Tax rate"):
        five(rows, settings=[["tax_rate", "much"]])
    with pytest.raises(xlsales.InputError, match="currenzy"):
        five(rows, settings=[["currenzy", "EUR"]])
    assert five(rows, settings=[["our own note", "x"]], lang="key")[1][0] == 1.0


def test_anything_unforeseen_is_one_sentence_that_names_the_function() -> None:
    def XS_BROKEN() -> None:
        raise ZeroDivisionError

    assert in_cell(XS_BROKEN)().startswith(SIGN + "XS_BROKEN could not be calculated. Run “xlsales doctor”")
    assert "xlsales doctor" in in_cell(XS_BROKEN, "zh")()


def test_a_long_sentence_and_long_texts_are_cut_and_too_many_rows_refused() -> None:
    shown = in_cell(CALLABLES["XS_FIVE"])([["date", "amount"], ["2026-01-05", 1]], None, "x" * 400)
    assert len(shown) <= 250

    def XS_LONG(rows: int) -> list[list[str]]:
        return [["y" * 300]] * rows

    assert [len(cell) for cell in in_cell(XS_LONG)(1)[0]] == [255]
    assert in_cell(XS_LONG)(70_000).startswith(SIGN + "The result has 70000 rows; a function shows at most 65535")


def test_every_sentence_of_the_functions_is_used() -> None:
    """No dead words: each code stands in the code of the functions."""
    code = "\n".join(path.read_text("utf-8") for path in Path(calling.__file__).parent.glob("*.py"))
    said: dict[str, dict[str, str]] = {}
    read_words((files("xlsales.words") / "udfs.csv").read_text("utf-8"), "udfs.csv", said)
    own = [key.removeprefix("problem.") for key in said if key.startswith("problem.")]
    assert [key for key in own if f'"{key}"' not in code and f'"problem.{key}"' not in code] == []


# Every argument of every function

EVERY = [(function.name, argument.name) for function in FUNCTIONS.values() for argument in function.arguments]
# What no argument of a kind can mean. A text may be anything, so that two cells are what is wrong there.
UNFIT: dict[str, Any] = {
    registry.NUMBER: "much",
    registry.INTEGER: 1.5,
    registry.DAY: "someday",
    registry.FLAG: "perhaps",
    registry.TEXT: [["one", "two"]],
    registry.CHOICE: "fair",
    registry.NUMBERS: [[1, "much"]],
    registry.PAIRS: [[1, 2, 3]],
    registry.TABLE: [[7]],
    registry.SETTINGS: [["currency", "EUR", "x"]],
    registry.LANG: "fr",
}


def refused(name: str, argument: str, value: Any, lang: str) -> str:
    """The sentence for the function's own example with one argument changed."""
    function = FUNCTIONS[name]
    arguments = dict(zip([each.name for each in function.arguments], function.example.arguments, strict=False))
    with speaking(lang), pytest.raises(xlsales.InputError) as caught:
        # Keys instead of words would come back in English, whatever language is spoken.
        CALLABLES[name](**{key: each for key, each in arguments.items() if key != "lang"} | {argument: value})
    return str(caught.value)


def test_every_kind_of_argument_has_what_does_not_fit_it() -> None:
    assert {argument.kind for function in FUNCTIONS.values() for argument in function.arguments} == set(UNFIT)


@pytest.mark.parametrize(("name", "argument"), EVERY)
def test_what_does_not_fit_an_argument_is_said_in_both_languages(name: str, argument: str) -> None:
    kind = next(each.kind for each in FUNCTIONS[name].arguments if each.name == argument)
    said = {lang: refused(name, argument, UNFIT[kind], lang) for lang in LANGUAGES}
    assert said["en"] != said["zh"]
    assert said["en"].endswith((".", "?"))
    assert said["zh"].endswith(("。", "？"))
    for sentence in said.values():
        assert argument in sentence or kind == registry.SETTINGS  # there is one settings range only
        assert "\n" not in sentence
        assert "{" not in sentence


NEEDED = [
    (function.name, argument.name, key)
    for function in FUNCTIONS.values()
    for argument in function.arguments
    for key in argument.needed
]


@pytest.mark.parametrize(("name", "argument", "column"), NEEDED)
def test_a_table_without_a_column_that_is_needed_names_it_in_both_languages(
    name: str, argument: str, column: str
) -> None:
    given = next(each for each in FUNCTIONS[name].arguments if each.name == argument)
    heads = [key for key in given.needed if key != column] + ["own"]
    for lang in LANGUAGES:
        said = refused(name, argument, [heads, ["x"] * len(heads)], lang)
        assert label(given.table.key, column, lang) in said
