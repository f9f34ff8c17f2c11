"""In-cell functions of evaluation: scores, scorecards, commission."""

from typing import Any

from xlsales.core.commission import MARGINAL, RETROACTIVE, commission
from xlsales.core.curves import LINEAR, STEP, attainment, score
from xlsales.core.scorecard import Rules, score_people
from xlsales.schema import TABLES
from xlsales.schema.targets import MEASURES
from xlsales.udfs.answers import Answer, noted, said
from xlsales.udfs.arguments import alike
from xlsales.udfs.cells import shaped
from xlsales.udfs.inputs import SCORE_ACTUALS
from xlsales.udfs.registry import Example, choice, flag, function, number, numbers, pairs, table
from xlsales.udfs.setup import KEY, Given

KPIS = [["role", "kpi", "weight"], ["rep", "sales", 0.6], ["rep", "cash", 0.4]]
REACHED = [
    ["salesperson", "role", "kpi", "target", "actual"],
    ["Li", "rep", "sales", 100, 90],
    ["Li", "rep", "cash", 50, 60],
]
FREE = ("role", "curve", "measure")


@function(
    "XS_SCORE",
    "evaluate",
    numbers("attainment"),
    pairs("curve"),
    flag("interpolate", optional=True, default=True),
    flag("lower_is_better", optional=True, default=False),
    example=Example((0.9, [[0.8, 60], [1.0, 100]]), 80.0),
)
def score_cells(given: Given) -> Any:
    """Points for attainments."""
    reached = attainment(given["attainment"], 1.0, given["lower_is_better"])
    found = score(reached, given["curve"], LINEAR if given["interpolate"] else STEP)
    return shaped(found, given.ranges["attainment"])


@function(
    "XS_SCORECARD",
    "evaluate",
    table("actuals", SCORE_ACTUALS, "salesperson", "kpi", "target", "actual", free=("target", "actual")),
    table("kpis", TABLES["kpis"], "kpi", "weight", free=FREE),
    table("red_lines", TABLES["red_lines"], "salesperson", "kind", "cap_grade", optional=True),
    table("curves", TABLES["curves"], "curve", "attainment", "score", optional=True),
    table("grades", TABLES["grades"], "grade", "from_score", "coefficient", optional=True),
    table("ratings", TABLES["ratings"], "salesperson", "kpi", "rater", "score", optional=True),
    tabular=True,
    example=Example(
        (REACHED, KPIS, None, None, None, None, None, "key"),
        [
            ["salesperson", "sales", "cash", "score", "grade", "coefficient", "rank", "note"],
            ["Li", 54.0, 48.0, 102.0, "S", 1.5, 1.0, None],
        ],
    ),
)
def scorecard(given: Given) -> Answer:
    """Scores, grades and ranks."""
    frames = {name: None if given[name] is None else given[name].frame for name in given.values}
    settings = given.setup.settings
    limits = {"excellent": settings["excellent"], "action": settings["action"]}
    rules = Rules(frames["kpis"], frames["curves"], frames["grades"], **limits)
    found = score_people(frames["actuals"], rules, frames["ratings"], frames["red_lines"]).summary
    found = found.drop(columns="role")
    lang = given.setup.shown
    found["note"] = [noted(note, lang) for note in found["note"]]
    if lang != KEY:
        measures = {name: said("measure", name, lang) for name in found if name in MEASURES}
        found = found.rename(columns=measures)
    return Answer(found, "scores")


@function(
    "XS_COMMISSION",
    "evaluate",
    numbers("amount"),
    pairs("tiers"),
    numbers("quota", optional=True),
    choice("mode", MARGINAL, RETROACTIVE),
    number("cap", optional=True),
    number("floor", optional=True),
    example=Example((15_000, [[0, 0.1], [10_000, 0.2]]), 2000.0),
)
def commission_cells(given: Given) -> Any:
    """Commission on amounts."""
    cells, quota = given.ranges["amount"], given["quota"]
    if quota is not None:
        quota = alike(quota, given.ranges["quota"], cells)
        if quota.size > 1 and quota.shape != given["amount"].shape:
            rows, columns = cells.size
            given.setup.refuse("cells_shape", argument="quota", other="amount", rows=rows, columns=columns)
    found = commission(given["amount"], given["tiers"], quota, given["mode"], given["cap"], given["floor"])
    return shaped(found, cells)
