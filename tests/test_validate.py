"""Reading and checking of raw tables."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales.labels import label, word
from xlsales.problems import sentence
from xlsales.schema import TABLES
from xlsales.schema.origin import Origin
from xlsales.validate import read_settings, validate, validate_all
from xlsales.validate.cells import split
from xlsales.validate.dates import date_order, read_date, read_dates
from xlsales.validate.numbers import read_number
from xlsales.validate.relations import in_circle

ORDERS = TABLES["orders"]


def orders(**columns: list[object]) -> pd.DataFrame:
    """Order lines, good but for what is given."""
    count = len(next(iter(columns.values()))) if columns else 3
    good: dict[str, list[object]] = {
        "order": [f"A{index}" for index in range(count)],
        "line": ["1"] * count,
        "date": ["2026-01-05"] * count,
        "customer": ["C1"] * count,
        "product": ["P1"] * count,
        "quantity": ["2"] * count,
        "unit_price": ["50"] * count,
        "amount": ["100"] * count,
    }
    return pd.DataFrame(good | columns, dtype=object)


def codes(problems: list) -> list[str]:
    return [problem.code for problem in problems]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_headings_in_either_language_are_recognised(lang: str) -> None:
    raw = orders()
    raw.columns = [label("orders", key, lang) for key in raw.columns]
    frame, problems = validate(ORDERS, raw)
    assert codes(problems) == []
    assert frame["amount"].tolist() == [100.0] * 3


def test_headings_may_differ_in_case_width_and_spaces() -> None:
    frame, problems = validate(TABLES["regions"], pd.DataFrame({" ＲEGION ": ["N"], "Na me": ["North"]}))
    assert codes(problems) == []
    assert frame[["region", "name"]].to_numpy().tolist() == [["N", "North"]]


def test_every_table_is_there_with_its_columns_and_dtypes_though_nothing_is_given() -> None:
    checked = validate_all({})
    assert set(checked.tables) == {key for key, table in TABLES.items() if table.role != "result"}
    assert checked.tables["orders"].columns.tolist() == [column.key for column in ORDERS.columns]
    assert checked.tables["orders"].dtypes.astype(str)[["order", "date", "quantity"]].tolist() == [
        "str",
        "datetime64[s]",
        "float64",
    ]
    assert str(checked.tables["tasks"]["done"].dtype) == "boolean"
    assert checked.problems == []
    assert checked.excluded.empty


def test_dtypes_do_not_depend_on_what_was_given() -> None:
    for raw in (orders(), orders().iloc[:0], orders(quantity=[2, 3.5, "4"]), orders(date=[dt.date(2026, 1, 5)] * 3)):
        frame, _ = validate(ORDERS, raw)
        assert frame.dtypes.equals(validate_all({}).tables["orders"].dtypes)


def test_the_input_is_not_changed() -> None:
    raw = orders(quantity=[" 1,000 ", "x", None], customer=["c9", "C1", "C1"])
    before = raw.copy(deep=True)
    customers = pd.DataFrame({"customer": ["C1"]})
    validate_all({"orders": raw, "customers": customers})
    pd.testing.assert_frame_equal(raw, before)


def test_extra_columns_are_kept_and_noted() -> None:
    frame, problems = validate(TABLES["regions"], pd.DataFrame({"region": ["N"], "hue": ["red"]}))
    assert frame["hue"].tolist() == ["red"]
    assert [(problem.code, problem.severity) for problem in problems] == [("columns_extra", "note")]


def test_missing_is_not_zero() -> None:
    frame, problems = validate(TABLES["products"], pd.DataFrame({"product": ["P"], "unit_cost": [""]}))
    assert np.isnan(frame["unit_cost"].iloc[0])
    assert problems == []


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1,234.50", ".", 1234.5),
        ("1.234,50", ",", 1234.5),
        ("1.234", ",", 1234.0),
        ("1234,5", ",", 1234.5),
        ("１２３．５", ".", 123.5),
        ("１，２３４", ".", 1234.0),
        ("12%", ".", 0.12),
        ("12,5 %", ",", 0.125),
        ("(1,234)", ".", -1234.0),
        ("（５）", ".", -5.0),
        ("¥1,000", ".", 1000.0),
        ("￥ 1,000", ".", 1000.0),
        ("$-5", ".", -5.0),
        ("-$5", ".", -5.0),
        ("5 €", ".", 5.0),
        ("100元", ".", 100.0),
        ("1 234 567", ".", 1234567.0),
        ("1'234.5", ".", 1234.5),
        ("\u22125", ".", -5.0),
        ("5-", ".", -5.0),
        (".5", ".", 0.5),
    ],
)
def test_numbers_as_people_write_them(text: str, decimal: str, number: float) -> None:
    assert read_number(text, decimal) == number


@pytest.mark.parametrize(
    "text", ["1,5", "1.2.3", "12,34,567.8", "abc", "1 2", "", "%", "0x10", "--5", "(-5)", "-5-", "1e", "五"]
)
def test_what_is_no_number_is_not_guessed(text: str) -> None:
    assert read_number(text) is None


@given(st.floats(-1e9, 1e9).map(lambda value: round(value, 2)), st.sampled_from(".,"))
def test_a_number_written_with_either_mark_comes_back(number: float, decimal: str) -> None:
    text = f"{number:,.2f}"
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    assert read_number(text, decimal) == number


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-05",
        "2026/1/5",
        "2026.1.5",
        "2026年1月5日",
        "２０２６年１月５日",
        "20260105",
        "46027",
        "2026-01-05 14:30:00",
        "2026-01-05T14:30:00Z",
        "5 Jan 2026",
        "05-Jan-2026",
        "January 5, 2026",
        "5.1.2026",
    ],
)
def test_dates_as_people_write_them(text: str) -> None:
    assert read_date(text) == (dt.date(2026, 1, 5), "")


@given(st.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)), st.sampled_from(["%Y-%m-%d", "%Y年%m月%d日", "%d %b %Y"]))
def test_a_written_date_comes_back(day: dt.date, form: str) -> None:
    assert read_date(day.strftime(form)) == (day, "")


def test_another_row_says_which_number_is_the_day() -> None:
    cells = split(pd.Series(["3/4/2026", "25/4/2026"]))
    assert read_dates(cells, date_order([cells]))[0].astype(str).tolist() == [
        "2026-04-03T00:00:00",
        "2026-04-25T00:00:00",
    ]


def test_another_date_column_says_so_too() -> None:
    raw = pd.DataFrame(
        {"invoice": ["I"], "customer": ["C"], "date": ["1/2/2026"], "due_date": ["1/31/2026"], "amount": [1]}
    )
    frame, problems = validate(TABLES["invoices"], raw)
    assert codes(problems) == []
    assert str(frame["date"].iloc[0].date()) == "2026-01-02"


def test_codes_keep_zeros_lose_decimals_and_formulas_are_words() -> None:
    raw = pd.DataFrame({"customer": ["007", "1001.0", 1002.0, "Ａ０１", "=cmd|' /C calc'!A0"]}, dtype=object)
    frame, problems = validate(TABLES["customers"], raw)
    assert frame["customer"].tolist() == ["007", "1001", "1002", "A01", "=cmd|' /C calc'!A0"]
    assert problems == []


@pytest.mark.parametrize("text", ["yes", "Y", "TRUE", "1", "是", "√", True, 1.0])
def test_yes_in_many_forms(text: object) -> None:
    raw = pd.DataFrame({"task": ["T"], "salesperson": ["S"], "due": ["2026-01-05"], "done": [text]}, dtype=object)
    assert bool(validate(TABLES["tasks"], raw)[0]["done"].iloc[0]) is True


@pytest.mark.parametrize("typed", ["return", "Return", word("value.kind.return", "zh"), "RETURN "])
def test_a_value_of_a_list_may_be_typed_by_its_word(typed: str) -> None:
    frame, problems = validate(ORDERS, orders(kind=[typed]))
    assert codes(problems) == []
    assert frame["kind"].tolist() == ["return"]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (2026.0, "2026"),
        ("2026 Q1", "2026Q1"),
        ("2026年1月", "2026-01"),
        ("2026/1", "2026-01"),
        ("2026上半年", "2026H1"),
        ("2026年第三季度", "2026Q3"),
        (pd.Timestamp(2026, 3, 1), "2026-03"),
        ("2026-w5", "2026-W05"),
        ("202603", "2026-03"),
    ],
)
def test_periods_as_people_write_them(typed: object, key: str) -> None:
    raw = pd.DataFrame({"measure": ["sales"], "scope": ["company"], "period": [typed], "target": [1]}, dtype=object)
    frame, problems = validate(TABLES["targets"], raw)
    assert codes(problems) == []
    assert frame["period"].tolist() == [key]


def test_a_problem_names_file_row_column_value_and_money() -> None:
    _, problems = validate(ORDERS, orders(quantity=["2", "many", "2"]), origin=Origin("orders.csv"))
    (problem,) = problems
    assert (problem.source, problem.row, problem.column, problem.value, problem.money) == (
        "orders.csv",
        3,
        "quantity",
        "many",
        100.0,
    )


def test_a_problem_of_a_sheet_names_its_cell() -> None:
    origin = Origin("book.xlsx", "Orders", header_row=4, first_column=2)
    _, (problem,) = validate(ORDERS, orders(quantity=["2", "many", "2"]), origin=origin)
    assert (problem.sheet, problem.cell) == ("Orders", "G6")
    assert sentence(problem, "en").startswith("Orders!G6, column Quantity:")


def test_blank_rows_are_no_rows_but_count_for_row_numbers() -> None:
    raw = orders(quantity=["2", None, "many"])
    raw.loc[1] = None
    frame, (problem,) = validate(ORDERS, raw)
    assert len(frame) == 1
    assert problem.row == 4


def test_the_second_of_two_equal_keys_is_left_out_and_names_the_first() -> None:
    _, (problem,) = validate(ORDERS, orders(order=["A", "B", "A"]))
    assert (problem.code, problem.row, problem.facts["first"]) == ("key_twice", 4, 2)


def test_a_good_row_wins_over_an_equal_key_in_a_wrong_row() -> None:
    frame, problems = validate(ORDERS, orders(order=["A", "A"], quantity=["x", "3"]))
    assert frame["quantity"].tolist() == [3.0]
    assert ("key_twice", 2) in [(problem.code, problem.row) for problem in problems]


def test_money_left_out_is_price_times_quantity_where_no_amount_stands_and_a_return_reduces() -> None:
    raw = orders(
        order=["A", "B"],
        amount=["", "100"],
        discount=["10%", ""],
        kind=["", "return"],
        date=["soon", "soon"],
    )
    excluded = validate_all({"orders": raw}).excluded
    assert excluded["money"].tolist() == [90.0, -100.0]
    assert excluded["key"].tolist() == ["A, 1", "B, 1"]


def test_a_missing_column_leaves_all_rows_out_and_says_their_money_once() -> None:
    checked = validate_all({"orders": orders().drop(columns="date")})
    errors = [problem for problem in checked.problems if problem.severity == "error"]
    assert codes(errors) == ["column_missing"]
    assert errors[0].money == 300.0
    assert checked.tables["orders"].empty
    assert checked.excluded["money"].sum() == 300.0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "B", "C", ""]),
            st.sampled_from(["2026-01-05", "soon", "", "2026-13-01", "46027"]),
            st.sampled_from(["1", "x", "", "-1", "1,000"]),
            st.sampled_from(["C1", "C2", "C9", ""]),
        ),
        max_size=12,
    )
)
def test_every_row_is_either_used_or_listed_as_left_out(rows: list[tuple[str, str, str, str]]) -> None:
    raw = pd.DataFrame(rows, columns=["order", "date", "quantity", "customer"], dtype=object)
    raw["line"], raw["product"], raw["amount"] = "1", "P1", "10"
    checked = validate_all({"orders": raw, "customers": pd.DataFrame({"customer": ["C1", "C2"]})})
    assert len(checked.tables["orders"]) + len(checked.excluded) == len(rows)
    noted = {problem.row for problem in checked.problems if problem.severity == "error"}
    assert noted == set(checked.excluded["row"])
    again = validate_all({"orders": checked.tables["orders"]})
    pd.testing.assert_frame_equal(again.tables["orders"], checked.tables["orders"])


def test_a_hundred_thousand_like_problems_are_all_collected() -> None:
    count = 100_000
    raw = orders(customer=[f"X{index}" for index in range(count)])
    checked = validate_all({"orders": raw, "customers": pd.DataFrame({"customer": ["C1"]})})
    assert sum(problem.code.startswith("reference_unknown") for problem in checked.problems) == count
    assert len(checked.excluded) == count


def test_an_unknown_code_that_a_row_can_do_without_is_blank_and_the_row_counts() -> None:
    raws = {"orders": orders(region=["N", "Moon"]), "regions": pd.DataFrame({"region": ["N"]})}
    checked = validate_all(raws)
    assert checked.tables["orders"]["region"].isna().tolist() == [False, True]
    assert checked.excluded.empty
    warnings = [problem for problem in checked.problems if problem.severity == "warning"]
    assert [(problem.code, problem.value) for problem in warnings] == [("reference_blanked", "Moon")]


def test_a_region_may_stand_in_the_tree_of_the_organisation() -> None:
    raws = {"orders": orders(region=["N"]), "org_units": pd.DataFrame({"unit": ["N"]})}
    assert validate_all(raws).tables["orders"]["region"].tolist() == ["N"]


def test_a_code_of_a_row_left_out_is_known_where_the_row_needs_it() -> None:
    customers = pd.DataFrame({"customer": ["C1"], "credit_limit": ["lots"]})
    checked = validate_all({"orders": orders(), "customers": customers})
    assert len(checked.tables["orders"]) == 3
    assert checked.tables["customers"].empty


def test_members_are_looked_up_where_the_scope_says() -> None:
    targets = pd.DataFrame(
        {
            "measure": ["sales"] * 4,
            "scope": ["company", "region", "product", "region"],
            "member": [None, "N", "Bikes", "P1"],
            "period": ["2026"] * 4,
            "target": [1, 2, 3, 4],
        }
    )
    products = pd.DataFrame({"product": ["P1"], "category": ["Bikes"]})
    checked = validate_all({"targets": targets, "products": products, "regions": pd.DataFrame({"region": ["N"]})})
    assert checked.tables["targets"]["target"].tolist() == [1.0, 2.0, 3.0]
    assert [problem.value for problem in checked.problems] == ["P1"]


def test_a_stage_may_be_typed_by_its_word_and_the_usual_stages_need_no_table() -> None:
    deals = pd.DataFrame(
        {
            "opportunity": ["D1", "D2", "D3"],
            "stage": ["Won", word("value.stage.won", "zh"), "marsh"],
            "value": [1, 2, 3],
            "close_date": ["2026-01-05"] * 3,
            "customer": ["C"] * 3,
            "salesperson": ["S"] * 3,
        }
    )
    checked = validate_all({"opportunities": deals})
    assert set(checked.tables["opportunities"]["stage"]) == {"won"}
    assert "reference_unknown" in codes(checked.problems)


def test_the_order_of_stages_is_the_table_s_own() -> None:
    stages = pd.DataFrame(
        {"stage": ["proposal", "talk"], "order": [1, 2], "probability": [0.1, 0.5], "category": ["pipeline"] * 2}
    )
    deals = pd.DataFrame({"opportunity": ["D1"], "stage": ["talk"], "customer": ["C"], "salesperson": ["S"]})
    found = codes(validate_all({"opportunities": deals, "stages": stages}).problems)
    assert {"stage_needs_value", "stage_needs_date"} <= set(found)


@given(st.lists(st.integers(-1, 7), min_size=1, max_size=8))
def test_circles_are_those_who_meet_themselves(up: list[int]) -> None:
    parents = np.array([parent if parent < len(up) else -1 for parent in up])

    def meets_itself(start: int) -> bool:
        here = parents[start]
        for _ in range(len(up)):
            if here == start:
                return True
            if here < 0:
                return False
            here = parents[here]
        return False

    assert in_circle(parents).tolist() == [meets_itself(start) for start in range(len(up))]


def test_shares_of_a_line_may_be_thirds() -> None:
    shares = pd.DataFrame(
        {"order": ["A0"] * 3, "line": ["1"] * 3, "salesperson": ["S1", "S2", "S3"], "share": [1 / 3] * 3}
    )
    assert "credits_not_whole" not in codes(validate_all({"order_credits": shares, "orders": orders()}).problems)


def test_fiscal_years_begin_in_their_month_and_close_on_their_day() -> None:
    years = {"fiscal_year_start": 7, "month_close_day": 25, "first_year": 2026, "last_year": 2026}
    raw = orders(date=["2026-06-25", "2026-06-26", "2027-06-25", "2027-06-26"])
    frame, problems = validate(ORDERS, raw, settings=years)
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == ["2026-06-26", "2027-06-25"]
    assert codes(problems) == ["date_outside_years"] * 2


def test_settings_are_typed_and_the_rest_are_defaults() -> None:
    frame = pd.DataFrame(
        {
            "setting": [
                word("setting.as_of", "en"),
                word("setting.fiscal_year_start", "zh"),
                "tax_rate",
                "prices_include_tax",
                "unit",
                "bill_counts_on",
            ],
            "value": [pd.Timestamp(2026, 3, 31), 7.0, "13%", "是", 10000, word("value.bill_counts_on.maturity", "zh")],
            "label": ["", "", "", "", "", ""],
        },
        dtype=object,
    )
    values, problems = read_settings(frame)
    assert problems == []
    assert values["as_of"] == dt.date(2026, 3, 31)
    assert (values["fiscal_year_start"], values["tax_rate"], values["prices_include_tax"]) == (7, 0.13, True)
    assert (values["unit"], values["bill_counts_on"], values["excellent"]) == (10000, "maturity", 1.0)


def test_a_wrong_setting_leaves_the_default_and_the_right_ones_hold() -> None:
    frame = pd.DataFrame({"setting": ["currency", "fiscal_year_start"], "value": ["EUR", "13"]})
    checked = validate_all({"settings": frame}, lang="zh")
    assert (checked.settings["currency"], checked.settings["fiscal_year_start"]) == ("EUR", 1)
    assert checked.settings["language"] == "zh"
    assert codes(checked.problems) == ["setting_bounds"]
    assert checked.tables["settings"]["setting"].tolist() == ["currency"]


def test_settings_given_by_the_caller_hold_over_the_table() -> None:
    frame = pd.DataFrame({"setting": ["currency"], "value": ["EUR"]})
    assert validate_all({"settings": frame}, settings={"currency": "USD"}).settings["currency"] == "USD"


def test_reporting_currency_needs_no_rate_and_a_rate_of_an_earlier_day_serves() -> None:
    rates = pd.DataFrame({"currency": ["EUR"], "date": ["2026-01-01"], "rate": [7.8]})
    raw = orders(currency=["CNY", "EUR", "USD"])
    checked = validate_all({"orders": raw, "fx_rates": rates})
    assert checked.tables["orders"]["currency"].tolist() == ["CNY", "EUR"]


def test_without_any_rates_lines_in_another_currency_are_left_out() -> None:
    checked = validate_all({"orders": orders(currency=["CNY", "EUR"])})
    assert checked.tables["orders"]["currency"].tolist() == ["CNY"]
    assert "rate_missing" in codes(checked.problems)


def test_a_setting_named_twice_counts_once() -> None:
    frame = pd.DataFrame({"setting": ["currency", word("setting.currency", "zh")], "value": ["EUR", "USD"]})
    values, problems = read_settings(frame)
    assert (values["currency"], codes(problems)) == ("EUR", ["key_twice"])


def test_validity_without_beginning_or_end_is_no_mistake() -> None:
    raw = pd.DataFrame({"promotion": ["A", "B"], "from": ["1900-01-01", "1901-01-01"], "to": ["9999-12-31"] * 2})
    frame, problems = validate(TABLES["promotions"], raw)
    assert frame["promotion"].tolist() == ["A"]
    assert codes(problems) == ["date_unlikely"]
