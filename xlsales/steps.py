"""The cycle as one visible list, and the runner."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pandas as pd

from xlsales.core.refusal import Refusal
from xlsales.stages.cycle import Cycle

STAGES = "xlsales.stages."


@dataclass(frozen=True)
class Step:
    """One step: its name, the stage's function, the results that it gives, and whether nothing can go on without it.

    gives: names of results; empty where it gives one of its own name. A stage is loaded when its step runs: a button
    that needs three of them does not wait for all.
    """

    key: str
    where: str
    gives: tuple[str, ...] = ()
    essential: bool = False

    @property
    def results(self) -> tuple[str, ...]:
        """The names of what it gives."""
        return self.gives or (self.key,)

    @property
    def run(self) -> Callable[[Cycle], Mapping[str, Any]]:
        """The stage's function, loaded."""
        module, _, name = self.where.partition(".")
        found: Callable[[Cycle], Mapping[str, Any]] = getattr(import_module(STAGES + module), name)
        return found


SCORES = ("grade_shares", "rating_spread", "score_lines", "score_warnings", "scores")

STEPS: tuple[Step, ...] = (
    Step("lines", "lines.measured_lines", ("order_lines", "whole_lines"), essential=True),
    Step("settlement", "lines.settlement", ("settled",)),
    Step("cash", "lines.cash_by_line"),
    Step("expenses", "lines.expenses", ("lines",), essential=True),
    Step("five_quantities", "quantities.quantities", essential=True),
    Step("targets", "targets.targets", ("attainment", "headline"), essential=True),
    Step("allocation", "planning.allocation", ("plan",)),
    Step("margin", "quantities.margin", ("margin_report",)),
    Step("losses", "money.loss_lines", ("below_cost", "mixed_units", "unknown_cost")),
    Step("prices", "money.prices", ("discount_view", "price_view")),
    Step("concentration", "money.concentrations", ("abc_classes", "concentration")),
    Step("comparisons", "caring.comparisons"),
    Step("receivables", "collections.receivables", ("ageing", "credit_watch", "dunning", "settlement")),
    Step("collections", "collections.collections", ("collections_report",)),
    Step("dso_trend", "money.trends"),
    Step("bills", "money.bills"),
    Step("agreement", "agreeing.agreement", ("reconciliation", "restatements")),
    Step("contracts", "collections.contracts", ("approvals", "contract_ledger")),
    Step("pipeline", "selling.pipeline_summary", ("deals", "follow_up", "funnel", "pipeline_summary")),
    Step("coverage", "deals.due", ("coverage", "pipeline_months")),
    Step("lost_deals", "deals.lost", ("competitors", "lost_reasons")),
    Step("conversion", "deals.conversion", ("stage_conversion",)),
    Step("win_chances", "deals.chances", ("calibration", "win_chances")),
    Step("deal_problems", "deals.problems"),
    Step("deal_chain", "chain.chain"),
    Step("service", "chain.service", ("case_owners", "open_cases")),
    Step("follow_ups", "deals.contacts"),
    Step("customers", "selling.customer_segments", ("customer_segments",)),
    Step("lapsed_customers", "caring.quiet_customers"),
    Step("next_products", "caring.next_offers"),
    Step("satisfaction", "caring.contentment", ("satisfaction_view",)),
    Step("market_share", "caring.markets", ("market_view",)),
    Step("promotions", "caring.campaigns", ("promotion_effects",)),
    Step("bridge", "monitoring.bridges"),
    Step("bridge_by", "money.bridges_by"),
    Step("pace", "monitoring.paces"),
    Step("focus", "focusing.focus", ("member_months", "members")),
    Step(
        "target_view",
        "targeting.target_view",
        ("assignment_levels", "coherence", "smart", "target_candidates", "target_decisions", "target_gaps"),
    ),
    Step("quotas", "fairness.quotas", ("quota_quality", "quota_summary")),
    Step("quota_talks", "talking.talks"),
    Step("quota_handover", "talking.handovers"),
    Step("scenarios", "scenarios.scenarios", ("driver_effects", "plan_scenarios")),
    Step("funnel_plan", "preparing.funnel_plan"),
    Step("weeks", "preparing.weeks", ("week_plan", "week_tasks")),
    Step("budget_use", "preparing.budget_use"),
    Step("segment_strategy", "preparing.segment_strategy"),
    Step("gaps", "improving.gap_report"),
    Step("alerts", "alerting.alerts"),
    Step("forecast", "monitoring.forecasts", ("backtest", "forecast")),
    Step("scorecard", "people.scorecards", SCORES),
    Step("scores_compared", "comparing.scores_compared", ("score_compared",)),
    Step("activity_effect", "comparing.activity_effect"),
    Step("incentives", "paying.incentives", ("accruals", "commission_lines", "commissions", "deal_earnings")),
    Step("contests", "comparing.contests", ("contest_standings",)),
    Step("improvement", "improving.actions", ("proposed_actions",)),
    Step("tracking", "following.tracking", ("action_progress", "action_tracking")),
    Step("verdicts", "following.verdicts", ("proven", "verdicts")),
    Step("next_targets", "following.proposals"),
    Step("training", "following.training", ("training_needs", "training_record")),
    Step("review", "reviewing.review"),
)


