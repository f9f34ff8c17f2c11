"""What planning shows: scenarios, what if, the funnel backwards, weeks, budget, strategy; talks and handovers."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_commands_plan import said
from tests.toy_company import cell_of, company, open_company, rows_of
from xlsales import demo, steps, validate
from xlsales.core.handover import after_handover, moved_quota
from xlsales.core.hierarchy import build_tree
from xlsales.core.negotiation import MOVES, STATES, moves
from xlsales.core.over_assignment import over_assign_tree
from xlsales.core.owners import owner_on, with_regions
from xlsales.core.refusal import Refusal
from xlsales.core.reverse_funnel import reverse_funnel
from xlsales.core.what_if import what_if
from xlsales.hosts.book import run
from xlsales.labels import word
from xlsales.schema import RESULTS, TABLES, results_planning
from xlsales.stages.cycle import Cycle
from xlsales.stages.scenarios import scenarios
from xlsales.stages.talking import handovers
from xlsales.stages.targeting import Past, capacity_of
from xlsales.worded import worded

BASE = {"sales": 200.0, "volume": 20.0, "margin": 80.0, "profit": 30.0, "collections": 190.0}


# Scenarios


@cache
def ran(lang="en"):
    whole = {key: demo.tables(lang)[key] for key in ("activity_plan", "tasks", "budget", "expenses")}
    checked = validate.validate_all({**company(lang), **whole}, lang=lang)
    others = {"forecast", "backtest", "win_chances", "calibration", "next_products"}
    return checked, steps.run(checked.tables, checked.settings, wanted={*RESULTS, "lines"} - others)


@pytest.fixture(scope="module")
def results():
    return ran()[1].results


@given(st.floats(-0.5, 2.0), st.floats(0, 1))
@settings(deadline=None)
def test_growth_scales_all_but_the_fixed_expense_and_price_only_the_margin(change, fixed):
    rows = pd.DataFrame({"driver": ["growth", "price", "heads"], "change": [change] * 3})
    found = what_if(BASE, {"fixed": fixed, "sales": 1 - fixed}, rows).set_index("driver")
    for driver in ("growth", "heads"):
        assert found.loc[driver, "margin"] == pytest.approx(80 * (1 + change))
        assert found.loc[driver, "volume"] == pytest.approx(20 * (1 + change))
        assert found.loc[driver, "profit"] == pytest.approx(
            80 * (1 + change) - 50 * (fixed + (1 - fixed) * (1 + change))
        )
    assert found.loc["price", "volume"] == 20
    assert found.loc["price", "margin"] == pytest.approx(80 + 200 * change)
    assert found["collections"].to_numpy() == pytest.approx(190 * (1 + change))
    assert found["gain_sales"].to_numpy() == pytest.approx(200 * change, abs=1e-9)


def test_what_the_plan_does_not_say_stays_blank_and_wrong_drivers_are_refused():
    rows = pd.DataFrame({"driver": ["price"], "change": [0.1]})
    found = what_if({"sales": 100.0}, {"fixed": 1.0}, rows).iloc[0]
    assert found["sales"] == pytest.approx(110)
    assert found[["volume", "margin", "profit", "collections"]].isna().all()
    with pytest.raises(Refusal, match="what_if_shares"):
        what_if(BASE, {"fixed": 0.5}, rows)
    with pytest.raises(Refusal, match="what_if_driver"):
        what_if(BASE, {"fixed": 1.0}, rows.assign(driver="luck"))


def cycle_of(**tables):
    """The company's cycle with some tables changed, and what the steps before found."""
    checked, outcome = ran()
    day = pd.Timestamp(checked.settings["as_of"])
    return Cycle({**checked.tables, **tables}, checked.settings, day, dict(outcome.results))


@pytest.mark.slow
def test_each_version_stands_beside_the_current_one():
    cycle = cycle_of()
    plan = cycle.tables["plan"]
    stretch = plan.assign(version="stretch", value=plan["value"] * 1.1)
    cycle.found["plan"] = pd.concat([plan, stretch], ignore_index=True)
    found = scenarios(cycle)
    table = found["plan_scenarios"].set_index("version")
    assert table.index.tolist() == ["base", "stretch"]
    assert table["current"].tolist() == [True, False]
    assert table.loc["stretch", "over_current"] == pytest.approx(0.1)
    assert table.loc["base", "sales"] == plan[plan["measure"] == "sales"]["value"].sum()
    effects = found["driver_effects"].set_index("lever")
    assert effects.index.tolist() == ["base", "growth", "price", "heads"]
    assert effects.loc["growth", "sales"] == pytest.approx(1.1 * table.loc["base", "sales"])
    assert effects.loc["heads", "gain_sales"] > 0
    assert effects[["sales", "volume", "margin", "profit", "collections"]].notna().all(axis=None)


