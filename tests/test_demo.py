"""The demonstration company: sizes, references, sums, the planted trouble, the same bytes everywhere."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from xlsales.demo import AS_OF, PLANTED, as_csv, continue_company, days, dice, tables, write_folder
from xlsales.schema import TABLES
from xlsales.schema.model import CODE, DATE, NUMERIC, PERIOD
from xlsales.validate import validate_all

FINGERPRINT = "38dd2d6740ce81dc"
NOT_BEFORE_TODAY = {  # plans, promises and validity: dates that may lie ahead
    ("tasks", "due"),
    ("service_cases", "due"),
    ("invoices", "due_date"),
    ("receipts", "maturity"),
    ("interactions", "next_date"),
    ("opportunities", "close_date"),
    ("opportunities", "next_date"),
    ("opportunity_snapshots", "close_date"),
    ("leads", "next_contact"),
    ("quotes", "valid_until"),
    ("contracts", "ends"),
    ("training", "date"),
    ("holidays", "date"),
    ("actions", "start"),
    ("actions", "end"),
    ("actions", "check_date"),
    ("contests", "to"),
}
# The company types its data into the book itself, its invoices are of orders, nothing was cancelled, nobody asks yet.
LEFT_EMPTY = {"playbook", "invoice_lines", "sources", "source_columns", "region_owners"}


@pytest.fixture(scope="module")
def company():
    return tables("en")


@pytest.fixture(scope="module")
def chinese():
    return tables("zh")


def in_yuan(frame, fx):
    """Amounts of a table in the reporting currency, at the rate of the row's month."""
    month = frame["date"].dt.to_period("M")
    rate = month.map(fx.set_index(fx["date"].dt.to_period("M"))["rate"])
    return frame["amount"] * np.where(frame["currency"] == "USD", rate, 1.0)


