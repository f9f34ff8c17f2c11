"""Published worked examples, each through the in-cell function a user would type."""

import ast
import json
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import xlsales
from tests.examples import example
from xlsales import udfs
from xlsales.udfs import CALLABLES

F = type("Functions", (), {name: staticmethod(call) for name, call in CALLABLES.items()})


def named(rows: list[list[object]]) -> list[dict[str, object]]:
    """The rows of a result by heading."""
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def one(rows: list[list[object]]) -> dict[str, object]:
    (row,) = named(rows)
    return row


def near(last_digit: float) -> dict[str, float]:
    return {"abs": last_digit, "rel": 0}


def test_tm1_proportional_spread_by_xs_allocate() -> None:
    inputs, expected = example("TM1 proportional spread")
    assert F.XS_ALLOCATE(inputs["value"], list(inputs["existing"].values())) == [list(expected.values())]


def test_tm1_equal_spread_across_leaves_by_xs_allocate() -> None:
    inputs, expected = example("TM1 equal spread across leaves")
    cells = [[0] for _ in inputs["leaves"]]
    assert F.XS_ALLOCATE(inputs["value"], cells, "equal") == [[value] for value in expected.values()]


def test_tm1_default_entry_on_an_empty_consolidation_by_xs_allocate() -> None:
    inputs, expected = example("TM1 default entry on an empty consolidation")
    cells = [inputs["existing"]] * inputs["leaves"]
    assert F.XS_ALLOCATE(inputs["value"], cells) == [[expected["each"]] * inputs["leaves"]]


def test_tm1_hold_edit_a_leaf_by_xs_breakback() -> None:
    inputs, expected = example("TM1 consolidation hold: edit a leaf, siblings absorb")
    found = F.XS_BREAKBACK(list(inputs["existing"].values()), 3, inputs["edit"]["Mar"], None, expected["total"])
    assert found == [[expected["Jan"], expected["Feb"], expected["Mar"]]]


def test_anaplan_hold_on_the_total_by_xs_breakback() -> None:
    inputs, expected = example("Anaplan hold on the total")
    found = F.XS_BREAKBACK(list(inputs["existing"].values()), 1, inputs["edit"]["Jan"])
    assert found == [[expected["Jan"], expected["Feb"], expected["Mar"]]]


def test_anaplan_refuses_siblings_that_cancel_by_xs_allocate() -> None:
    inputs, _ = example("Anaplan breakback refuses: non-zero leaves that sum to zero")
    with pytest.raises(xlsales.InputError, match="cancel out to zero"):
        F.XS_ALLOCATE(inputs["edit_total"], inputs["existing"])


def test_prophix_spread_by_factor_by_xs_allocate() -> None:
    inputs, expected = example("Prophix spread by factor")
    assert F.XS_ALLOCATE(inputs["source"][0], inputs["factor"]) == [expected]


def test_prophix_spread_of_a_varying_source_by_xs_allocate() -> None:
    inputs, expected = example("Prophix spread, varying source")
    found = [F.XS_ALLOCATE(source, inputs["factor"])[0][at] for at, source in enumerate(inputs["source"])]
    assert found == expected


def test_oracle_patterns_by_xs_allocate() -> None:
    inputs, _ = example("Oracle bell and middle patterns")
    assert F.XS_ALLOCATE(100, inputs["patterns"]["bell"]) == [[25, 50, 25]]
    assert F.XS_ALLOCATE(100, inputs["patterns"]["middle"]) == [[0, 100, 0]]
    assert F.XS_ALLOCATE(100, [0, 0, 1]) == [[0, 0, 100]]


def test_largest_remainder_by_xs_allocate() -> None:
    inputs, expected = example("Largest remainder, Hare quota, 10 seats")
    votes = list(inputs["weights"].values())
    assert F.XS_ALLOCATE(inputs["total"], votes, None, None, None, None, 1) == [list(expected.values())]


def test_alabama_paradox_and_its_cure_by_xs_allocate() -> None:
    inputs, expected = example("Alabama paradox: raising the total by one unit takes a unit away")
    votes = list(inputs["weights"].values())
    for total in inputs["totals"]:
        assert F.XS_ALLOCATE(total, votes, None, None, None, None, 1) == [expected[str(total)]]
    less, more = (F.XS_ALLOCATE(total, votes, "divisor", unit=1)[0] for total in inputs["totals"])
    assert all(after >= before for before, after in zip(less, more, strict=True))


