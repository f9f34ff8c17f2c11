"""The cycle as one visible list, and the runner."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xlsales.core.refusal import Refusal
from xlsales.stages import (
    agreeing,
    alerting,
    caring,
    chain,
    collections,
    comparing,
    deals,
    fairness,
    focusing,
    following,
    improving,
    lines,
    money,
    monitoring,
    paying,
    people,
    planning,
    preparing,
    quantities,
    reviewing,
    scenarios,
    selling,
    talking,
    targeting,
    targets,
)
from xlsales.stages.cycle import Cycle


@dataclass(frozen=True)
class Step:
    """One step: its name, what it runs, and whether nothing can go on without it."""

    key: str
    run: Callable[[Cycle], Mapping[str, Any]]
    essential: bool = False


STEPS: tuple[Step, ...] = (
    Step("lines", lines.measured_lines, essential=True),
    Step("settlement", lines.settlement),
    Step("cash", lines.cash_by_line),
    Step("expenses", lines.expenses, essential=True),
    Step("five_quantities", quantities.quantities, essential=True),
    Step("targets", targets.targets, essential=True),
    Step("allocation", planning.allocation),
    Step("margin", quantities.margin),
    Step("losses", money.loss_lines),
    Step("prices", money.prices),
    Step("concentration", money.concentrations),
    Step("comparisons", caring.comparisons),
    Step("receivables", collections.receivables),
    Step("collections", collections.collections),
    Step("dso_trend", money.trends),
    Step("bills", money.bills),
    Step("agreement", agreeing.agreement),
    Step("contracts", collections.contracts),
    Step("pipeline", selling.pipeline_summary),
    Step("coverage", deals.due),
    Step("lost_deals", deals.lost),
    Step("conversion", deals.conversion),
    Step("win_chances", deals.chances),
    Step("deal_problems", deals.problems),
    Step("deal_chain", chain.chain),
    Step("open_cases", chain.service),
    Step("follow_ups", deals.contacts),
    Step("customers", selling.customer_segments),
    Step("lapsed_customers", caring.quiet_customers),
    Step("next_products", caring.next_offers),
    Step("satisfaction", caring.contentment),
    Step("market_share", caring.markets),
    Step("promotions", caring.campaigns),
    Step("bridge", monitoring.bridges),
    Step("bridge_by", money.bridges_by),
    Step("pace", monitoring.paces),
    Step("focus", focusing.focus),
    Step("target_view", targeting.target_view),
    Step("quotas", fairness.quotas),
    Step("quota_talks", talking.talks),
    Step("quota_handover", talking.handovers),
    Step("scenarios", scenarios.scenarios),
    Step("funnel_plan", preparing.funnel_plan),
    Step("weeks", preparing.weeks),
    Step("budget_use", preparing.budget_use),
    Step("segment_strategy", preparing.segment_strategy),
    Step("gaps", improving.gap_report),
    Step("alerts", alerting.alerts),
    Step("forecast", monitoring.forecasts),
    Step("scorecard", people.scorecards),
    Step("scores_compared", comparing.scores_compared),
    Step("activity_effect", comparing.activity_effect),
    Step("incentives", paying.incentives),
    Step("contests", comparing.contests),
    Step("improvement", improving.actions),
    Step("tracking", following.tracking),
    Step("verdicts", following.verdicts),
    Step("next_targets", following.proposals),
    Step("training", following.training),
    Step("review", reviewing.review),
)


@dataclass(frozen=True)
class Outcome:
    """What a run found: frames by name, steps that refused, and single figures that could not be given (step, why)."""

    results: dict[str, pd.DataFrame]
    refused: list[tuple[str, Refusal]]
    notes: list[tuple[str, Refusal]]


def run(
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping[str, Any],
    told: Callable[[str], None] = lambda _: None,
    without: Collection[str] = (),
) -> Outcome:
    """Run the cycle over checked tables at the end of the day settings["as_of"].

    told: called with the key of each step before it runs. without: steps that nobody asks for; their results, and what
    stands on them, are then missing. A step that refuses leaves its results out and says why; a
    step on which all others stand raises its Refusal.
    """
    cycle = Cycle(tables, settings, pd.Timestamp(settings["as_of"]))
    refused: list[tuple[str, Refusal]] = []
    notes: list[tuple[str, Refusal]] = []
    for step in STEPS:
        if step.key in without:
            continue
        told(step.key)
        try:
            cycle.found.update(step.run(cycle))
        except Refusal as refusal:
            if step.essential:
                raise
            refused.append((step.key, refusal))
        notes += [(step.key, note) for note in cycle.notes]
        cycle.notes.clear()
    results = {key: found for key, found in cycle.found.items() if isinstance(found, pd.DataFrame)}
    return Outcome(results, refused, notes)
