"""One more cycle of the company: the next months' orders, contacts, deals and cash, with or without an action's effect.

Everything is drawn from what the tables themselves show of the last half year, so that its trouble goes on. Draws of
untreated units do not depend on the effect: two runs of one seed differ in the treated units only.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xlsales.demo.customers import RISK
from xlsales.demo.days import dates_in, first_day, last_day, month_of, season, stamps
from xlsales.demo.dice import Dice, Whole, halves_up
from xlsales.demo.market import fx_rates
from xlsales.demo.money import DELAYS, Payers, cash_cycle, cents
from xlsales.demo.pipeline import STAGES

POOL_MONTHS = 6
MOVES = (450, 100)  # in a thousand and month: an open deal moves on, is lost
Frames = dict[str, pd.DataFrame]


def continue_company(
    tables: Mapping[str, pd.DataFrame], months: int, effect: Mapping[str, Any] | None, seed: int
) -> Frames:
    """The tables after so many more months; the given ones stay as they are.

    effect: None, or {"scope": "region", "salesperson" or "customer", "members": [...], "lift": 0.2}: from the first new
    month on the treated units have so many more orders, contacts and new deals (a fifth; −0.2 = a fifth fewer). Orders
    of a salesperson are those of the customers that she owns today. Adds orders, interactions, opportunities with their
    snapshots, invoices, receipts, fx_rates; as_of in settings moves to the last day of the last new month.
    """
    if months < 1:
        raise ValueError("a cycle has at least one month")
    settings = tables["settings"]
    now = np.datetime64(settings.loc[settings["setting"] == "as_of", "value"].iloc[0])
    ahead = int(month_of(now)) + 1 + np.arange(months)
    until = last_day(ahead[-1])
    treated = treated_customers(tables["customers"], effect)
    lift = round(1000 * float(effect["lift"])) if effect else 0
    found = dict(tables)
    orders = next_orders(tables, ahead, treated, lift, seed)
    found["orders"] = appended(tables["orders"], orders)
    found["interactions"] = next_contacts(tables, ahead, effect, lift, seed)
    found |= next_deals(tables, ahead, treated, lift, seed)
    found |= next_cash(tables, orders, until, seed)
    found["fx_rates"] = fx_rates(int(ahead[-1]) + 1)
    found["settings"] = settings.assign(
        value=settings["value"]
        .mask(settings["setting"] == "as_of", str(until))
        .mask(settings["setting"] == "last_year", str(until)[:4])
    )
    return found


def treated_customers(customers: pd.DataFrame, effect: Mapping[str, Any] | None) -> pd.Index:
    """The customers whose orders an action changes."""
    if effect is None:
        return pd.Index([], dtype="str")
    known = customers[effect["scope"]].isin(list(effect["members"]))
    return pd.Index(customers.loc[known, "customer"])


def appended(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """The old rows, then the new ones, in the old one's columns."""
    return pd.concat([old, new.reindex(columns=old.columns).astype(old.dtypes)], ignore_index=True)


def copies(treated: NDArray[np.bool_], share: Whole, lift: int, seed: int, topic: str) -> pd.DataFrame:
    """Which rows of a pool come again in the new months: row, month (0 = the first), dropped.

    share: rows of a month, per thousand of the pool. An action adds rows at the end or marks rows as dropped: what is
    drawn for the others, in this order, stays the same.
    """
    again, more, mine = [], [], np.flatnonzero(treated)
    for month, permille in enumerate(share):
        base, extra = Dice(seed, f"{topic} {month}"), Dice(seed, f"{topic} extra {month}")
        row = np.flatnonzero(base.chance(permille, len(treated)))
        gone = treated[row] & extra.chance(max(-lift, 0), len(row))
        again.append(pd.DataFrame({"row": row, "month": month, "dropped": gone}))
        added = mine[extra.below(1_000_000, len(mine)) < permille * max(lift, 0)]
        more.append(pd.DataFrame({"row": added, "month": month, "dropped": False}))
    return pd.concat([*again, *more], ignore_index=True)


def shares(ahead: Whole, pool: Whole) -> Whole:
    """Rows of each new month per thousand rows of the pool's months, by season."""
    return season(ahead) * 1000 // season(pool).sum()


