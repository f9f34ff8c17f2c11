"""A coming year's quotas from history: exact at every level, by the core, by the command, and on real data."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlsales import validate
from xlsales.__main__ import main
from xlsales.core.hierarchy import build_tree
from xlsales.core.next_year import handed_on, month_weights, next_year
from xlsales.core.refusal import Refusal
from xlsales.exchange.book_file import read_plan_book
from xlsales.problems import InputError
from xlsales.terminal_plan import wish

TOML = Path(__file__).parent / "data" / "adventureworks.toml"
MONTHS = [f"2027-{month:02d}" for month in range(1, 13)]
REGIONS = build_tree(["world", "n", "s", "n1", "n2"], [None, "world", "world", "n", "n"])

leaves = st.lists(
    st.tuples(st.sampled_from(["n1", "n2", "s", "elsewhere"]), st.sampled_from(["a", "b", "c", ""]), st.floats(0, 1e7)),
    min_size=1,
    max_size=10,
)


@given(
    leaves,
    st.lists(st.floats(0, 10), min_size=12, max_size=12),
    st.integers(0, 10**9),
    st.sampled_from([0.01, 1.0, 100.0]),
)
@settings(deadline=None, max_examples=60)
def test_every_level_adds_up_and_nothing_comes_of_nothing(rows, season, units, unit):
    base = pd.DataFrame(rows, columns=["region", "salesperson", "value"])
    total = round(units * unit, 2)
    if base["value"].sum() == 0:
        with pytest.raises(Refusal, match="plan_base_none"):
            next_year(base, np.array(season), MONTHS, total, REGIONS, unit)
        return
    found = next_year(base, np.array(season), MONTHS, total, REGIONS, unit)
    in_units = (found.quotas["value"] / unit).round(6)
    assert (in_units == in_units.round()).all()
    assert in_units.sum() == pytest.approx(units)
    assert found.sums[""] == total
    for region in found.sums.index.drop(""):
        below = REGIONS.below(region) if region in REGIONS.members else [region]
        mine = in_units[found.quotas["region"].isin(below)].sum()
        assert mine == pytest.approx(found.sums[region] / unit)
    nothing = base.groupby(["region", "salesperson"])["value"].sum()
    for region, person in nothing.index[nothing == 0]:
        mine = found.quotas[(found.quotas["region"] == region) & (found.quotas["salesperson"] == person)]
        assert mine["value"].sum() == 0


def test_a_loss_is_no_base():
    base = pd.DataFrame({"region": ["n1"], "salesperson": ["a"], "value": [-1.0]})
    with pytest.raises(Refusal, match="plan_base_negative"):
        next_year(base, np.ones(12), MONTHS, 12.0)


def test_a_season_needs_whole_years():
    past = pd.DataFrame({"month": MONTHS[:11], "value": 1.0})
    assert month_weights(past, [MONTHS])[1] == 0
    assert month_weights(past, [MONTHS])[0].tolist() == [1.0] * 12


def test_who_is_gone_leaves_the_base_to_the_region():
    base = pd.DataFrame({"region": ["n", "n", "n"], "salesperson": ["a", "b", "c"], "value": [1.0, 3.0, 4.0]})
    assert handed_on(base, ["c"])["value"].tolist() == [2.0, 6.0]


@pytest.mark.parametrize("text", ["x", "20", "-100%", "nan"])
def test_a_growth_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="no growth rate"):
        wish(text, None, "")
    assert wish("8%", None, "").growth == 0.08


def history(folder: Path) -> Path:
    """Two years of orders of three people in two regions; one of them left."""
    folder.mkdir()
    rows = [
        (f"O{year}{month:02d}{person}", 1, f"{year}-{month:02d}-15", "C", "P", person, region, 1, amount * month)
        for year in (2025, 2026)
        for month in range(1, 13)
        for person, region, amount in (("A", "N", 100), ("B", "N", 50), ("D", "N", 50), ("E", "S", 100))
    ]
    columns = ["order", "line", "date", "customer", "product", "salesperson", "region", "quantity", "amount"]
    tables = {
        "orders": pd.DataFrame(rows, columns=columns),
        "customers": pd.DataFrame({"customer": ["C"], "name": ["Customer"]}),
        "products": pd.DataFrame({"product": ["P"], "name": ["Pump"], "unit_cost": [1.0]}),
        "regions": pd.DataFrame({"region": ["N", "S"], "name": ["North", "South"]}),
        "salespeople": pd.DataFrame(
            {"salesperson": ["A", "B", "D", "E"], "manager": ["A", "A", "A", "E"], "region": ["N", "N", "N", "S"],
             "leave_date": [None, None, "2026-12-01", None]}
        ),
        "settings": pd.DataFrame({"setting": ["as_of", "country"], "value": ["2026-12-31", "CN"]}),
    }  # fmt: skip
    for key, frame in tables.items():
        frame.to_csv(folder / f"{key}.csv", index=False)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_plans_from_a_folder(tmp_path, capsys, lang):
    book = tmp_path / "plan.xlsx"
    folder = history(tmp_path / "data")
    assert main(["plan", str(folder), "--growth", "10%", "--out", str(book), "--lang", lang]) == 0
    assert "2027" in capsys.readouterr().out
    checked = validate.validate_all(read_plan_book(book), lang=lang)
    assert [each for each in checked.problems if each.severity == "error"] == []
    plan = checked.tables["plan"]
    sales = plan[plan["measure"] == "sales"]
    assert sales["value"].sum() == 25_740  # 23 400 of the last year and a tenth
    by = sales.groupby("salesperson")["value"].sum()
    assert by.to_dict() == {"A": 11_440, "B": 5_720, "E": 8_580}  # what D brought goes to A and B by 2 : 1
    months = sales.groupby("period")["value"].sum()
    assert months["2027-12"] == pytest.approx(12 * months["2027-01"], abs=6)
    goals = checked.tables["targets"]
    of = goals[goals["measure"] == "sales"].set_index(["scope", "member"])["target"]
    assert (of["region", "N"], of["salesperson", "A"]) == (17_160, 11_440)
    assert of[of.index.get_level_values("scope") == "company"].tolist() == [25_740]


@pytest.mark.slow
def test_versions_of_a_saved_workbook(tmp_path, capsys):
    book = tmp_path / "plan.xlsx"
    assert main(["plan", str(history(tmp_path / "data")), "--out", str(book)]) == 0
    capsys.readouterr()

    def versions(*words):
        assert main(["versions", str(book), *words, "--now", "2027-01-05T08:00:00"]) == 0
        return capsys.readouterr().out

    assert "2027" in versions()
    assert "you go on in the version March" in versions("save", "March")
    assert "times 1.1" in versions("scenario", "stretch", "110%")
    assert "cells differ" in versions("compare", "March", "stretch")
    before = book.read_bytes()
    assert "Nothing was written" in versions("restore", "stretch")
    assert book.read_bytes() == before
    assert "rows of stretch again" in versions("restore", "stretch", "--yes")
    assert (tmp_path / "plan.previous.xlsx").read_bytes() == before
    tables = validate.validate_all(read_plan_book(book)).tables
    sums = tables["plan"].groupby("version")["value"].sum()
    assert sums["March"] == sums["stretch"] > sums["2027"]
    assert tables["plan_versions"]["version"].tolist() == ["2027", "March", "stretch"]
    assert len(tables["log"]) == 3
    assert main(["versions", str(book), "restore", "gone"]) == 2


@pytest.mark.real_data
@pytest.mark.slow
def test_adventureworks_next_year_in_three_commands(real_data, tmp_path):
    data, book, out = str(real_data / "adventureworks"), tmp_path / "next.xlsx", tmp_path / "managers"
    assert main(["check", str(TOML), "--data", data]) == 0
    assert main(["plan", str(TOML), "--data", data, "--growth", "8%", "--out", str(book)]) == 0
    assert main(["distribute", str(book), "--by", "manager", "--out", str(out)]) == 0
    tables = validate.validate_all(read_plan_book(book)).tables
    plan = tables["plan"]
    sales = plan[(plan["measure"] == "sales") & (plan["version"] == "2014")]
    total = sales["value"].sum()
    assert total == 37_597_092  # 34 812 122.55 of December 2012 to November 2013, and 8 %
    goals = tables["targets"][lambda rows: (rows["measure"] == "sales") & (rows["period"] == "2014")]
    quota = goals.set_index(["scope", "member"])["target"]
    assert quota[quota.index.get_level_values("scope") == "company"].tolist() == [total]
    # by month: the fiscal year from July 2014, every month of every person in whole dollars
    assert sorted(sales["period"].unique()) == [f"2014-{m:02d}" for m in range(7, 13)] + [
        f"2015-{m:02d}" for m in range(1, 7)
    ]
    assert (sales["value"] == sales["value"].round()).all()
    assert sales.groupby("period")["value"].sum().sum() == total
    # by territory: each region is the sum of those below it, the three groups are the company
    regions = build_tree(tables["regions"]["region"], tables["regions"]["parent"])
    for region in tables["regions"]["region"]:
        assert quota["region", region] == sales[sales["region"].isin(regions.below(region))]["value"].sum()
    assert sum(quota["region", name] for name in ("Europe", "North America", "Pacific")) == total
    # by person and manager
    for person, rows in sales.groupby("salesperson"):
        assert quota["salesperson", person] == rows["value"].sum()
    manager = tables["salespeople"].set_index("salesperson")["manager"]
    assert sales.groupby(sales["salesperson"].map(manager))["value"].sum().sum() == total
    assert len(list(out.glob("*.xlsx"))) == 4
    assert set(manager.reindex(sales["salesperson"].unique())) >= {"290", "272", "277", "294"} & set(manager)