@pytest.mark.slow
@pytest.mark.parametrize("table", results_planning.TABLES, ids=lambda table: table.key)
def test_every_declared_column_is_given_and_every_key_is_one_row(results, table):
    if table.key == "quota_handover":
        frame = handovers(cycle_of(customer_owners=handed_over()))["quota_handover"]
    else:
        frame = results[table.key]
    assert [column.key for column in table.columns if column.key not in frame] == []
    assert not frame.duplicated(list(table.keys)).any()
    assert len(frame)


def handed_over():
    """The owners of customers, one of them handed over in April."""
    owners = company()["customer_owners"]
    new = owners.head(1).assign(valid_from=pd.Timestamp("2026-04-01"), salesperson="S05", keeps_quota="new")
    rows = pd.concat([owners, new.astype(owners.dtypes)], ignore_index=True)
    return validate.validate(validate.TABLES["customer_owners"], rows)[0]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_states_that_may_follow_are_told_in_words(lang):
    frame = pd.DataFrame({"next_states": ["locked, proposed"]})
    told = worded({"quota_talks": frame}, lang)["quota_talks"]["next_states"][0]
    assert word("value.status.locked", lang) in told
    assert word("value.status.proposed", lang) in told


# What has to be done


def rates(**more):
    row = {"member": "", "won_deals": 10.0, "won_value": 1000.0, "lost_deals": 30.0, "customers": 5.0, "visits": 80.0}
    return pd.DataFrame([{**row, "opportunities": 40.0}, {**row, "opportunities": 40.0, **more}])


def test_few_deals_of_one_s_own_are_no_rate():
    left = pd.DataFrame({"member": ["a", "b"], "left": [500.0, -5.0], "open_deals": [0.0, 0.0]})
    few = reverse_funnel(left, rates(member="a", won_deals=2.0, lost_deals=2.0, won_value=900.0), 10.0)
    assert few["basis"].tolist() == ["company", "company"]
    assert few.loc[0, ["deals", "opportunities", "visits", "visits_per_week"]].tolist() == [5, 20, 40, 4]
    assert few.loc[1, ["deals", "opportunities", "visits"]].tolist() == [0, 0, 0]  # the quota is reached
    own = reverse_funnel(left, rates(member="a", won_deals=5.0, lost_deals=5.0, won_value=500.0), 10.0)
    assert own.loc[0, ["basis", "deals", "opportunities"]].tolist() == ["own", 5, 10]


@pytest.mark.slow
def test_the_funnel_weeks_budget_and_strategy_of_the_company(results):
    funnel = results["funnel_plan"]
    whole = funnel[funnel["scope"] == "company"].iloc[0]
    assert whole["deals"] == np.ceil(round(whole["left"] / whole["mean_deal"], 9))
    assert whole["opportunities"] == np.ceil(round(whole["deals"] / whole["win_rate"], 9))
    weeks, tasks = results["week_plan"], results["week_tasks"]
    assert weeks["week"].nunique() == 5
    assert set(tasks["state"]) == {"done", "planned", "overdue"}
    late = tasks[tasks["state"] == "overdue"]
    assert (late["due"] < pd.Timestamp("2026-09-30")).all()
    use = results["budget_use"]
    budget = ran()[0].tables["budget"]
    assert use["budget"].sum() == budget[budget["period"].str.startswith("2026")]["amount"].sum()
    assert (use["left"] == use["budget"] - use["spent"]).all()
    segments = results["segment_strategy"]
    assert segments["sales"].notna().all()
    assert segments.loc[segments["scope"].notna(), "actions"].notna().all()


@pytest.mark.slow
def test_a_month_s_plan_is_spread_over_its_weeks_by_working_days(results):
    plan = ran()[0].tables["activity_plan"]
    planned = plan[(plan["period"] == "2026-09") & (plan["salesperson"] == "S02") & (plan["activity"] == "visit")]
    weeks = results["week_plan"]
    mine = weeks[(weeks["salesperson"] == "S02") & (weeks["activity"] == "visit")].set_index("from")["planned"]
    share = mine[pd.Timestamp("2026-09-21")] / planned["planned"].sum()
    assert share == pytest.approx(round(share * 22) / 22)  # September 2026 has 22 working days


@pytest.mark.slow
def test_the_hiring_plan_feeds_the_capacity():
    heads = {}
    for name, cycle in (
        ("with", cycle_of()),
        ("without", cycle_of(hiring_plan=cycle_of().tables["hiring_plan"].head(0))),
    ):
        team = capacity_of(cycle, "region", "2026", Past(cycle, "2026")).set_index("member")
        heads[name] = team["heads"]
    more = heads["with"] - heads["without"]
    assert more["SOUTH"] == pytest.approx(
        2 * 0.25, abs=0.01
    )  # two heads in the last quarter; the third quarter is over
    assert more["WEST"] == pytest.approx(0.25, abs=0.01)
    assert more["NORTH"] == 0