def test_furness_two_way_fit_by_xs_fit() -> None:
    inputs, expected = example("Furness / IPF two-way fit (NPTEL trip matrix)")
    found = F.XS_FIT(inputs["seed"], [[total] for total in inputs["row_totals"]], [inputs["col_totals"]])
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted, **near(0.0001))


def test_erpnext_split_credit_by_xs_five_and_xs_gaps() -> None:
    inputs, expected = example("ERPNext salesperson target variance with split credit")
    order, head = inputs["order"], ["order", "line", "date", "salesperson", "quantity", "unit_price", "share"]
    lines = [
        ["O1", str(at), "2026-01-05", person, order["qty"], order["rate"], part / 100]
        for at, (person, part) in enumerate(inputs["split"].items())
    ]
    found = named(F.XS_FIVE([head, *lines], None, "salesperson", lang="key"))
    assert found[0]["volume"] == expected["P1"]["achieved"]
    goals = [["salesperson", "measure", "target"], ["P1", "volume", inputs["target_qty"]]]
    done = [["salesperson", "volume"], [found[0]["salesperson"], found[0]["volume"]]]
    gap = one(F.XS_GAPS(goals, done, "salesperson", lang="key"))
    assert gap["gap"] == -expected["P1"]["variance"]


def test_stage_weighted_forecast_by_month_by_xs_pipeline() -> None:
    inputs, expected = example("Stage-weighted forecast by month (Frappe CRM)")
    months = {"June": "2026-06", "July": "2026-07", "August": "2026-08"}
    deals = [[name, "proposal", value, chance, months[month] + "-15"] for name, value, chance, month in inputs["deals"]]
    table = [["opportunity", "stage", "value", "probability", "close_date"], *deals]
    for month, weighted in expected.items():
        first, last = months[month] + "-01", months[month] + "-30"
        assert one(F.XS_PIPELINE(table, None, first, last, lang="key"))["weighted"] == weighted


def test_quarter_run_rate_by_xs_pace_and_xs_pipeline() -> None:
    inputs, expected = example("Quarter run rate")
    start = pd.Timestamp("2026-01-01")
    end, as_of = start + timedelta(inputs["days"] - 1), start + timedelta(inputs["elapsed"] - 1)
    row = one(F.XS_PACE(inputs["target"], inputs["to_date"], start, end, as_of, lang="key"))
    assert row["landing"] == pytest.approx(expected["run_rate"], **near(0.01))
    left = inputs["days"] - inputs["elapsed"]
    assert row["remaining"] / left == pytest.approx(expected["required_daily"], **near(0.01))
    deal = [["opportunity", "stage", "value", "probability"], ["a", "proposal", inputs["pipeline"], inputs["win_rate"]]]
    assert one(F.XS_PIPELINE(deal, lang="key"))["weighted"] == pytest.approx(expected["weighted_pipeline"])


def test_sales_quantity_and_mix_variance_by_xs_bridge() -> None:
    inputs, expected = example("Sales quantity and mix variance (OpenTuition)")
    head = ["item", "quantity", "price"]
    base = [head, *([item, *cells] for item, cells in inputs["budget"].items())]
    actual = [head, *([item, count, inputs["budget"][item][1]] for item, count in inputs["actual_qty"].items())]
    effects = dict(F.XS_BRIDGE(base, actual, lang="key")[1:])
    assert (effects["volume"], effects["mix"]) == (expected["quantity"], expected["mix"])
    assert effects["total"] == expected["volume_total"]


def test_sales_quantity_contribution_variance_by_xs_bridge() -> None:
    inputs, expected = example("Sales quantity contribution variance (Kaplan PM workbook p.290)")
    head = ["item", "quantity", "price", "cost"]
    budget = inputs["budget"]
    grown = inputs["actual_total"] / sum(count for count, _ in budget.values())
    base = [head, *([item, count, unit, 0] for item, (count, unit) in budget.items())]
    actual = [head, *([item, count * grown, unit, 0] for item, (count, unit) in budget.items())]
    effects = dict(F.XS_BRIDGE(base, actual, "margin", lang="key")[1:])
    assert effects["volume"] == pytest.approx(expected["total"], **near(1))
    assert effects["mix"] == 0


