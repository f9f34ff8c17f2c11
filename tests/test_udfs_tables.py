"""Tables in and out of the in-cell functions: headings, words, settings, and one function's result in another."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

import xlsales
from xlsales.labels import LANGUAGES, label, words
from xlsales.udfs import CALLABLES, FUNCTIONS, Function, registry
from xlsales.udfs.answers import heading, said
from xlsales.udfs.inputs import RANGES

F = type("Functions", (), {name: staticmethod(call) for name, call in CALLABLES.items()})
TABULAR = [function for function in FUNCTIONS.values() if function.arguments[-1].kind == registry.LANG]
ORDERS = [
    ["order", "line", "date", "customer", "product", "region", "quantity", "amount", "cost", "expense"],
    ["O1", "1", "2026-01-05", "C", "P", "N", 2, 100, 60, 5],
    ["O1", "2", "2026-01-05", "C", "Q", "N", 1, 50, 20, 0],
    ["O2", "1", "2026-02-10", "D", "P", "S", 3, 150, 90, 0],
]
CASH = [["receipt", "customer", "date", "amount"], ["R1", "C", "2026-01-20", 120], ["R2", "D", "2026-03-01", 200]]


def named(rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def full(function: Function, lang: str) -> list[Any]:
    arguments = list(function.example.arguments)
    arguments += [None] * (len(function.arguments) - len(arguments))
    arguments[-1] = lang
    return arguments


# Headings


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("function", TABULAR, ids=lambda function: function.name)
def test_ranges_are_recognised_by_their_headings_in_either_language(function: Function, lang: str) -> None:
    wanted = CALLABLES[function.name](*full(function, "key"))
    arguments = full(function, "key")
    for at, argument in enumerate(function.arguments):
        if argument.kind == registry.TABLE and arguments[at] is not None:
            head = [label(argument.table.key, key, lang) for key in arguments[at][0]]
            assert head != arguments[at][0]
            arguments[at] = [[f" {name}* " for name in head], *arguments[at][1:]]
    assert CALLABLES[function.name](*arguments) == wanted


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("function", TABULAR, ids=lambda function: function.name)
def test_a_result_has_headings_in_the_language_asked_for(function: Function, lang: str) -> None:
    keys = CALLABLES[function.name](*full(function, "key"))
    shown = CALLABLES[function.name](*full(function, lang))
    assert len(shown) == len(keys)
    assert len(shown[0]) == len(set(shown[0]))
    own = {"cash"} if function.name == "XS_SCORECARD" else set()  # the users' own KPIs keep their names
    for key, name in zip(keys[0], shown[0], strict=True):
        assert (name == key) == (
            key in own or (function.name == "XS_RFM" and key in {"R", "F", "M"} and lang == "en")
        ), key
    if lang == "zh":
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in shown[0] if name not in own)


@pytest.mark.parametrize("function", TABULAR, ids=lambda function: function.name)
def test_numbers_and_dates_are_the_same_in_every_language(function: Function) -> None:
    keys, shown = (CALLABLES[function.name](*full(function, lang)) for lang in ("key", "zh"))
    for row, other in zip(keys[1:], shown[1:], strict=True):
        for cell, same in zip(row, other, strict=True):
            assert isinstance(cell, str) == isinstance(same, str)
            assert isinstance(cell, str) or cell == same


def test_every_column_of_a_range_has_a_heading_and_none_two() -> None:
    for table in RANGES:
        for lang in LANGUAGES:
            names = [label(table.key, column.key, lang) for column in table.columns]
            assert len(names) == len({name.casefold() for name in names}), table.key
        assert words()["table." + table.key]["help_zh"]


def test_codes_become_words_and_the_users_own_stay() -> None:
    assert said("effect", "mix", "zh") == "结构"
    assert said("smart", "fail", "en") == "Fail"
    assert said("cause", "their own", "zh") == "their own"
    assert heading("five_quantities", "brand", "zh") == "brand"
    rows = F.XS_BRIDGE([["item", "quantity", "price"], ["A", 1, 2]], [["item", "quantity", "price"], ["A", 2, 2]])
    assert rows[0] == [label("bridge", key, "en") for key in ("effect", "amount")]
    assert dict(rows[1:])["Volume"] == 2.0


def test_values_of_lists_may_be_typed_in_either_language() -> None:
    assert F.XS_ALLOCATE(9, [1, 2], "平均") == F.XS_ALLOCATE(9, [1, 2], "equal") == [[4.5, 4.5]]
    assert F.XS_COMMISSION(200, [[0, 0.1], [100, 0.2]], None, "全额累进") == 40.0
    assert F.XS_DSO(300, [300, 10], [30, 30], "Count-back") == 30.0
    deals = [["商机编号", "阶段", "商机金额"], ["a", "方案报价", 400]]
    assert F.XS_PIPELINE(deals, lang="zh")[1][:2] == [400.0, 200.0]
    assert F.XS_FIVE(ORDERS, None, "区域", "月", lang="key")[1][:2] == ["N", "2026-01"]


def test_a_column_of_the_users_own_may_be_grouped_by() -> None:
    rows = [["date", "amount", "Brand"], ["2026-01-05", 10, "x"], ["2026-01-06", 5, 7], ["2026-01-07", 1, "x"]]
    assert [row[:2] for row in F.XS_FIVE(rows, None, " brand ", lang="zh")] == [
        ["Brand", "销售额"],
        ["7", 5.0],
        ["x", 11.0],
    ]


def test_a_frame_is_as_good_as_a_range() -> None:
    frame = pd.DataFrame(ORDERS[1:], columns=ORDERS[0])
    assert F.XS_FIVE(frame, lang="key") == F.XS_FIVE(ORDERS, lang="key")


def test_blank_rows_and_columns_around_a_table_do_not_count() -> None:
    wide = [[*row, None] for row in ORDERS] + [[None] * 11] * 3
    assert F.XS_FIVE(wide, None, "region", lang="key") == F.XS_FIVE(ORDERS, None, "region", lang="key")


# The five quantities


def test_the_five_quantities_by_region_with_cash_against_order_lines() -> None:
    rows = named(F.XS_FIVE(ORDERS, CASH, "region", lang="key"))
    north = next(row for row in rows if row["region"] == "N")
    assert [north[key] for key in ("sales", "volume", "margin", "profit", "collections")] == [150, 3, 70, 65, 120]
    assert north["margin_rate"] == 70 / 150
    south = next(row for row in rows if row["region"] == "S")
    assert south["collections"] == 150
    loose = next(row for row in rows if row["region"] is None)
    assert (loose["sales"], loose["collections"]) == (0.0, 50.0)
    assert sum(row["collections"] for row in rows) == 320


def test_invoices_given_take_the_cash_that_names_them() -> None:
    bills = [["invoice", "customer", "order", "date", "due_date", "amount"]]
    bills += [["I1", "C", "O1", "2026-01-06", "2026-02-06", 150], ["I2", "D", "O2", "2026-02-11", "2026-03-11", 150]]
    rows = named(F.XS_FIVE(ORDERS, CASH, "product", invoices=bills, lang="key"))
    assert {row["product"]: row["collections"] for row in rows} == {"P": 80.0 + 150.0, "Q": 40.0, None: 50.0}


def test_periods_and_days_follow_the_fiscal_year_of_the_settings() -> None:
    july = [["fiscal_year_start", 7]]
    assert [row[0] for row in F.XS_FIVE(ORDERS, None, None, "quarter", settings=july, lang="key")[1:]] == ["2025Q3"]
    assert F.XS_FIVE(ORDERS, None, None, "quarter", lang="key")[1][0] == "2026Q1"
    assert F.XS_FIVE(ORDERS, None, None, None, "2026-02-01", "2026-02-28", lang="key")[1][0] == 150.0


def test_the_day_of_the_settings_bounds_what_is_known() -> None:
    day = [["Setting", "Value"], ["As-of date", "2026-01-31"]]
    row = named(F.XS_FIVE(ORDERS, CASH, settings=day, lang="key"))[0]
    assert (row["sales"], row["collections"]) == (150.0, 120.0)
    bills = [["customer", "invoice", "date", "due_date", "amount"], ["C", "A", "2025-12-01", "2026-01-01", 150]]
    by_settings = F.XS_SETTLE(bills, CASH, settings=day, lang="key")
    assert by_settings == F.XS_SETTLE(bills, CASH, "2026-01-31", lang="key")
    assert named(by_settings)[0]["days_overdue"] == 30.0
    assert F.XS_AGEING(bills, CASH, settings=day, lang="key")[1][2] == 30.0
    # An argument wins over the settings.
    assert named(F.XS_SETTLE(bills, CASH, "2026-01-11", settings=day, lang="key"))[0]["days_overdue"] == 10.0


def test_tax_bills_and_confidence_come_from_the_settings() -> None:
    rows = [["date", "quantity", "unit_price"], ["2026-01-05", 1, 113]]
    taxed = [["prices_include_tax", "yes"], ["tax_rate", "13%"]]
    assert F.XS_FIVE(rows, settings=taxed, lang="key")[1][0] == pytest.approx(100)
    bills = [["customer", "invoice", "due_date", "amount"], ["C", "A", "2026-01-01", 100]]
    paper = [["receipt", "customer", "date", "amount", "method", "maturity"]]
    paper.append(["R", "C", "2026-01-01", 100, "bill", "2026-07-01"])
    assert named(F.XS_SETTLE(bills, paper, "2026-03-31", lang="key"))[0]["open"] == 0.0
    later = [["bill_counts_on", "maturity"]]
    assert named(F.XS_SETTLE(bills, paper, "2026-03-31", later, "key"))[0]["open"] == 100.0
    history = [10, 12, 9, 14, 11, 13, 10, 15, 12, 13, 11, 16]
    wide, narrow = (F.XS_FORECAST(history, 1, 1, None, "naive", [["confidence", c]], "key")[1] for c in (0.9, 0.5))
    assert wide[3] - wide[2] > narrow[3] - narrow[2]


def test_foreign_money_needs_a_rate_and_takes_the_one_beside_it() -> None:
    rows = [["date", "amount", "currency", "rate"], ["2026-01-05", 100, "EUR", 8], ["2026-01-06", 10, None, None]]
    assert F.XS_FIVE(rows, lang="key")[1][0] == 810.0
    with pytest.raises(xlsales.InputError, match="no exchange rate"):
        F.XS_FIVE([row[:3] for row in rows])


# Other tables


def test_pace_takes_seasonal_weights_and_leaves_unpublished_working_days_blank() -> None:
    row = named(F.XS_PACE(1200, 300, "2026-01-01", "2026-12-31", "2026-06-30", [1, 3], lang="key"))[0]
    assert row["expected"] == pytest.approx(1200 * 0.25, rel=0.02)
    years = named(F.XS_PACE(1200, 300, "2030-01-01", "2030-12-31", "2030-06-30", lang="key"))[0]
    assert years["required_per_day"] is None
    assert years["remaining"] == 900.0


def test_own_holidays_count() -> None:
    own = [["日期", "日期类型"], ["2026-03-04", "休息日"], ["2026-03-07", "workday"]]
    assert F.XS_WORKDAYS(dt.date(2026, 3, 2), "2026-03-08", "CN", own) == 5
    assert F.XS_WORKDAYS("2026-03-02", "2026-03-08") == 5
    assert F.XS_WORKDAYS("2026-03-08", "2026-03-02") == 0


def test_a_scorecard_says_in_words_what_lacks_and_what_caps() -> None:
    kpis = [["role", "kpi", "weight"], ["rep", "sales", 0.6], ["rep", "visits", 0.4]]
    reached = [["salesperson", "role", "kpi", "target", "actual"]]
    reached += [["Li", "rep", "sales", 100, 100], ["Li", "rep", "visits", 10, None]]
    caps = [["salesperson", "kind", "cap_grade"], ["Li", "fraud", "C"]]
    row = named(F.XS_SCORECARD(reached, kpis, caps, lang="zh"))[0]
    assert (row[label("scores", "score", "zh")], row["等级"]) == (100.0, "C")
    note = row[label("scores", "note", "zh")]
    assert "visits" in note
    assert "红线" in note
    codes = named(F.XS_SCORECARD(reached, kpis, caps, lang="key"))[0]["note"]
    assert codes == "missing=visits; red_line=fraud"


def test_smart_judges_what_cannot_be_read_instead_of_refusing_it() -> None:
    targets = [["measure", "scope", "member", "owner", "period", "target"]]
    targets += [["Sales", "region", "N", "Li", "2026-01", "a lot"], ["Sales", "region", "S", "Wu", "some day", 100]]
    first, second = named(F.XS_SMART(targets, lang="key"))
    assert (first["measure"], first["S"], first["M"]) == ("sales", "pass", "fail")
    assert second["T"] == "fail"
    words_ = named(F.XS_SMART(targets, lang="zh"))
    assert words_[0]["可衡量"] == "不通过"
    assert "a lot" in words_[0]["原因"]
    assert "some day" in words_[1]["原因"]


@pytest.mark.parametrize("lang", ["en", "zh", "key"])
def test_gaps_feed_the_improvement_in_every_language(lang: str) -> None:
    targets = [["region", "measure", "target"], ["N", "sales", 1000], ["S", "collections", 500]]
    actuals = [["region", "sales", "collections"], ["N", 810, None], ["S", None, 400]]
    drivers = [["region", "measure", "driver", "target", "actual"]]
    drivers += [["N", "销售额", "价格", 10, 9], ["N", "Sales", "Volume", 100, 90]]
    gaps = F.XS_GAPS(targets, actuals, "region", drivers, lang=lang)
    assert len(gaps) == 4
    actions = F.XS_IMPROVE(gaps, None, 3, "2026-04-01", [["member", "owner"], ["N", "Wu"]], lang=lang)
    keys = F.XS_IMPROVE(F.XS_GAPS(targets, actuals, "region", drivers, lang="key"), None, 3, "2026-04-01", lang="key")
    assert [row[10] for row in actions[1:]] == [row[10] for row in keys[1:]]
    assert "Wu" in {row[4] for row in actions[1:]}
    if lang == "zh":
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in row[at]) for row in actions[1:] for at in (1, 3, 8))


def test_a_playbook_of_ones_own_speaks_its_own_words() -> None:
    gaps = [["member", "measure", "actual", "gap", "cause", "size"], ["N", "sales", 80, 20, "price", 20]]
    book = [["cause", "action", "measure", "text_en", "text_zh", "days", "effect_share"]]
    book.append(["price", "mine", "sales", "Hold the price", "守住价格", 10, "50%"])
    row = named(F.XS_IMPROVE(gaps, book, lang="key"))[0]
    assert (row["expected_gain"], row["start"]) == (10.0, None)
    assert F.XS_IMPROVE(gaps, book, lang="zh")[1][1] == "守住价格"
    assert F.XS_IMPROVE(gaps, book, lang="en")[1][1] == "Hold the price"


def test_periods_of_an_effect_sort_as_time_does() -> None:
    rows: list[list[Any]] = [["unit", "period", "treated", "after", "value"]]
    for unit in range(12):
        for period in range(8, 13):
            rows.append(
                [
                    f"u{unit}",
                    period,
                    "是" if unit % 2 else "否",
                    period > 10,
                    unit + period + 5 * (unit % 2) * (period > 10),
                ]
            )
    row = named(F.XS_EFFECT(rows, lang="key"))[0]
    assert row["effect"] == pytest.approx(5)
    assert row["verdict"] == "effective"
    assert named(F.XS_EFFECT(rows, lang="zh"))[0]["结论"] == "有效"


def test_customers_without_an_order_appear_in_rfm() -> None:
    customers = [["客户编码", "客户名称"], ["C", "Chen"], ["Z", "Zhou"]]
    rows = named(F.XS_RFM(ORDERS, "2026-03-31", None, customers, lang="key"))
    silent = next(row for row in rows if row["customer"] == "Z")
    assert (silent["R"], silent["F"], silent["M"], silent["recency_days"]) == (0, 0, 0, None)
    assert silent["segment"] == "none"


def test_unapplied_cash_has_a_row_of_its_own() -> None:
    bills = [["customer", "invoice", "due_date", "amount"], ["D", "A", "2026-02-01", 150]]
    rows = named(F.XS_SETTLE(bills, CASH, lang="key"))
    found = [(row["customer"], row["invoice"], row["open"]) for row in rows]
    assert found[0] == ("D", "A", 0.0)
    assert sorted(found[1:]) == [("C", None, -120.0), ("D", None, -50.0)]
    by = [["customer", "invoice", "due_date", "amount", "Branch"], ["D", "A", "2026-02-01", 300, "East"]]
    aged = named(F.XS_AGEING(by, CASH, "2026-03-31", "branch", lang="key"))
    assert {row["Branch"]: row["outstanding"] for row in aged} == {"East": 100.0, None: -120.0}
