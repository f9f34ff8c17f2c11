"""Last year, the period before, year to date and twelve months beside every figure: one declaration, one meaning."""

import io
from datetime import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_golden import GOLDEN, outcome
from xlsales import sources, steps, validate
from xlsales.build import workbook
from xlsales.build.table_sheet import adds_up
from xlsales.build.wording import sheet_name, value_word
from xlsales.core.beside import TIMES, WINDOWS, beside_months, changes, named, other_times
from xlsales.core.calendar import Calendar, period_days, period_keys
from xlsales.core.period_steps import period_range
from xlsales.labels import LANGUAGES, column_help, label
from xlsales.schema import TABLES
from xlsales.schema import beside as declared
from xlsales.stages.beside import FIVE

MONTHS = period_range("2024-01", "2026-03")


def days(period: str, calendar: Calendar | None = None) -> tuple[pd.Timestamp, pd.Timestamp]:
    first, last = period_days(period, calendar or Calendar())
    return pd.Timestamp(first), pd.Timestamp(last)


def told(period: str | None, now: tuple[pd.Timestamp, pd.Timestamp], as_of: str, calendar: Calendar) -> dict[str, str]:
    found = other_times(period, now, pd.Timestamp(as_of), calendar)
    return {time: f"{first:%Y-%m-%d} {last:%Y-%m-%d}" for time, (first, last) in found.items()}


def test_a_period_that_is_over_is_set_against_whole_periods() -> None:
    assert told("2026Q1", days("2026Q1"), "2026-05-20", Calendar()) == {
        "last_year": "2025-01-01 2025-03-31",
        "previous": "2025-10-01 2025-12-31",
        "year_to_date": "2026-01-01 2026-03-31",
        "rolling_12": "2025-04-01 2026-03-31",
    }


def test_a_running_period_is_set_against_the_same_days_in_a_fiscal_calendar_too() -> None:
    july = Calendar(fiscal_year_start=7, month_close_day=25)
    assert told("2026Q1", days("2026Q1", july), "2026-08-10", july) == {
        "last_year": "2025-06-26 2025-08-10",
        "previous": "2026-03-26 2026-05-10",
        "year_to_date": "2026-06-26 2026-08-10",
        "rolling_12": "2025-08-11 2026-08-10",
    }


def test_a_year_and_a_dated_quota_have_no_period_before() -> None:
    assert "previous" not in told("2026", days("2026"), "2026-03-31", Calendar())
    quota = pd.Timestamp("2026-02-10"), pd.Timestamp("2026-03-31")
    assert told(None, quota, "2026-03-31", Calendar())["last_year"] == "2025-02-10 2025-03-31"
    assert "previous" not in told(None, quota, "2026-03-31", Calendar())


def test_a_53rd_week_has_no_last_year() -> None:
    assert "last_year" not in told("2026-W53", days("2026-W53"), "2027-02-01", Calendar())


def test_a_change_is_blank_unless_it_is_from_above_nothing() -> None:
    rows = pd.DataFrame({"sales": [110.0, 5.0, 5.0], "sales_last_year": [100.0, 0.0, -5.0]})
    assert changes(rows, ["sales"])["sales_change_last_year"].fillna(-9).tolist() == pytest.approx([0.1, -9, -9])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(MONTHS), st.integers(-9, 9)), min_size=1, max_size=40),
    st.integers(1, 12),
    st.integers(0, 20),
)
def test_months_beside_months_are_what_adding_them_up_says(rows: list[tuple], start: int, since: int) -> None:
    calendar, known = Calendar(fiscal_year_start=start), MONTHS[since:]
    frame = pd.DataFrame(rows, columns=["member", "period", "value"]).drop_duplicates(["member", "period"])
    frame = frame.astype({"value": float})
    grid = frame.pivot_table("value", "member", "period").reindex(columns=known).fillna(0.0).to_numpy()
    found = beside_months(grid, known, calendar)
    for member, sums in enumerate(grid.tolist()):
        for at, month in enumerate(known):
            first = max(at - (int(month[-2:]) - start) % 12, 0)
            wanted = (
                sums[at - 12] if at >= 12 else np.nan,
                sums[at - 1] if at else np.nan,
                sum(sums[first : at + 1]),
                sum(sums[at - 11 : at + 1]) if at >= 11 else np.nan,
            )
            assert [found[time][member, at] for time in WINDOWS] == pytest.approx(wanted, nan_ok=True)


