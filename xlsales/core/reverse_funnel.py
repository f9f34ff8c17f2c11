"""The funnel backwards: from what is left of a quota to the deals, opportunities and visits that it takes."""

import numpy as np
import pandas as pd

from xlsales.core.ratio import ratio

ENOUGH = 5  # closed deals from which a person's own rates are taken


def reverse_funnel(left: pd.DataFrame, rates: pd.DataFrame, weeks: float) -> pd.DataFrame:
    """What each member still has to do: deals, opportunities, customers and visits, in all and by week.

    left: member, left (money to the target, 0 or less: reached), open_deals (number). rates: member ("" = the company),
    won_deals, won_value, lost_deals, customers (distinct ones that won deals came from), visits, opportunities. A
    member's own rates count from 5 closed deals (any of them won) on, else the company's: basis own or company. weeks:
    those that are left. Returns member, left, mean_deal, win_rate, visits_per_opportunity, basis, deals, opportunities,
    open, new_opportunities, customers, visits, visits_per_week; whole numbers rounded up, blank for an unknown rate.

    >>> rates = pd.DataFrame({"member": [""], "won_deals": [10.0], "won_value": [1000.0], "lost_deals": [10.0],
    ...                       "customers": [5.0], "visits": [60.0], "opportunities": [20.0]})
    >>> found = reverse_funnel(pd.DataFrame({"member": ["a"], "left": [950.0], "open_deals": [4.0]}), rates, 8.0)
    >>> found[["deals", "opportunities", "new_opportunities", "customers", "visits", "visits_per_week"]].values.tolist()
    [[10.0, 20.0, 16.0, 5.0, 48.0, 6.0]]
    """
    by_member = rates.drop_duplicates("member").set_index("member")
    closed = by_member["won_deals"] + by_member["lost_deals"]
    usable = by_member.index[(closed >= ENOUGH) & (by_member["won_deals"] > 0)]
    own = left["member"].isin(usable) & (left["member"] != "")
    known = by_member.reindex(left["member"].where(own, "")).reset_index(drop=True)
    found = left[["member", "left"]].reset_index(drop=True)
    found["mean_deal"] = ratio(known["won_value"], known["won_deals"])
    found["win_rate"] = ratio(known["won_deals"], known["won_deals"] + known["lost_deals"])
    visits = known["visits"].where(
        known["visits"] > 0
    )  # nobody wrote visits down: that says nothing of how many it takes
    found["visits_per_opportunity"] = ratio(visits, known["opportunities"])
    found["basis"] = pd.Series(np.where(own, "own", "company"), dtype="str")
    deals = _up(ratio(found["left"].clip(lower=0), found["mean_deal"]))
    found["deals"] = deals
    found["opportunities"] = _up(ratio(deals, found["win_rate"]))
    found["open"] = left["open_deals"].to_numpy(float)
    found["new_opportunities"] = (found["opportunities"] - found["open"]).clip(lower=0)
    found["customers"] = _up(deals * ratio(known["customers"], known["won_deals"]))
    found["visits"] = _up(found["new_opportunities"] * found["visits_per_opportunity"])
    found["visits_per_week"] = _up(found["visits"] / weeks) if weeks > 0 else np.nan
    return found


def _up(values: object) -> np.ndarray:
    """Rounded up to whole numbers, decimal noise aside."""
    return np.ceil(np.round(np.asarray(values, dtype=np.float64), 9))