# Over-assignment down a tree

TREE = build_tree(["all", "n", "s", "a", "b", "c"], [None, "all", "all", "n", "n", "s"])


@given(
    st.integers(0, 10**7), st.lists(st.floats(0, 1e6), min_size=3, max_size=3), st.lists(st.floats(0, 0.5), max_size=2)
)
@settings(deadline=None)
def test_the_buffer_is_exactly_what_children_exceed_their_parent(total, weights, over):
    found = over_assign_tree(TREE, float(total), [0, 0, 0, *weights], over, unit=1).set_index("member")
    for depth, (parent, children) in enumerate((("all", ["n", "s"]), ("n", ["a", "b"]), ("s", ["c"]))):
        rate = over[min(depth, 1)] if len(over) > min(depth, 1) else 0.0
        below = found.loc[children, "target"].sum()
        assert found.loc[parent, "children"] == below
        assert found.loc[parent, "buffer"] == found.loc[parent, "target"] - below
        assert below == np.floor(found.loc[parent, "target"] * (1 + rate) + 0.5)


def test_without_rates_over_assignment_is_an_allocation_and_wrong_rates_are_refused():
    found = over_assign_tree(TREE, 100.0, [0, 0, 0, 1, 1, 2], [], unit=1)
    assert found["buffer"].fillna(0).tolist() == [0] * 6
    with pytest.raises(Refusal, match="over_rate"):
        over_assign_tree(TREE, 100.0, [1] * 6, [-0.1])
    with pytest.raises(Refusal, match="held_above"):
        over_assign_tree(TREE, 100.0, [1] * 6, [], held=[None, 80, 90, None, None, None])


# Talks


KEYS = {"measure": "sales", "scope": "salesperson", "period": "2026", "valid_from": "", "member": "a"}


@pytest.mark.parametrize("was", STATES)
@pytest.mark.parametrize("status", STATES)
def test_only_listed_moves_are_allowed_and_settled_figures_stay(was, status):
    def verdict(figure):
        before = pd.DataFrame([{**KEYS, "status": was, "target": 10.0}])
        found = moves(before, pd.DataFrame([{**KEYS, "status": status, "target": figure}]))
        return found["verdict"].tolist()

    if was == status:
        assert verdict(10.0) == []
        assert verdict(11.0) == [("figure" if was in {"draft", "proposed", "countered"} else "settled")]
    else:
        assert verdict(10.0) == ["moved" if status in MOVES[was] else "not_allowed"]


@dataclass
class Talk:
    book: object

    def state(self, row, status, target=None):
        cell_of(self.book, "targets", "status", row).value = status
        if target is not None:
            cell_of(self.book, "targets", "target", row).value = target

    def record(self):
        run("negotiate", self.book)
        return said(self.book)


@pytest.fixture
def talk():
    kept = {"salespeople", "regions", "org_units", "settings", "customers", "products", "channels"}
    frames = {key: frame if key in kept else frame.head(0) for key, frame in company().items()}
    goals = company()["targets"]
    mine = goals[(goals["scope"] == "salesperson") & (goals["measure"] == "sales") & (goals["period"] == "2026")]
    frames["targets"] = mine.head(2).assign(status="proposed").reset_index(drop=True)
    return Talk(open_company("en", frames))


def test_talks_are_recorded_step_by_step_and_wrong_moves_refused(talk):
    assert "Waiting for" in talk.record()
    assert len(rows_of(talk.book, "quota_moves")) == 2
    talk.state(0, "Countered", 9_000_000.0)
    cell_of(talk.book, "targets", "answer", 0).value = "Two key accounts left"
    talk.record()
    kept = rows_of(talk.book, "quota_moves")
    assert kept[["status", "target", "answer"]].iloc[-1].tolist() == ["Countered", 9_000_000.0, "Two key accounts left"]
    talk.state(0, "Locked")
    assert "cannot go from Countered to Locked" in talk.record()
    assert len(rows_of(talk.book, "quota_moves")) == 3
    talk.state(0, "Agreed")
    talk.record()
    talk.state(0, "Locked")
    talk.record()
    talk.state(0, "Locked", 8_000_000.0)
    assert "its figure changed from 9,000,000" in talk.record()
    talk.state(0, "Locked", 9_000_000.0)
    assert "Nothing moved" in talk.record()
    run("undo", talk.book)
    assert said(talk.book)


# Handovers