def test_dso_by_xs_dso() -> None:
    inputs, expected = example("DSO balance method (JD Edwards)")
    found = F.XS_DSO(inputs["balance"], sum(inputs["sales_3m"]), inputs["days"])
    assert found == pytest.approx(expected["dso"], **near(0.01))


def test_countback_dso_by_xs_dso() -> None:
    inputs, expected = example("Countback DSO (Qlik community)")
    sales, days = zip(*inputs["sales_latest_first"], strict=True)
    found = F.XS_DSO(inputs["receivables"], list(sales), [[day] for day in days], "countback")
    assert found == pytest.approx(expected["exact"], **near(0.01))
    assert round(found) == expected["days"]


def test_cei_by_xs_cei() -> None:
    inputs, expected = example("CEI (Credit Guru)")
    monthly = inputs["credit_sales_3m"] / inputs["months"]
    found = F.XS_CEI(inputs["beginning"], monthly, inputs["ending_total"], inputs["ending_current"])
    assert found == pytest.approx(expected["cei"] * 100, **near(0.1))


def test_instalments_payment_then_credit_note_by_xs_settle() -> None:
    inputs, expected = example("AR instalments: payment then credit note, FIFO by due date (ERPNext)")
    day = pd.Timestamp("2026-01-01")
    head = ["customer", "invoice", "instalment", "date", "due_date", "amount", "kind", "against"]
    bill = [
        ["C", "I", str(at), day, day + timedelta(days), amount, None, None]
        for at, (days, amount) in enumerate(inputs["schedule"], start=1)
    ]
    paid = [["receipt", "customer", "date", "amount", "invoice"], ["R", "C", day, inputs["payment"], "I"]]
    after = named(F.XS_SETTLE([head, *bill], paid, lang="key"))
    assert [[row["amount"], row["settled"], row["open"]] for row in after] == expected["after_payment"]
    note = ["C", "N", "1", day, day, -inputs["credit_note"], "credit_note", "I"]
    after = named(F.XS_SETTLE([head, *bill, note], paid, lang="key"))
    wanted = [[amount, cash + credit, left] for amount, cash, credit, left in expected["after_credit_note"]]
    assert [[row["amount"], row["settled"], row["open"]] for row in after] == wanted


def test_ageing_includes_what_is_not_yet_due_by_xs_ageing() -> None:
    inputs, expected = example("Ageing must include not-yet-due so that buckets add up")
    bill = [["customer", "invoice", "due_date", "amount"]]
    bill.append(["C", "I", inputs["invoice"]["due"], inputs["invoice"]["amount"]])
    row = one(F.XS_AGEING(bill, [["receipt", "customer", "date", "amount"]], inputs["as_of"], lang="key"))
    assert row["not_due"] == expected["not_due"]
    assert sum(value for key, value in row.items() if key not in {"customer", "outstanding"}) == row["outstanding"]


def test_hhi_by_xs_hhi() -> None:
    inputs, expected = example("HHI eight participants (Investopedia)")
    assert F.XS_HHI(inputs["shares_pct"]) == pytest.approx(expected["hhi"])


def test_rfm_of_five_customers_by_xs_rfm() -> None:
    inputs, expected = example("RFM five customers")
    as_of = pd.Timestamp("2026-03-31")
    lines: list[list[object]] = [["order", "line", "date", "customer", "quantity", "amount"]]
    for customer, (recency, frequency, money) in inputs["customers"].items():
        for number in range(frequency):
            day = as_of - timedelta(recency + number)
            lines.append([f"{customer}-{number}", "1", day, customer, 1, money / frequency])
    found = {row["customer"]: [row["R"], row["F"], row["M"]] for row in named(F.XS_RFM(lines, as_of, lang="key"))}
    assert found == expected