def test_an_unknown_month_makes_sums_blank_only_where_it_is_part_of_them() -> None:
    found = beside_months(np.array([[np.nan, 4.0]]), ["2025-12", "2026-01"])
    assert np.nan_to_num(found["year_to_date"], nan=-1).tolist() == [[-1, 4]]
    assert np.isnan(found["previous"]).all()


# The sheets


def test_the_times_are_those_of_the_calculation() -> None:
    assert declared.TIMES == TIMES
    assert set(WINDOWS) < set(TIMES)


@pytest.mark.parametrize("table", declared.BESIDE)
def test_every_declared_figure_has_its_other_times_with_words_and_help(table: str) -> None:
    keys = [column.key for column in TABLES[table].columns]
    for figure in declared.BESIDE[table].figures:
        if figure and table != "margin_report":
            assert figure in keys
        for time in declared.BESIDE[table].times:
            assert named(figure, time) in keys
            for lang in LANGUAGES:
                assert label(table, named(figure, time), lang)
                assert column_help(table, named(figure, time), lang)


@pytest.mark.parametrize("table", declared.BESIDE)
def test_other_times_are_never_added_down_a_column(table: str) -> None:
    """Twelve months of January and twelve of February share eleven."""
    assert not any(adds_up(TABLES[table], column) for column in declared.beside(table))


def test_money_of_alerts_is_never_added_down_since_parts_stand_in_their_troubles() -> None:
    assert not adds_up(TABLES["alerts"], TABLES["alerts"].column("money"))
    assert adds_up(TABLES["dunning"], TABLES["dunning"].column("overdue"))


def test_every_table_with_a_figure_by_period_is_declared_or_says_otherwise_when() -> None:
    """Tables whose rows name a period and hold what was achieved in it; the others plan, look ahead, or compare."""
    own = {"comparisons", "bridge", "bridge_by", "member_months", "forecast", "review"}
    ahead = {"pipeline_months", "coverage", "next_targets", "smart", "week_plan", "target_decisions", "plan_scenarios"}
    achieved = {"sales", "actual", "collected", "collections", "market_share", "mean_score"}
    for table in TABLES.values():
        if table.role != "result" or table.key in own | ahead:
            continue
        keys = {column.key for column in table.columns}
        if "period" in table.keys and keys & achieved:
            assert table.key in declared.BESIDE, table.key


@pytest.mark.parametrize("lang", LANGUAGES)
def test_home_and_the_tiles_of_the_dashboard_show_the_other_times(lang: str) -> None:
    rows = {"measure": list(FIVE), "scope": "company", "period": "2026", "target": 10.0, "actual": 6.0,
            "last_year": 5.0, "rolling_12": 9.5}  # fmt: skip
    spans = {"month": (2.0, 4.0), "year_to_date": (6.0, 5.0), "rolling_12": (9.25, 8.0)}
    compared = [
        {"dimension": "company", "member": "", "measure": measure, "span": span, "actual": now, "last_year": then,
         "change_last_year": now / then - 1, "previous": 1.6, "change_previous": now / 1.6 - 1}
        for measure in FIVE for span, (now, then) in spans.items()
    ]  # fmt: skip
    members = pd.DataFrame({"choice": ["all"], "scope": ["company"], "member": ["X"], "name": ["X"], "first_row": [1]})
    found = {"headline": pd.DataFrame(rows), "comparisons": pd.DataFrame(compared), "members": members}
    book = io.BytesIO()
    workbook.build(book, {}, found, [], {}, lang=lang, now=datetime(2026, 10, 8))  # noqa: DTZ001 - a fixed moment
    pages = openpyxl.load_workbook(book, data_only=True)
    home = [[cell.value for cell in row] for row in pages[sheet_name("home", lang)].iter_rows()]
    line = next(row for row in home if row[0] == value_word("measure", "sales", lang))
    assert line[7:10] == pytest.approx([5, 0.2, 9.5])
    tile = pages[sheet_name("dashboard", lang)]
    assert [tile.cell(7, 1).value, tile.cell(7, 2).value, tile.cell(8, 1).value] == pytest.approx([0.2, 0.25, 9.25])