def fingerprint(frames):
    text = "".join(f"{key}\n{as_csv(frame)}" for key, frame in frames.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def test_the_company_has_the_promised_size(company):
    assert len(company["salespeople"]) == 24
    assert len(company["products"]) == 60
    assert len(company["customers"]) == 400
    assert len(company["opportunities"]) == 600
    assert 29_500 <= len(company["orders"]) <= 30_500
    assert company["orders"]["region"].nunique() == 5
    assert len(company["contracts"]) == 60
    assert len(company["plan"]) < 3_000


def test_every_input_table_is_filled_but_those_that_xlsales_fills(company):
    expected = {key for key, table in TABLES.items() if table.role not in {"result", "kept"}}
    expected -= LEFT_EMPTY
    expected |= {key for key in company if TABLES[key].role == "kept"}  # what buttons keep may be there already
    assert set(company) == expected
    assert all(len(frame) for frame in company.values())


def test_columns_are_declared_and_required_cells_filled(company):
    for key, frame in company.items():
        declared = {column.key for column in TABLES[key].columns}
        assert set(frame.columns) <= declared, key
        for column in TABLES[key].required:
            assert frame[column].notna().all(), (key, column)


def test_keys_are_unique(company):
    for key, frame in company.items():
        columns = [column for column in TABLES[key].keys if column in frame]
        assert not frame.duplicated(columns).any(), key


def test_references_are_valid(company):
    checked = 0
    for key, frame in company.items():
        for column in TABLES[key].columns:
            if column.refs and column.refs != "@scope" and column.key in frame:
                known = company[column.refs][TABLES[column.refs].keys[0]]
                lost = set(frame[column.key].dropna()) - set(known)
                assert not lost, (key, column.key, sorted(lost)[:3])
                checked += 1
    assert checked > 60


def test_members_of_a_scope_are_valid(company):
    masters = {"region": "regions", "product": "products", "salesperson": "salespeople", "company": "org_units"}
    for key in ("targets", "strategies", "reviews"):
        for scope, rows in company[key].groupby("scope"):
            known = company[masters[scope]][TABLES[masters[scope]].keys[0]]
            assert set(rows["member"]) <= set(known), (key, scope)


def test_values_lie_in_their_domains(company):
    for key, frame in company.items():
        for column in TABLES[key].columns:
            if column.key not in frame:
                continue
            values = frame[column.key].dropna()
            if column.domain:
                assert set(values) <= set(column.domain), (key, column.key)
            if column.kind in NUMERIC:
                assert column.low is None or (values >= column.low).all(), (key, column.key)
                assert column.high is None or (values <= column.high).all(), (key, column.key)
            if column.kind == PERIOD:
                assert values.str.fullmatch(r"\d{4}(-\d\d|Q[1-4]|H[12])?").all(), (key, column.key)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_is_wrong_with_the_tables(company, chinese, lang):
    checked = validate_all({"en": company, "zh": chinese}[lang])
    assert [problem for problem in checked.problems if problem.severity == "error"] == []
    assert checked.excluded.empty


def test_orders_and_order_credits_name_each_other(company):
    lines = set(zip(company["orders"]["order"], company["orders"]["line"], strict=True))
    credits_ = company["order_credits"]
    assert set(zip(credits_["order"], credits_["line"], strict=True)) <= lines
    parties = set(company["customers"]["customer"]) | set(company["opportunities"]["opportunity"])
    assert set(company["interactions"]["party"]) <= parties


def test_shares_and_weights_add_to_one(company):
    shares = company["order_credits"].groupby(["order", "line"])["share"].agg(["sum", "size"])
    assert (shares["sum"] - 1).abs().max() < 1e-9
    assert shares["size"].min() >= 2
    assert shares["size"].max() == 3
    assert (company["kpis"].groupby("role")["weight"].sum() - 1).abs().max() < 1e-9


def test_amounts_follow_from_quantity_price_and_discount_to_the_cent(company):
    orders = company["orders"]
    exact = orders["quantity"] * orders["unit_price"] * (1 - orders["discount"])
    assert (orders["amount"] - exact).abs().max() <= 0.005 + 1e-6
    domestic = orders["currency"] == "CNY"
    assert (orders["tax"] - orders["amount"] * 0.13)[domestic].abs().max() <= 0.005 + 1e-6
    assert (orders.loc[~domestic, "tax"] == 0).all()
    for column in ("amount", "tax", "expense"):
        assert np.array_equal(orders[column], orders[column].round(2))


def test_invoices_add_up_to_their_orders_with_tax(company):
    orders, invoices = company["orders"], company["invoices"]
    gross = (orders["amount"] + orders["tax"]).groupby(orders["order"]).sum().round(2)
    billed = invoices.groupby("order")[["amount", "tax"]].sum().round(2)
    assert (billed["amount"] - gross[billed.index]).abs().max() < 0.005
    assert (billed["tax"] - orders.groupby("order")["tax"].sum()[billed.index]).abs().max() < 0.005
    waiting = gross.index.difference(billed.index)
    first = orders.drop_duplicates("order").set_index("order")["date"]
    assert (first[waiting] > pd.Timestamp(AS_OF) - pd.Timedelta(days=9)).all()  # delivered in the next days
    assert 0 < len(waiting) < 300


def test_credit_notes_name_an_invoice_of_the_same_customer_and_are_smaller(company):
    invoices = company["invoices"]
    notes = invoices[invoices["kind"] == "credit_note"]
    sold = (
        invoices[invoices["kind"] == "invoice"]
        .groupby("invoice")
        .agg(customer=("customer", "first"), amount=("amount", "sum"))
    )
    assert len(notes) > 400
    assert (sold.loc[notes["against"], "customer"].to_numpy() == notes["customer"].to_numpy()).all()
    assert (-notes["amount"].to_numpy() <= sold.loc[notes["against"], "amount"].to_numpy()).all()


def test_cash_shows_every_case_a_ledger_knows(company):
    receipts, invoices = company["receipts"], company["invoices"]
    assert set(receipts["method"]) == {"cash", "bill", "advance"}
    bills = receipts[(receipts["method"] == "bill") & (receipts["amount"] > 0)]
    assert (bills["maturity"] > bills["date"]).all()
    sold = receipts[receipts["discounted"].notna()]
    assert len(sold) > 100
    assert ((sold["date"] < sold["discounted"]) & (sold["discounted"] < sold["maturity"])).all()
    bounced = receipts[(receipts["method"] == "bill") & (receipts["amount"] < 0)]
    assert len(bounced) >= 5
    assert set(bounced["invoice"].dropna()) <= set(bills["invoice"].dropna())
    assert ((receipts["amount"] < 0) & (receipts["method"] == "cash")).sum() >= 3  # refunds
    assert (receipts["invoice"].isna() & receipts["order"].isna()).sum() > 1_000  # on account
    advance = receipts[receipts["method"] == "advance"]
    assert (~advance["order"].isin(invoices["order"])).sum() >= 1  # not invoiced yet
    assert invoices["disputed"].sum() > 100
    assert (invoices.groupby("invoice")["instalment"].nunique() == 3).sum() > 100


def test_ageing_is_believable(company):
    from xlsales.core.ageing import ageing

    fx = company["fx_rates"]
    invoices, receipts = (
        company[key].assign(amount=in_yuan(company[key], fx).round(2)).drop(columns="currency")
        for key in ("invoices", "receipts")
    )
    table = ageing(invoices, receipts, pd.Timestamp(AS_OF), ()).iloc[0]
    assert 0.65 < table["not_due"] / table["outstanding"] < 0.85
    assert 0.005 < table[["d91_180", "d181_365", "d365_plus"]].sum() / table["outstanding"] < 0.08
    assert table["unapplied"] < 0
    assert abs(table.drop("outstanding").sum() - table["outstanding"]) < 0.005


def test_nothing_has_happened_after_the_last_day(company):
    for key, frame in company.items():
        for column in TABLES[key].columns:
            if column.kind == DATE and column.key in frame and (key, column.key) not in NOT_BEFORE_TODAY:
                assert not (frame[column.key] > pd.Timestamp(AS_OF)).any(), (key, column.key)
    open_deals = ~company["opportunities"]["stage"].isin(["won", "lost"])
    assert (company["opportunities"].loc[~open_deals, "close_date"] <= pd.Timestamp(AS_OF)).all()
    assert not (company["tasks"]["done"] & (company["tasks"]["due"] > pd.Timestamp(AS_OF))).any()


def test_nobody_sells_before_joining_or_after_leaving(company):
    people = company["salespeople"].set_index("salesperson")
    for table, column in (("orders", "date"), ("interactions", "at"), ("satisfaction", "date")):
        rows = company[table]
        assert (rows[column] >= rows["salesperson"].map(people["hire_date"])).all(), table
        left = rows["salesperson"].map(people["leave_date"])
        assert not (rows[column] > left).any(), table
    owned = company["customers"]["salesperson"]
    assert people.loc[owned, "leave_date"].isna().all()


def test_the_last_owner_is_the_customers_salesperson(company):
    last = company["customer_owners"].drop_duplicates("customer", keep="last").set_index("customer")["salesperson"]
    assert (last[company["customers"]["customer"]].to_numpy() == company["customers"]["salesperson"].to_numpy()).all()


def test_snapshots_end_with_the_stage_of_the_opportunity(company):
    shots = company["opportunity_snapshots"].sort_values("as_of").drop_duplicates("opportunity", keep="last")
    now = company["opportunities"].set_index("opportunity")["stage"]
    assert (now[shots["opportunity"]].to_numpy() == shots["stage"].to_numpy()).mean() > 0.999
    assert company["opportunity_snapshots"]["as_of"].nunique() >= 20


def test_targets_do_not_quite_add_up(company):
    targets = company["targets"].query("measure == 'sales' and period == '2026'")
    whole = targets.loc[targets["scope"] == "company", "target"].iloc[0]
    regions = targets[targets["scope"] == "region"].set_index("member")["target"]
    people = targets[targets["scope"] == "salesperson"].groupby("parent_member")["target"].sum()
    assert 0.005 < whole / regions.sum() - 1 < 0.05
    assert 0.02 < 1 - people["EAST"] / regions["EAST"] < 0.04
    assert abs(people["NORTH"] / regions["NORTH"] - 1) < 0.005


def test_the_plan_gives_every_target_its_months(company):
    plan, targets = company["plan"], company["targets"].query("period == '2026'")
    for measure in ("volume", "margin", "profit", "collections"):
        goal = targets[(targets["measure"] == measure) & (targets["scope"] == "region")].set_index("member")["target"]
        assert (plan[plan["measure"] == measure].groupby("region")["value"].sum() - goal).abs().max() == 0
    people = company["targets"].query("measure == 'sales' and scope == 'salesperson'").set_index("member")["target"]
    planned = plan[plan["measure"] == "sales"].groupby("salesperson")["value"].sum()
    assert (planned - people[planned.index]).abs().max() == 0


def test_the_year_has_its_seasons(company):
    orders = company["orders"].assign(yuan=in_yuan(company["orders"], company["fx_rates"]))
    month = orders.groupby([orders["date"].dt.year, orders["date"].dt.month])["yuan"].sum()
    for year in (2024, 2026):
        assert month[year][2] < 0.8 * month[year][3]
    assert month[2025][12] == month[2025].max()
    assert orders.groupby(orders["date"].dt.year)["yuan"].sum().loc[2025] > 1.05 * month[2024].sum()


def test_the_planted_region_is_in_trouble_because_nobody_visits(company):
    since = pd.Timestamp(PLANTED["since"])
    region = PLANTED["region"]
    home = company["salespeople"].set_index("salesperson")["region"]
    visits = company["interactions"].query("kind == 'visit'")
    visits = visits[visits["at"] >= since].groupby(visits["salesperson"].map(home)).size()
    plan = company["activity_plan"].query("activity == 'visit' and '2026-04' <= period <= '2026-09'")
    done = visits / plan.groupby(plan["salesperson"].map(home))["planned"].sum()
    assert done[region] < 0.5
    assert done.drop(region).min() > 0.85
    orders = company["orders"].assign(yuan=in_yuan(company["orders"], company["fx_rates"]))
    now = orders[orders["date"] >= since].groupby("region")["yuan"].sum()
    year = pd.DateOffset(years=1)
    before = orders[(orders["date"] >= since - year) & (orders["date"] <= pd.Timestamp(AS_OF) - year)]
    ratio = now / before.groupby("region")["yuan"].sum()
    assert ratio[region] < 0.7
    assert ratio.drop(region).min() > 0.95


def test_its_cause_is_volume_with_the_handed_over_customers_not_price(company):
    since, region = pd.Timestamp(PLANTED["since"]), PLANTED["region"]
    orders = company["orders"][(company["orders"]["region"] == region) & (company["orders"]["kind"] == "sale")]
    first = company["customer_owners"].drop_duplicates("customer").set_index("customer")["salesperson"]
    left = orders["customer"].map(first).isin(PLANTED["leavers"])
    late, last_year = orders["date"] >= since, orders["date"].between("2025-04-01", "2025-09-30")
    fall = {who: orders[late & rows]["order"].nunique() / orders[last_year & rows]["order"].nunique()
            for who, rows in (("vacant", left), ("kept", ~left))}  # fmt: skip
    assert fall["vacant"] < 0.6
    assert fall["kept"] > 0.8
    list_value = orders["quantity"] * orders["unit_price"]
    discount = {rows_are: (list_value * orders["discount"])[rows].sum() / list_value[rows].sum()
                for rows_are, rows in (("late", late), ("before", last_year))}  # fmt: skip
    assert 0 < discount["late"] - discount["before"] < 0.02
    deals = company["opportunities"][company["opportunities"]["stage"].isin(["won", "lost"])]
    won = deals["stage"].eq("won").groupby([deals["region"] == region, deals["close_date"] >= since]).mean()
    assert won[True][True] < 0.7 * won[True][False]
    assert won[False][True] > 0.9 * won[False][False]


def test_the_cost_of_one_line_jumped(company):
    history = company["cost_history"].merge(company["products"][["product", "product_line"]])
    last = history[history["valid_from"] == pd.Timestamp(PLANTED["cost_since"])]
    assert set(last["product_line"]) == {PLANTED["cost_line"]}
    earlier = history[history["valid_from"] < pd.Timestamp(PLANTED["cost_since"])].drop_duplicates(
        "product", keep="last"
    )
    ratio = last.set_index("product")["unit_cost"] / earlier.set_index("product")["unit_cost"]
    assert ratio.dropna().between(1.08, 1.10).all()


def test_both_languages_carry_the_same_figures(company, chinese):
    assert list(company) == list(chinese)
    translated = set()
    for key, frame in company.items():
        other = chinese[key]
        assert list(frame.columns) == list(other.columns)
        for column in frame.columns:
            if frame[column].dtype.kind in "ifbM":
                pd.testing.assert_series_equal(frame[column], other[column])
            elif not frame[column].equals(other[column]):
                translated.add((key, column))
                assert (frame[column].isna() == other[column].isna()).all(), (key, column)
    assert ("customers", "name") in translated
    codes = {
        (key, column.key) for key in company for column in TABLES[key].columns if column.kind == CODE and column.refs
    }
    assert {column for _, column in translated & codes} <= {"channel", "parent", "role", "approver_role"}


def test_chinese_names_are_chinese(chinese):
    for key in ("customers", "products", "salespeople", "regions", "contacts"):
        assert chinese[key]["name"].str.contains(r"[一-鿿]").all(), key


def test_customer_names_are_unique_and_one_is_odd(company):
    names = company["customers"]["name"]
    assert names.is_unique
    assert names.str.contains("[\"'&]").sum() >= 1


def test_the_bytes_are_fixed(company):
    assert fingerprint(company) == FINGERPRINT


def test_another_seed_is_another_company():
    assert fingerprint({"orders": tables("en", 1)["orders"]}) != fingerprint({"orders": tables("en", 2)["orders"]})


def test_a_folder_holds_what_the_tables_hold(tmp_path, company):
    files = write_folder(tmp_path / "demo", "en")
    assert {file.stem for file in files} == set(company)
    orders = pd.read_csv(tmp_path / "demo" / "orders.csv", dtype={"line": str})
    assert orders["amount"].equals(company["orders"]["amount"])
    odd = pd.read_csv(tmp_path / "demo" / "customers.csv")["name"]
    assert odd.equals(company["customers"]["name"].astype(odd.dtype))


EFFECT = {"scope": "region", "members": ["SOUTH"], "lift": 0.4}


def test_a_continued_company_keeps_its_past_and_its_inputs(company):
    before = {key: frame.copy() for key, frame in company.items()}
    later = continue_company(company, 3, EFFECT, seed=5)
    for key, frame in before.items():
        pd.testing.assert_frame_equal(company[key], frame)
    for key in ("orders", "invoices", "receipts", "interactions", "opportunity_snapshots"):
        pd.testing.assert_frame_equal(later[key].iloc[: len(before[key])], before[key])
        assert not later[key].duplicated(list(TABLES[key].keys)).any()
    assert later["settings"].set_index("setting")["value"]["as_of"] == "2026-12-31"
    for key, column in (("orders", "date"), ("invoices", "date"), ("receipts", "date"), ("interactions", "at")):
        new = later[key].iloc[len(before[key]) :][column]
        assert new.between("2026-10-01", "2026-12-31").all(), key


def test_an_effect_changes_the_treated_only(company):
    base, lifted = (continue_company(company, 3, effect, seed=5)["orders"] for effect in (None, EFFECT))
    new = [orders[orders["date"] > pd.Timestamp(AS_OF)] for orders in (base, lifted)]
    others = [part[part["region"] != "SOUTH"].groupby(["customer", "date"])["amount"].sum() for part in new]
    pd.testing.assert_series_equal(*others)
    south = [part[part["region"] == "SOUTH"]["order"].nunique() for part in new]
    assert 1.25 < south[1] / south[0] < 1.55


def test_a_harmful_effect_lowers_orders(company):
    harm = {"scope": "salesperson", "members": ["S09", "S10"], "lift": -0.5}
    base, hurt = (continue_company(company, 2, effect, seed=5)["orders"] for effect in (None, harm))
    new = [
        orders[(orders["date"] > pd.Timestamp(AS_OF)) & orders["salesperson"].isin(["S09", "S10"])]
        for orders in (base, hurt)
    ]
    assert 0.35 < new[1]["order"].nunique() / new[0]["order"].nunique() < 0.65


def test_the_trouble_goes_on_without_an_action(company):
    later = continue_company(company, 3, None, seed=5)["orders"]
    south = later[later["region"] == "SOUTH"]
    new = south[south["date"] > pd.Timestamp(AS_OF)]["order"].nunique()
    year_before = south[south["date"].between("2025-10-01", "2025-12-31")]["order"].nunique()
    assert new < 0.75 * year_before


def test_tables_can_be_asked_for_one_more_cycle(company):
    asked = tables("en", extra_cycle={"months": 1, "seed": 9})
    direct = continue_company(company, 1, None, 9)
    assert fingerprint(asked) == fingerprint(direct)


def test_continued_invoices_still_add_up_to_their_orders(company):
    later = continue_company(company, 3, None, seed=5)
    orders, invoices = later["orders"], later["invoices"]
    gross = (orders["amount"] + orders["tax"]).groupby(orders["order"]).sum()
    billed = invoices.groupby("order")["amount"].sum()
    assert (billed - gross[billed.index]).abs().max() < 0.005
    missing = orders[~orders["order"].isin(invoices["order"])]
    assert (missing["date"] > pd.Timestamp("2026-12-22")).all()


def test_a_cycle_without_months_is_refused(company):
    with pytest.raises(ValueError, match="one month"):
        continue_company(company, 0, None, 1)


def test_dates_drawn_are_working_days_of_the_company():
    drawn = days.dates_in(np.full(500, 28), dice.Dice(1, "test"), AS_OF)
    assert np.is_busday(drawn).all()
    assert np.datetime64("2026-05-20") not in drawn  # the company's own day off
    assert not np.isin(np.array(["2026-05-01", "2026-05-04"], dtype="datetime64[D]"), drawn).any()