def test_sales_velocity_by_xs_pipeline() -> None:
    inputs, expected = example("Sales velocity (MavenLB)")
    closed = pd.Timestamp("2026-03-31")
    created = closed - timedelta(inputs["days"])
    head = ["opportunity", "stage", "value", "created", "close_date"]
    open_ = [[f"o{at}", "proposal", inputs["value"], created, closed] for at in range(inputs["opps"])]
    won = [["w", "won", inputs["value"], created, closed]]
    lost = [[f"l{at}", "lost", inputs["value"], created, closed] for at in range(3)]
    row = one(F.XS_PIPELINE([head, *open_, *won, *lost], lang="key"))
    assert row["win_rate_count"] == inputs["win"]
    assert row["velocity_per_day"] == pytest.approx(expected["per_day"], **near(1))
    assert row["velocity_per_day"] * 30 == pytest.approx(expected["per_month"], **near(1))


def test_marginal_tiers_by_xs_commission() -> None:
    inputs, expected = example("Marginal (progressive) tiers")
    found = F.XS_COMMISSION(inputs["sales"], [[low, rate] for low, _, rate in inputs["tiers"]])
    assert found == expected["commission"]


def test_retroactive_sections_without_a_gap_by_xs_commission() -> None:
    inputs, expected = example("Retroactive (whole-amount) section commission and its gap bug (OCA)")
    tiers = [[low, percent / 100] for low, _, percent in inputs["sections"]]
    found = F.XS_COMMISSION([inputs["bases"]], tiers, None, "retroactive")[0]
    assert (found[0], found[2]) == (expected["10000"], expected["15000"])
    assert found[1] == pytest.approx(500.025)  # half-open bands: no amount between two sections earns nothing


def test_commission_on_cash_by_xs_commission() -> None:
    inputs, expected = example("Commission on cash collected, not contract")
    assert F.XS_COMMISSION(inputs["collected"], [[0, inputs["rate"]]]) == expected["commission"]


def test_goals_matrix_by_xs_scorecard() -> None:
    inputs, expected = example("PeopleSoft goals matrix")
    kpis = [["role", "kpi", "weight"], *(["rep", goal, weight] for goal, weight, _ in inputs["goals"])]
    head = ["salesperson", "role", "kpi", "target", "actual"]
    actuals = [head, *(["Li", "rep", goal, 1, reached] for goal, _, reached in inputs["goals"])]
    row = one(F.XS_SCORECARD(actuals, kpis, lang="key"))
    assert [row[goal] for goal, _, _ in inputs["goals"]] == pytest.approx(expected["scores"])
    assert row["score"] == pytest.approx(expected["total"])


def test_chinese_grade_bands_by_xs_scorecard() -> None:
    inputs, expected = example("Chinese grade bands and bonus coefficients")
    head = ["salesperson", "role", "kpi", "target", "actual"]
    actuals = [head, *([f"P{at}", "rep", "sales", 100, score] for at, score in enumerate(inputs["scores"]))]
    rows = named(F.XS_SCORECARD(actuals, [["role", "kpi", "weight"], ["rep", "sales", 1]], lang="key"))
    assert [row["grade"] for row in rows] == expected["grade"]
    assert [row["coefficient"] for row in rows] == expected["coefficient"]


def test_difference_in_differences_by_xs_effect() -> None:
    inputs, expected = example("Difference in differences: Card & Krueger balanced sample")
    change = inputs["cell_changes"]
    rows: list[list[object]] = [["unit", "period", "treated", "after", "value"]]
    for side in ("treated", "control"):
        for unit in range(6):
            for period in range(4):
                value = 20 + unit + (change[side] if period > 1 else 0)
                rows.append([f"{side}{unit}", period, side == "treated", period > 1, value])
    assert one(F.XS_EFFECT(rows, lang="key"))["effect"] == pytest.approx(expected["did"], **near(0.01))


@pytest.mark.parametrize("method", ["mean", "naive"])
def test_forecast_accuracy_of_beer_by_xs_forecast_and_xs_forecast_error(method: str) -> None:
    inputs, expected = example(
        "Forecast accuracy: Australian beer, train 1992Q1-2007Q4, test 2008Q1-2010Q2",
    )
    rows = named(F.XS_FORECAST(inputs["train"], len(inputs["test"]), inputs["m"], None, method, lang="key"))
    said = [row["forecast"] for row in rows]
    row = one(F.XS_FORECAST_ERROR(inputs["test"], said, inputs["train"], inputs["m"], lang="key"))
    found = [row["rmse"], row["mae"], row["mape"], row["mase"]]
    assert found == pytest.approx(expected[method], **near(0.01))