def golden(table: str) -> pd.DataFrame:
    return outcome().results[table]


def test_the_golden_company_by_hand() -> None:
    """March 2026: 330 (440 less 110 returned); February 300; to date 1 810, with February 2025's 800 in 12 months."""
    five = golden("five_quantities")
    row = five[(five["dimension"] == "company") & (five["period"] == "2026-03")].iloc[0]
    assert [row["sales"], row["sales_previous"]] == pytest.approx([330, 300])
    assert row["sales_change_previous"] == pytest.approx(0.1)
    assert row["sales_last_year"] == 0, "March 2025 is known: nothing was sold"
    assert np.isnan(row["sales_change_last_year"])
    assert row["sales_year_to_date"] == pytest.approx(1_810)
    assert row["sales_rolling_12"] == pytest.approx(1_810)
    february = five[(five["dimension"] == "company") & (five["period"] == "2026-02")].iloc[0]
    assert [february["sales_last_year"], february["sales_rolling_12"]] == pytest.approx([800, 1_480])
    january = five[(five["dimension"] == "company") & (five["period"] == "2026-01")].iloc[0]
    assert np.isnan(january["sales_last_year"]), "before February 2025 nothing is known"


def test_targets_stand_beside_the_same_days_of_last_year() -> None:
    pace = golden("pace").set_index(["measure", "scope", "member"])
    company = golden("headline").set_index("measure").loc["sales"]
    north = pace.loc[("sales", "region", "N")]
    assert np.isnan([north["last_year"], company["last_year"]]).all(), "last year is known from February only"
    assert [north["rolling_12"], north["year_to_date"]] == pytest.approx([north["actual"]] * 2)
    assert company["rolling_12"] == pytest.approx(1_810)


def test_five_quantities_and_comparisons_say_the_same() -> None:
    five, compared = golden("five_quantities"), golden("comparisons")
    spans = {"month": "2026-03", "year_to_date": "2026"}
    rows = compared[compared["span"].isin(spans) & compared["dimension"].isin(["company", "region", "salesperson"])]
    seen = 0
    for row in rows.itertuples():
        mine = five[(five["dimension"] == row.dimension) & (five["member"] == row.member)]
        mine = mine[mine["period"] == spans[row.span]]
        for time in ("last_year", "previous", "change_last_year", "change_previous"):
            for found in mine[named(row.measure, time)]:
                assert found == pytest.approx(getattr(row, time), nan_ok=True), (row, time)
                seen += 1
    assert seen > 50


def test_who_had_figures_last_year_and_none_since_stands_with_0_beside_them() -> None:
    checked = validate.validate_all(sources.read(GOLDEN / "company"))
    wanted = {"five_quantities", "lines", "cash"}
    whole = steps.run(checked.tables, checked.settings, wanted=wanted).results
    five = whole["five_quantities"]
    years = five[(five["dimension"] == "product") & (five["period"].isin(["2025", "2026"]))]
    member = years[years["sales"] > 0].groupby("member")["period"].nunique().pipe(lambda n: n[n == 2]).index[0]
    orders = checked.tables["orders"]
    kept = orders[~((orders["product"] == member) & (orders["date"] >= "2026-01-01"))]
    fewer = {**checked.tables, "orders": kept}
    table = steps.run(fewer, checked.settings, wanted=wanted).results["five_quantities"]
    mine = table[(table["dimension"] == "product") & (table["member"] == member)].set_index("period")
    assert mine.index.tolist() == ["", "2025", "2026"]
    row = mine.loc["2026"]
    before = orders[(orders["product"] == member) & (orders["date"] < "2026-01-01")]
    known = before["date"].min() <= pd.Timestamp("2025-01-31")
    assert (row["sales"], row["volume"], row["margin"]) == (0.0, 0.0, 0.0)
    assert np.isnan(row["margin_rate"]), "there is no rate of nothing"
    assert row["sales_year_to_date"] == 0.0
    assert (row["sales_change_last_year"] == -1.0) if known else np.isnan(row["sales_last_year"])
    cash = checked.tables["receipts"]
    nobody = {**fewer, "orders": orders[orders["date"] < "2026-01-01"], "receipts": cash[cash["date"] < "2026-01-01"]}
    table = steps.run(nobody, checked.settings, wanted=wanted).results["five_quantities"]
    assert "2026" not in set(table["period"]), "of a year of which nothing is known nobody has 0"