PLACES: dict[object, int] = {name: place for place, step in enumerate(STEPS) for name in step.results}


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
    wanted: Collection[str] | None = None,
) -> Outcome:
    """Run the cycle over checked tables at the end of the day settings["as_of"].

    told: called with the key of each step before it runs. wanted: names of results; only the steps that give them run,
    and those on which they stand, with the same figures as in a whole run. A step that refuses leaves its results out
    and says why; a step on which all others stand raises its Refusal.
    """
    work = _Run(tables, settings, told)
    try:
        for place, step in enumerate(STEPS):
            if wanted is None or not set(wanted).isdisjoint(step.results):
                work.do(place)
    except _StoppedError as stopped:
        raise stopped.refusal from stopped
    results = {key: found for key, found in work.found.items() if isinstance(found, pd.DataFrame)}
    return Outcome(results, work.refused, work.notes)


class _Found(dict[str, Any]):
    """What was found so far. A result that is asked for and not there yet is made by its step, if it is an earlier one.

    A step thus sees the same in a part of the cycle as in the whole: what stands before it in the list, nothing behind.
    """

    def __init__(self, work: "_Run") -> None:
        super().__init__()
        self._work = work

    def __getitem__(self, key: str) -> Any:
        self._work.make(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._work.make(key)
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """As of any dict, of what earlier steps give."""
        self._work.make(key)
        return super().get(key, default)


class _StoppedError(Exception):
    """A step on which all others stand refused, while another one asked for its results."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


@dataclass
class _Run:
    """A run under way. at: the place of the step that runs now; done: the places of all that were begun."""

    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]
    told: Callable[[str], None]
    at: int = len(STEPS)
    done: set[int] = field(default_factory=set)
    refusals: dict[int, Refusal] = field(default_factory=dict)
    said: dict[int, list[Refusal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.found = _Found(self)
        self.cycle = Cycle(self.tables, self.settings, pd.Timestamp(self.settings["as_of"]), self.found)

    def make(self, key: object) -> None:
        """Let the step that gives a result run, if it stands before the present one and has not run."""
        place = PLACES.get(key)
        if place is not None and place < self.at:
            self.do(place)

    def do(self, place: int) -> None:
        """Let a step run, once; what refuses is kept."""
        step = STEPS[place]
        if place in self.done:
            return
        self.done.add(place)
        self.told(step.key)
        outside, notes = self.at, self.cycle.notes[:]
        self.at = place
        self.cycle.notes.clear()
        try:
            self.found.update(step.run(self.cycle))
        except Refusal as refusal:
            if step.essential:
                raise _StoppedError(refusal) from refusal
            self.refusals[place] = refusal
        finally:
            self.said[place] = self.cycle.notes[:]
            self.at = outside
            self.cycle.notes[:] = notes

    @property
    def refused(self) -> list[tuple[str, Refusal]]:
        """The steps that refused, in the order of the list."""
        return [(STEPS[place].key, self.refusals[place]) for place in sorted(self.refusals)]

    @property
    def notes(self) -> list[tuple[str, Refusal]]:
        """The figures that could not be given, in the order of the list."""
        return [(STEPS[place].key, note) for place in sorted(self.said) for note in self.said[place]]