@pytest.mark.real_data
def test_adventureworks_totals_by_xs_five(real_data: Path) -> None:
    inputs, expected = example("AdventureWorks totals")
    path = real_data.parent / inputs["file"]
    wanted = {"SalesOrderNumber": "order", "SalesOrderLineNumber": "line", "OrderDate": "date"}
    wanted |= {"OrderQuantity": "quantity", "SalesAmount": "amount", "TotalProductCost": "cost"}
    lines = pd.read_csv(path)[list(wanted)].rename(columns=wanted)
    assert len(lines) == expected["reseller_lines"]
    row = one(udfs.CALLABLES["XS_FIVE"](lines, lang="key"))
    assert row["sales"] == pytest.approx(expected["reseller_sales"], **near(0.01))


@pytest.mark.real_data
def test_maven_pipeline_by_xs_pipeline(real_data: Path) -> None:
    inputs, expected = example("Maven CRM pipeline")
    wanted = {"opportunity_id": "opportunity", "deal_stage": "stage", "close_value": "value"}
    wanted |= {"engage_date": "created", "close_date": "close_date"}
    deals = pd.read_csv(real_data.parent / inputs["file"])[list(wanted)].rename(columns=wanted)
    stages = [
        ["stage", "order", "probability", "category"],
        *(["Prospecting", 1, 0.1, "pipeline"], ["Engaging", 2, 0.3, "pipeline"]),
        *(["Won", 3, 1, "won"], ["Lost", 4, 0, "lost"]),
    ]
    row = one(udfs.CALLABLES["XS_PIPELINE"](deals, stages=stages, lang="key"))
    assert row["win_rate_count"] == pytest.approx(expected["win_rate"], **near(0.0001))
    assert row["mean_value"] == pytest.approx(expected["avg_won"], **near(0.01))
    assert row["cycle_days"] == pytest.approx(expected["avg_cycle_won_days"], **near(0.01))


# Examples that no function covers, and what covers them; each has its test there.
ELSEWHERE = {
    "TM1 relative percent adjustment": ("test_spreading", "the spread code R% of the Plan sheets"),
    "TM1 repeat across leaves, non-zero leaves only": ("test_spreading", "the spread code R of the Plan sheets"),
    "Clawback": ("test_incentives", "the button Incentives: a function sees no later return"),
    "Manager leniency z-normalisation": (
        "test_ratings",
        "means are given, not the ratings of a range",
    ),
    "AdventureWorks quota attainment by salesperson": ("test_real_runs", "dated quotas are the button Monitor's"),
}


def test_every_published_example_is_called_through_a_function_or_stands_elsewhere() -> None:
    folder = Path(__file__).parent
    every = {row["name"] for row in json.loads((folder / "data" / "examples.json").read_text("utf-8"))}
    called = {
        call.args[0].value
        for test in ast.parse(Path(__file__).read_text("utf-8")).body
        if isinstance(test, ast.FunctionDef) and "_xs_" in test.name
        for call in ast.walk(test)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "example"
        and isinstance(call.args[0], ast.Constant)
    }  # fmt: skip
    assert called | set(ELSEWHERE) == every
    assert not called & set(ELSEWHERE)
    for name, (module, _) in ELSEWHERE.items():
        assert name in (folder / f"{module}.py").read_text("utf-8"), f"{module} has no test of {name}"


def test_the_name_of_a_test_says_which_functions_it_calls() -> None:
    for test in ast.parse(Path(__file__).read_text("utf-8")).body:
        if isinstance(test, ast.FunctionDef) and "_by_xs_" in test.name:
            named_ = {part.upper() for part in test.name[test.name.index("_by_xs_") + len("_by_") :].split("_and_")}
            found = {node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute)}
            found |= {node.value for node in ast.walk(test) if isinstance(node, ast.Constant)}
            assert named_ <= {str(each) for each in found}, test.name