def next_orders(
    tables: Mapping[str, pd.DataFrame], ahead: Whole, treated: pd.Index, lift: int, seed: int
) -> pd.DataFrame:
    """New sales: orders of the last half year again, on new days, in changed quantities, by today's owners."""
    old = tables["orders"]
    pool = old[(month_of(old["date"].to_numpy()) >= ahead[0] - POOL_MONTHS) & (old["kind"] == "sale")]
    heads = pool.drop_duplicates("order")
    share = shares(ahead, ahead[0] - 1 - np.arange(POOL_MONTHS))
    chosen = copies(heads["customer"].isin(treated).to_numpy(), share, lift, seed, "next orders")
    dice = Dice(seed, "next order days")
    chosen["new_date"] = stamps(dates_in(ahead[chosen["month"]], dice, last_day(ahead[-1])))
    chosen["again"] = heads["order"].to_numpy()[chosen["row"]]
    lines = chosen.merge(pool, left_on="again", right_on="order", how="left")
    change = Dice(seed, "next quantities").between(75, 125, len(lines))
    lines = lines.assign(
        change=change, copy=np.repeat(np.arange(len(chosen)), chosen["again"].map(pool["order"].value_counts()))
    )
    lines = lines[~lines["dropped"]].sort_values(["new_date", "copy"], kind="stable", ignore_index=True)
    number = pd.factorize(lines["copy"])[0] + int(old["order"].str[5:].astype(int).max()) + 1
    code = "SO" + lines["new_date"].dt.strftime("%y") + "-" + pd.Series(number).astype(str).str.zfill(5)
    owner = tables["customers"].set_index("customer")["salesperson"]
    quantity = np.maximum(halves_up(lines["quantity"] * lines["change"], 100), 1)
    permille = np.rint(lines["discount"].to_numpy() * 1000).astype(np.int64)
    amount = halves_up(quantity * cents(lines["unit_price"]) * (1000 - permille), 1000)
    ends = lines["contract"].map(tables["contracts"].set_index("contract")["ends"])
    return lines.assign(
        order=code,
        date=lines["new_date"],
        salesperson=lines["customer"].map(owner),
        contract=lines["contract"].mask(~(ends >= lines["new_date"])),
        promotion=None,
        quantity=quantity,
        amount=amount / 100,
        tax=np.where(lines["tax"] > 0, halves_up(amount * 13, 100), 0) / 100,
        unit_cost=np.nan,
        expense=halves_up(amount * halves_up(cents(lines["expense"]) * 10_000, 1) // cents(lines["amount"]), 10_000)
        / 100,
        of_order=None,
    )


def next_contacts(
    tables: Mapping[str, pd.DataFrame], ahead: Whole, effect: Mapping[str, Any] | None, lift: int, seed: int
) -> pd.DataFrame:
    """The log goes on at the pace of the last quarter; treated people or customers are contacted more often."""
    old = tables["interactions"]
    pool = old[month_of(old["at"].to_numpy()) >= ahead[0] - 3].reset_index(drop=True)
    people = tables["salespeople"].set_index("salesperson")
    share = np.full(len(ahead), 333)
    if effect is None:
        treated = np.zeros(len(pool), dtype=bool)
    else:
        unit = {
            "salesperson": pool["salesperson"],
            "customer": pool["party"],
            "region": pool["salesperson"].map(people["region"]),
        }
        treated = unit[effect["scope"]].isin(list(effect["members"])).to_numpy()
    chosen = copies(treated, share, lift, seed, "next contacts")
    days = dates_in(ahead[chosen["month"]], Dice(seed, "next contact days"), last_day(ahead[-1]))
    chosen = chosen.assign(at=stamps(days))[~chosen["dropped"]].sort_values(["at", "row"], kind="stable")
    new = pool.iloc[chosen["row"]].assign(at=chosen["at"].to_numpy(), next_date=pd.NaT)
    new["interaction"] = [f"A{len(old) + number + 1:05d}" for number in range(len(new))]
    return appended(old, new)


def next_deals(tables: Mapping[str, pd.DataFrame], ahead: Whole, treated: pd.Index, lift: int, seed: int) -> Frames:
    """Open deals move on, close or stay, month by month; new ones come like those of the last half year."""
    known = tables["opportunities"]
    pool = known[month_of(known["created"].to_numpy()) >= ahead[0] - POOL_MONTHS]
    share = shares(ahead, ahead[0] - 1 - np.arange(POOL_MONTHS))
    chosen = copies(pool["customer"].isin(treated).to_numpy(), share, lift, seed, "next deals")
    date = dates_in(ahead[chosen["month"]], Dice(seed, "next deal days"), last_day(ahead[-1]))
    new = pool.iloc[chosen["row"]].assign(stage="prospecting", created=stamps(date).to_numpy())
    new = new.assign(stage_since=new["created"], close_date=new["created"] + pd.Timedelta(days=120), lost_reason=None)
    new = new.assign(probability=np.nan)
    new["opportunity"] = [f"OP{len(known) + number + 1:04d}" for number in range(len(new))]
    deals, shots = appended(known, new), [tables["opportunity_snapshots"]]
    for number, when in enumerate(ahead):
        deals, changed = moved_on(deals, int(when), Dice(seed, f"deal moves {number}"))
        born = month_of(deals["created"].to_numpy()) <= when
        shown = deals[born & (changed | ~deals["stage"].isin(STAGES[4:]))]
        shots.append(shown.assign(as_of=pd.Timestamp(str(last_day(when))))[list(shots[0].columns)])
    every = shots[0]
    for shot in shots[1:]:
        every = appended(every, shot)
    gone = new.loc[chosen["dropped"].to_numpy(), "opportunity"]
    found = {"opportunities": deals, "opportunity_snapshots": every}
    return {key: frame[~frame["opportunity"].isin(gone)].reset_index(drop=True) for key, frame in found.items()}


def moved_on(deals: pd.DataFrame, month: int, dice: Dice) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """The deals at a month's end, and which of them closed in it; each is drawn by its own place."""
    stage = deals["stage"].map({code: place for place, code in enumerate(STAGES)}).to_numpy()
    roll, count = dice.below(1000, len(deals)), len(deals)
    can = (stage < 4) & (month_of(deals["created"].to_numpy()) < month)
    forward, lost = can & (roll < MOVES[0]), can & (roll >= 1000 - MOVES[1])
    to = np.where(lost, 5, np.where(forward, stage + 1, stage))
    day = first_day(month) + dice.between(2, 26, count)
    moved, shut = to != stage, (to != stage) & (to >= 4)
    promised = (to == 2) & deals["close_date"].isna()  # a proposal needs a date
    text = deals["lost_reason"].dropna().iloc[0]
    found = deals.assign(
        stage=np.array(STAGES, dtype=object)[to],
        stage_since=deals["stage_since"].mask(moved, stamps(day)),
        close_date=deals["close_date"].mask(shut, stamps(day)).mask(promised, stamps(day + 60)),
        probability=deals["probability"].mask(moved),
        lost_reason=deals["lost_reason"].mask(lost, text),
        next_step=deals["next_step"].mask(shut),
        next_date=deals["next_date"].mask(shut),
    )
    return found.astype({"stage": "str"}), shut


def next_cash(tables: Mapping[str, pd.DataFrame], orders: pd.DataFrame, until: np.datetime64, seed: int) -> Frames:
    """Invoices of the new orders, their receipts, and what comes in for the open items of before."""
    customers = tables["customers"]
    risk = customers["risk_class"].map({code: place for place, code in enumerate(RISK)}).to_numpy()
    limit = customers["credit_limit"]
    payers = Payers(
        customers["customer"].to_numpy(dtype=object),
        customers["terms_days"].to_numpy(dtype=np.int64),
        risk,
        (limit >= limit.quantile(0.9)).to_numpy(),
        customers["region"].to_numpy(dtype=object),
    )
    receipts, invoices = tables["receipts"], tables["invoices"]
    tomorrow = pd.Timestamp(tables["settings"].set_index("setting")["value"]["as_of"]) + pd.Timedelta(days=1)
    waiting = tables["orders"][
        (tables["orders"]["kind"] == "sale") & ~tables["orders"]["order"].isin(invoices["order"])
    ]
    billed = pd.concat([waiting.assign(of_order=None), orders], ignore_index=True)
    new = cash_cycle(billed.assign(date=billed["date"].clip(lower=tomorrow)), payers, until, Dice(seed, "next money"))
    new["receipts"]["date"] = new["receipts"]["date"].clip(lower=tomorrow)
    later = pd.concat([old_items_paid(tables, payers, until, Dice(seed, "old items")), new["receipts"]])
    later = later.sort_values(["date", "customer", "amount"], kind="stable", ignore_index=True)
    later["receipt"] = [f"RC{len(receipts) + number + 1:05d}" for number in range(len(later))]
    return {"invoices": appended(invoices, new["invoices"]), "receipts": appended(receipts, later)}


def old_items_paid(
    tables: Mapping[str, pd.DataFrame], payers: Payers, until: np.datetime64, dice: Dice
) -> pd.DataFrame:
    """Receipts on account for what each customer still owes: the newest items are the open ones."""
    place = pd.Series(np.arange(len(payers.code)), index=payers.code)
    items = tables["invoices"].sort_values("due_date", ascending=False, kind="stable")
    who = place[items["customer"]].to_numpy()
    owed = np.zeros(len(payers.code), dtype=np.int64)
    np.add.at(owed, who, cents(items["amount"]))
    np.add.at(owed, place[tables["receipts"]["customer"]].to_numpy(), -cents(tables["receipts"]["amount"]))
    amount = np.maximum(cents(items["amount"]), 0)
    through = pd.Series(amount).groupby(who).cumsum().to_numpy()
    left = np.clip(np.maximum(owed, 0)[who] - (through - amount), 0, amount)
    now = tables["settings"].set_index("setting")["value"]["as_of"]
    delay = np.stack([dice.spread(points, len(items)) for points in DELAYS])[payers.risk[who], np.arange(len(items))]
    paid = np.maximum(items["due_date"].to_numpy().astype("datetime64[D]") + delay, np.datetime64(now) + 1 + who % 20)
    known = pd.DataFrame({"customer": items["customer"].to_numpy(), "date": stamps(paid), "cents": left})
    known["currency"] = items["currency"].to_numpy()
    known = known[(left > 0) & (paid <= until)].groupby(["customer", "date", "currency"], as_index=False)["cents"].sum()
    return known.assign(amount=known["cents"] / 100, method="cash")