def test_a_customer_handed_on_twice_takes_its_quota_along():
    rows = pd.DataFrame(
        {"customer": ["C", "C"], "valid_from": pd.to_datetime(["2026-04-01", "2026-07-02"]), "old": ["a", "b"],
         "new": ["b", "c"], "keeps_quota": ["new", None]}
    )  # fmt: skip
    history = pd.DataFrame({"salesperson": ["a", "a"], "customer": ["C", "D"], "sales": [50.0, 50.0]})
    quotas = pd.Series({"a": 730.0, "b": 100.0, "c": 100.0})
    found = moved_quota(rows, quotas, history, "2026")
    assert found["moved"].tolist() == [275, 183]
    after = after_handover(quotas, found)
    assert after["after"].sum() == quotas.sum()
    assert after["after"].tolist() == [455, 192, 283]
    kept = moved_quota(rows.assign(keeps_quota="old"), quotas, history, "2026")
    assert kept["moved"].tolist() == [0, 0]


@pytest.mark.slow
def test_the_button_hands_quotas_over_once_and_keeps_their_sum():
    book = open_company("en", {**company(), "customer_owners": handed_over()})
    goals = rows_of(book, "targets")
    mine = (goals["measure"] == "Sales") & (goals["scope"] == "Salesperson") & (goals["period"] == "2026")
    before = goals[mine].set_index("member")["target"]
    run("handover", book)
    assert "→" in book.app.impl.asked.pop()
    assert "quotas were changed" in said(book)
    after = rows_of(book, "targets")[mine].set_index("member")["target"]
    assert after.sum() == before.sum()
    assert (after != before).any()
    assert rows_of(book, "customer_owners")["quota_moved"].notna().any()
    run("handover", book)
    assert "No customer changes hands" in said(book)
    run("undo", book)
    assert rows_of(book, "targets")[mine].set_index("member")["target"].equals(before)


def region_handed_over(**more):
    """The region NORTH goes from S03 to S04 on the first of July."""
    row = {"region": "NORTH", "valid_from": pd.Timestamp("2026-07-01"), "salesperson": "S04", "replaces": "S03", **more}
    return pd.DataFrame([row]).reindex(columns=[column.key for column in TABLES["region_owners"].columns])


def test_a_region_means_every_customer_in_it_and_below_it_of_the_one_replaced():
    customers = pd.DataFrame(
        {"customer": ["A", "B", "C", "D"], "region": ["N", "N1", "N", "S"], "salesperson": ["x", "x", "y", "x"]}
    )
    own = pd.DataFrame(
        {"customer": ["A"], "valid_from": pd.to_datetime(["2026-07-01"]), "salesperson": ["own"], "keeps_quota": None}
    )
    rows = pd.DataFrame(
        {"region": ["N"], "valid_from": pd.to_datetime(["2026-07-01"]), "salesperson": ["z"], "replaces": ["x"]}
    )
    below = {"N": ["N", "N1"]}
    found = with_regions(own, rows, customers, below)
    assert found[["customer", "salesperson"]].to_numpy().tolist() == [["A", "own"], ["B", "z"]]
    whole = with_regions(own, rows.assign(replaces=None), customers, below)
    assert whole["customer"].tolist() == ["A", "B", "C"]
    done = with_regions(own, rows.assign(quota_moved=5.0), customers, below)
    assert done["customer"].tolist() == ["A"]
    days = pd.Series(pd.to_datetime(["2026-06-30", "2026-07-01"]))
    assert owner_on(pd.Series(["B", "B"]), days, found, customers).tolist() == ["x", "z"]
    kept = with_regions(own, rows.assign(keeps_credit="old"), customers, below)
    assert owner_on(pd.Series(["B", "B"]), days, kept, customers).tolist() == ["x", "x"]


@pytest.mark.slow
def test_a_whole_region_moves_its_quota_once_and_its_customers_keep_the_record():
    book = open_company("en", {**company(), "region_owners": region_handed_over()})
    goals = rows_of(book, "targets")
    mine = (goals["measure"] == "Sales") & (goals["scope"] == "Salesperson") & (goals["period"] == "2026")
    before = goals[mine].set_index("member")["target"]
    owners = len(rows_of(book, "customer_owners"))
    run("handover", book)
    assert "→" in book.app.impl.asked.pop()
    after = rows_of(book, "targets")[mine].set_index("member")["target"]
    assert after.sum() == before.sum()
    assert after["S03"] < before["S03"]
    assert after["S04"] - before["S04"] == before["S03"] - after["S03"]
    regions, customers = rows_of(book, "region_owners"), rows_of(book, "customer_owners")
    new = customers.iloc[owners:]
    assert (new["salesperson"] == "S04").all()
    assert regions["quota_moved"].tolist() == [after["S04"] - before["S04"]]
    assert new["quota_moved"].fillna(0).sum() == after["S04"] - before["S04"]
    run("handover", book)
    assert "No customer changes hands" in said(book)
