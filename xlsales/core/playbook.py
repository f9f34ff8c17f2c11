"""The playbook: which action answers which cause, who owns it, how long it takes, what it wins back, what it costs.

The words of an action are the key `playbook.<cause>.<action>`, how it is done that key and `.how`. Shares and
costs are starting values of ours (money in the currency's base unit); the table `playbook` replaces them.
"""

import pandas as pd

BLANK = float("nan")
SAME_CAUSE = {  # causes that are answered by the actions of another one
    "visits": "activities",
    "calls": "activities",
    "demos": "activities",
    "opportunities": "coverage",
    "leads": "coverage",
}
COLUMNS = ("cause", "action", "measure", "owner_role", "days", "effect_share", "cost")
# effect_share: the part of the cause's size that the action is expected to win back
ACTIONS: tuple[tuple[str, str, str, str, int, float, int], ...] = (
    ("price", "discount_limits", "margin", "manager", 30, 0.3, 0),
    ("price", "price_corridor", "sales", "manager", 45, 0.25, 0),
    ("price", "value_selling", "sales", "trainer", 60, 0.15, 8000),
    ("price", "raise_low_prices", "margin", "manager", 30, 0.2, 0),
    ("cost", "renegotiate_purchase", "margin", "purchasing", 60, 0.25, 0),
    ("cost", "substitute_material", "margin", "product_manager", 90, 0.2, 15000),
    ("cost", "cost_surcharge", "margin", "manager", 30, 0.2, 0),
    ("mix", "focus_products", "margin", "manager", 45, 0.25, 0),
    ("mix", "bundle", "margin", "product_manager", 60, 0.2, 5000),
    ("mix", "prune_range", "margin", "product_manager", 90, 0.15, 0),
    ("volume", "promotion", "sales", "marketing", 30, 0.2, 20000),
    ("volume", "cross_sell", "sales", "salesperson", 60, 0.2, 0),
    ("volume", "channel_push", "sales", "channel_manager", 60, 0.2, 10000),
    ("volume", "stock_availability", "sales", "operations", 30, 0.15, 0),
    ("lost", "win_back", "sales", "salesperson", 45, 0.2, 3000),
    ("lost", "key_account_review", "sales", "manager", 30, 0.2, 0),
    ("lost", "service_recovery", "sales", "service", 30, 0.15, 2000),
    ("new", "prospect_list", "sales", "manager", 30, 0.2, 2000),
    ("new", "referrals", "sales", "salesperson", 60, 0.15, 0),
    ("new", "trade_event", "sales", "marketing", 90, 0.15, 30000),
    ("new", "new_customer_bonus", "sales", "manager", 90, 0.15, 10000),
    ("coverage", "pipeline_days", "sales", "manager", 30, 0.25, 0),
    ("coverage", "lead_campaign", "sales", "marketing", 45, 0.2, 15000),
    ("coverage", "territory_rebalance", "sales", "manager", 30, 0.2, 0),
    ("coverage", "lead_response", "sales", "salesperson", 14, 0.15, 0),
    ("win_rate", "qualify_hard", "sales", "manager", 30, 0.2, 0),
    ("win_rate", "negotiation_training", "sales", "trainer", 60, 0.2, 8000),
    ("win_rate", "deal_coaching", "sales", "manager", 45, 0.2, 0),
    ("win_rate", "competitor_answers", "sales", "product_manager", 30, 0.15, 0),
    ("deal_size", "upsell_options", "sales", "salesperson", 45, 0.2, 0),
    ("deal_size", "minimum_order", "margin", "manager", 30, 0.15, 0),
    ("cycle", "stage_limits", "sales", "manager", 30, 0.2, 0),
    ("cycle", "quote_faster", "sales", "operations", 30, 0.15, 5000),
    ("cycle", "next_step_rule", "sales", "salesperson", 14, 0.15, 0),
    ("activities", "visit_plan", "visits", "salesperson", 30, 0.3, 0),
    ("activities", "less_administration", "visits", "manager", 45, 0.2, 5000),
    ("activities", "route_planning", "visits", "salesperson", 30, 0.15, 2000),
    ("activities", "follow_up_list", "calls", "salesperson", 14, 0.2, 0),
    ("retention", "renewal_calendar", "sales", "service", 45, 0.25, 0),
    ("retention", "loyalty_terms", "sales", "manager", 60, 0.15, 10000),
    ("customers", "assign_dormant", "sales", "manager", 30, 0.2, 0),
    ("head_count", "hire_replacement", "sales", "hr", 90, 0.25, 20000),
    ("head_count", "ramp_programme", "sales", "trainer", 60, 0.2, 6000),
    ("productivity", "best_practice", "sales", "manager", 45, 0.2, 0),
    ("expense", "expense_budget", "profit", "finance", 30, 0.25, 0),
    ("expense", "promotion_return", "profit", "marketing", 45, 0.25, 0),
    ("expense", "travel_rules", "profit", "finance", 30, 0.15, 0),
    ("expense", "freight_terms", "profit", "operations", 45, 0.2, 0),
    ("overdue", "dunning_ladder", "collections", "finance", 14, 0.35, 0),
    ("overdue", "stop_ship", "collections", "finance", 7, 0.25, 0),
    ("overdue", "commission_on_cash", "collections", "manager", 60, 0.2, 0),
    ("overdue", "collect_calls", "collections", "salesperson", 14, 0.2, 0),
    ("terms", "shorter_terms", "collections", "manager", 60, 0.25, 0),
    ("terms", "credit_check", "collections", "finance", 30, 0.25, 3000),
    ("terms", "early_payment", "collections", "finance", 45, 0.2, 10000),
    ("terms", "advance_payment", "collections", "manager", 45, 0.2, 0),
    ("disputes", "dispute_owner", "collections", "service", 21, 0.4, 0),
    ("disputes", "invoice_quality", "collections", "finance", 45, 0.25, 0),
    ("disputes", "delivery_proof", "collections", "operations", 30, 0.2, 2000),
    ("sales", "bill_faster", "collections", "finance", 21, 0.2, 0),
    ("margin", "below_cost_review", "profit", "manager", 30, 0.25, 0),
    ("fx", "currency_clause", "margin", "finance", 45, 0.2, 0),
    ("other", "find_cause", "", "manager", 14, BLANK, 0),
)


def playbook() -> pd.DataFrame:
    """The built-in playbook: cause, action, measure, owner_role, days, effect_share, cost.

    >>> playbook().query("cause == 'overdue'")["action"].tolist()
    ['dunning_ladder', 'stop_ship', 'commission_on_cash', 'collect_calls']
    """
    table = pd.DataFrame(list(ACTIONS), columns=list(COLUMNS))
    texts = ("cause", "action", "measure", "owner_role")
    return table.astype({**dict.fromkeys(texts, "str"), "days": "float64", "cost": "float64"})