def test_a_member_without_a_target_still_lands_and_has_a_last_year() -> None:
    pace = golden("pace")
    rows = pace[(pace["scope"] == "product") & (pace["measure"] == "sales")].set_index("member")
    assert set(rows.index) == {"pump", "valve"}
    pump = rows.loc["pump"]
    assert pump["actual"] == pytest.approx(1_330)
    assert np.isnan(pump["target"])
    assert np.isnan(pump["attainment"])
    assert pump["landing"] > pump["actual"]
    assert set(pace["measure"]) == set(FIVE)
    for scope in ("region", "salesperson", "product"):
        assert set(pace.loc[pace["scope"] == scope, "measure"]) == set(FIVE), scope


def test_nobody_stands_twice_in_a_quantity() -> None:
    pace = golden("pace")
    bare, goals = pace[pace["target"].isna()], pace[pace["target"].notna()]
    keys = ["measure", "scope", "member"]
    assert not bare.duplicated(keys).any()
    assert bare.merge(goals, on=keys).empty


def test_members_without_a_target_raise_no_alert_and_no_score() -> None:
    alerts = golden("alerts")
    behind = alerts[alerts["alert"] == "behind_pace"]
    goals = golden("pace").dropna(subset=["target"])
    for row in behind.itertuples():
        assert ((goals["member"].fillna("") == row.member) & (goals["measure"] == row.measure)).any()


@pytest.mark.parametrize(
    ("as_of", "start", "close"), [("2026-03-31", 1, 31), ("2026-03-18", 1, 31), ("2026-03-18", 7, 25)]
)
def test_every_other_time_is_what_adding_up_the_lines_of_its_days_says(as_of: str, start: int, close: int) -> None:
    checked = validate.validate_all(sources.read(GOLDEN / "company"))
    chosen = checked.settings | {"as_of": pd.Timestamp(as_of), "fiscal_year_start": start, "month_close_day": close}
    results = steps.run(checked.tables, chosen, wanted={"five_quantities", "lines", "cash"}).results
    calendar, day = Calendar(start, None if close == 31 else close), pd.Timestamp(as_of)
    known = {name: days(month_of(results[source]["date"].min(), calendar), calendar)[0]
             for name, source in (("sales", "lines"), ("collections", "cash"))}  # fmt: skip
    five = results["five_quantities"]
    seen = 0
    for row in five[five["dimension"].isin(["company", "salesperson", "product"]) & (five["period"] != "")].to_dict(
        "records"
    ):
        for time, (first, last) in other_times(row["period"], days(row["period"], calendar), day, calendar).items():
            for name, source in (("sales", "lines"), ("collections", "cash")):
                rows = results[source]
                if row["dimension"] != "company":
                    members = rows[row["dimension"]]
                    rows = rows[members.isna() if pd.isna(row["member"]) else members.eq(row["member"])]
                inside = rows["date"].dt.normalize().between(first, last)
                wanted = rows.loc[inside, name].sum() if time == "year_to_date" or first >= known[name] else np.nan
                if time == "year_to_date" and last < known[name]:
                    continue  # nothing was known then: blank, or nothing
                assert row[named(name, time)] == pytest.approx(wanted, abs=1e-6, nan_ok=True), (row["period"], time)
                seen += 1
    assert seen > 40


def month_of(moment: pd.Timestamp, calendar: Calendar) -> str:
    return str(period_keys(pd.Series([moment]), "month", calendar).iloc[0])
