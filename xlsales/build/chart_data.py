"""What the charts draw: small blocks of native formulas over the tables, so that charts follow whatever rewrites them.

Each block has a fixed number of rows, because Calc knows no charts that grow; what is not there is blank, or #N/A where
a line is to leave it out. Every formula stands beside the value that it has in the book as built.
"""

from collections.abc import Callable
from dataclasses import dataclass

from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.found import GAP, Finder, Found, Where, constant, ratio
from xlsales.build.layout import FIRST_ROW
from xlsales.build.wording import value_word
from xlsales.labels import label
from xlsales.schema.results import BUCKETS
from xlsales.schema.targets import QUANTITIES

TOP, MONTHS = 8, 12
STEPS = 11  # of a bridge: two levels and nine effects
OWED = tuple(bucket for bucket in BUCKETS if bucket != "unapplied")
SPANS = ("month", "quarter", "year_to_date", "rolling_12")
DEALS = ("deals", "open", "weighted", "slipped", "coverage", "win_rate_count", "win_rate_value", "cycle_days")
NOTHING = Found("", "")
CLOSED = ("won", "lost", "omitted")


@dataclass(frozen=True)
class Area:
    """Where a block stands on its sheet: the column of its categories; its rows begin under the headings."""

    sheet: str
    column: int

    def cell(self, row: int, step: int) -> str:
        """A cell of the block in a formula of any sheet."""
        return f"{self.sheet}!{xl_rowcol_to_cell(FIRST_ROW + row, self.column + step, True, True)}"


@dataclass(frozen=True)
class ChartBlock:
    """The data of one chart: categories in the first column, series in the next; behind them what the formulas need."""

    key: str
    headings: list[str]
    rows: list[list[Found]]
    helpers: int = 0

    @property
    def width(self) -> int:
        """All its columns."""
        return len(self.headings) + self.helpers


@dataclass(frozen=True)
class Chosen:
    """The member that a page shows: cells with its kind, code, name and where its months begin (0: nobody)."""

    scope: Found
    member: Found
    name: Found
    first: Found
    region: Found


def heads(build: Build, *keys: str) -> list[str]:
    """Headings of a block."""
    return [build.says("chart." + key) for key in keys]


def said(column: str, value: str, lang: str) -> Found:
    """A word of ours as formulas write it."""
    word = value_word(column, value, lang)
    return Found(quoted(word), word)


def chosen_block(key: str, choice: Found | None) -> Callable[[Finder, Area], ChartBlock]:
    """The row of a chosen member; without a cell of choice the company's."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        to = Where("scope", said("scope", "company", finder.build.lang)) if choice is None else Where("choice", choice)
        row = finder.row("members", [to])
        if choice is not None:  # a blank cell chooses nobody
            row = Found(f'IF({choice.formula}="",0,{row.formula})', row.value if choice.value != "" else 0.0)
        at = row.at(area.cell(0, 0))
        cells = [finder.cell("members", column, at) for column in ("scope", "member", "name", "first_row", "region")]
        first = Found(f"N({cells[3].formula})", cells[3].number)
        return ChartBlock(key, [finder.build.says("chart.row")], [[row, *cells[:3], first, cells[4]]], 5)

    return block


def chosen_at(area: Area, block: ChartBlock) -> Chosen:
    """The cells of a chosen member."""
    scope, member, name, first, region = (
        found.at(area.cell(0, step)) for step, found in enumerate(block.rows[0][1:], 1)
    )
    return Chosen(scope, member, name, first, region)


def of_member(finder: Finder, chosen: Chosen, column: str = "scope") -> list[Where]:
    """The conditions of a member's rows; the company is known by its kind, since tables name it differently."""
    company = said("scope", "company", finder.build.lang)
    some = Where(column, Found('""', ""), "<>")
    return [some, Where(column, chosen.scope), Either("member", chosen.member, scope=chosen.scope, company=company)]


@dataclass(frozen=True)
class Either(Where):
    """A condition on a column that need not hold for the company."""

    scope: Found = NOTHING
    company: Found = NOTHING

    def formula(self, build: Build, table: str) -> str:
        """The condition over all rows of the table."""
        return f"(({super().formula(build, table)}+({self.scope.formula}={self.company.formula}))>0)"

    def holds(self, value: object) -> bool:
        """Whether a cell fulfils it."""
        return self.scope.value == self.company.value or super().holds(value)


def attainment(finder: Finder, area: Area) -> ChartBlock:
    """Attainment of the five quantities; the goal is 100 %."""
    build, rows = finder.build, []
    for number, measure in enumerate(QUANTITIES):
        name = said("measure", measure, build.lang)
        row = finder.row("headline", [Where("measure", name)])
        at = row.at(area.cell(number, 3))
        share = ratio(finder.cell("headline", "actual", at), finder.cell("headline", "target", at))
        rows.append([constant(name.value), share, constant(1.0), row])
    return ChartBlock("attainment", heads(build, "measure", "attained", "goal"), rows, 1)


def months_block(key: str, chosen: Chosen, *, ahead: bool = False) -> Callable[[Finder, Area], ChartBlock]:
    """Sales by month of a member: this year, last year, plan; for the company also the forecast and its interval."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        build, rows = finder.build, []
        sales = said("measure", "sales", build.lang)
        for month in range(MONTHS):
            row = month_row(chosen, month)
            at = row.at(area.cell(month, 7))
            period = finder.cell("member_months", "period", at)
            short = Found(f"RIGHT({period.formula},2)", str(period.value)[-2:])
            line = [
                short,
                finder.cell("member_months", "sales", at),
                finder.cell("member_months", "last_year", at),
                finder.cell("member_months", "planned", at, gap=True),
            ]
            wanted = [Where("measure", sales), Where("period", period.at(area.cell(month, 9)))]
            told = finder.row("forecast", wanted) if ahead else constant(0.0)
            place = told.at(area.cell(month, 8))
            expected, low, high = (
                finder.cell("forecast", name, place, gap=True) for name in ("forecast", "low", "high")
            )
            middle = area.cell(month, 4)
            line += [expected, difference(high, expected, middle), difference(expected, low, middle, below=True)]
            rows.append([*line, row, told, period])
        names = ("month", "this_year", "last_year", "plan", "forecast")
        return ChartBlock(key, heads(build, *names), rows, 5)

    return block


def difference(upper: Found, lower: Found, middle: str, *, below: bool = False) -> Found:
    """How far an end of an interval lies from its middle, whose cell is named; 0 where there is none."""
    formula = f"{middle}-{lower.formula}" if below else f"{upper.formula}-{middle}"
    known = GAP not in {upper.value, lower.value}
    value = upper.number - lower.number if known else 0.0
    return Found(f"IFERROR({formula},0)", value)


def month_row(chosen: Chosen, month: int) -> Found:
    """The row of a member's month in the table of months; 0 for nobody."""
    known = chosen.first.number > 0
    return Found(f"IF({chosen.first.formula}=0,0,{chosen.first.formula}+{month})",
                 chosen.first.number + month if known else 0.0)  # fmt: skip


def path_block(key: str, chosen: Chosen) -> Callable[[Finder, Area], ChartBlock]:
    """The way through the year: sales added up, what was to be expected, at the end the landing with its interval."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        build, rows, so_far = finder.build, [], 0.0
        sales = said("measure", "sales", build.lang)
        pace = finder.row("pace", [Where("measure", sales), *of_member(finder, chosen)])
        at_pace = pace.at(area.cell(0, 7))
        for month in range(MONTHS):
            row = month_row(chosen, month)
            at = row.at(area.cell(month, 6))
            period = finder.cell("member_months", "period", at)
            sold = finder.cell("member_months", "sales", at)
            before = f"N({area.cell(month - 1, 1)})" if month else "0"
            known = sold.value != ""
            so_far += sold.number
            attained = Found(f'IF({sold.formula}="",NA(),{before}+{sold.formula})', so_far if known else GAP)
            line = [
                Found(f"RIGHT({period.formula},2)", str(period.value)[-2:]),
                attained,
                finder.cell("member_months", "expected", at, gap=True),
            ]
            last = month == MONTHS - 1
            landing, low, high = (
                finder.cell("pace", name, at_pace, gap=True) if last else constant(GAP)
                for name in ("landing_blended", "landing_low", "landing_high")
            )
            middle = area.cell(month, 3)
            ends = (difference(high, landing, middle), difference(landing, low, middle, below=True))
            line += [landing, *(ends if last else (constant(0.0), constant(0.0))), row]
            rows.append([*line, pace if not month else constant(0.0)])
        return ChartBlock(key, heads(build, "month", "attained", "expected", "landing"), rows, 4)

    return block


def bridge(finder: Finder, area: Area) -> ChartBlock:
    """The walk from last year's margin (sales where no margin is known) to this year's: a hidden base under each step.

    A step that crosses zero cannot stand on a hidden base; it is drawn from zero on both sides.
    """
    build, lang = finder.build, finder.build.lang
    margin, sales = (said("measure", measure, lang) for measure in ("margin", "sales"))
    has_margin = finder.row("bridge", [Where("measure", margin)])
    measure = Found(f"IF({has_margin.formula}>0,{margin.formula},{sales.formula})",
                    margin.value if has_margin.number else sales.value)  # fmt: skip
    of = Where("measure", measure.at(area.cell(0, 9)))
    ends = [said("effect", effect, lang) for effect in ("base", "total", "actual")]
    has_base = finder.row("bridge", [of, Where("effect", ends[0])])
    # Where the levels are known the total of the effects is no step.
    left_out = Found(f'IF({has_base.formula}>0,{ends[1].formula},"")', ends[1].value if has_base.number else "")
    blank, zero = Found('""', ""), Found("0", 0.0)
    wanted = [of, Where("effect", left_out.at(area.cell(0, 10)), "<>"), Where("effect", blank, "<>"),
              Where("amount", zero, "<>")]  # fmt: skip
    rows, before, level = [], zero, zero
    for step in range(STEPS):
        row = finder.row("bridge", wanted, before)
        before = row.at(area.cell(step, 5))
        effect, amount = finder.cell("bridge", "effect", before), finder.cell("bridge", "amount", before)
        cells = walk(area, step, (effect, amount), ends, level)
        level = cells[-1].at(area.cell(step, 8))
        first = [measure, left_out] if not step else [constant(""), constant("")]
        rows.append([effect, *cells[:4], row, *cells[4:], *first])
    return ChartBlock("bridge", heads(build, "effect", "base", "level", "rise", "fall"), rows, 6)


def walk(area: Area, step: int, found: tuple[Found, Found], ends: list[Found], before: Found) -> list[Found]:
    """A step of a waterfall: hidden base, level, rise, fall; its amount, whether it is a level, and where it ends."""
    effect, amount = found
    a, is_level, after = (area.cell(step, column) for column in (6, 7, 8))
    low, high = f"MIN({before.formula},{after})", f"MAX({before.formula},{after})"
    seen = effect.value != ""
    ended = effect.value in {end.value for end in ends}
    size = amount.number
    here = size if ended else before.number + size
    bottom, top = min(before.number, here), max(before.number, here)
    listed = ",".join(f"{area.cell(step, 0)}={end.formula}" for end in ends)

    def stepped(over: str, under: str, across: str, value: float | None) -> Found:
        shown = f'IF(OR({is_level}=1,{a}=0),"",IF({low}>=0,{over},IF({high}<=0,{under},{across})))'
        return Found(shown, "" if ended or not seen or value is None else value)

    def side(above: float | None, below: float | None, across: float | None) -> float | None:
        return above if bottom >= 0 else below if top <= 0 else across

    up = size >= 0
    return [
        stepped(low, high, '""', side(bottom, top, None)),
        Found(f'IF({is_level}=1,{a},"")', size if ended else ""),
        stepped(f'IF({a}>0,{a},"")', f'IF({a}>0,-{a},"")', f"IF({a}>0,{high},{low})",
                side(size if up else None, -size if up else None, top if up else bottom)),
        stepped(f'IF({a}<0,-{a},"")', f'IF({a}<0,{a},"")', f"IF({a}>0,{low},{high})",
                side(None if up else -size, None if up else size, bottom if up else top)),
        Found(f"N({amount.formula})", size),
        Found(f"IF(OR({listed}),1,0)", float(ended)),
        Found(f"IF({is_level}=1,{a},{before.formula}+{a})", here),
    ]  # fmt: skip


def funnel(finder: Finder, area: Area) -> ChartBlock:
    """The open pipeline's value by stage; what is won, lost or left out of the forecast is no part of it."""
    lang = finder.build.lang
    wanted = [Where("stage", Found('""', ""), "<>")]
    wanted += [Where("category", said("category", category, lang), "<>") for category in CLOSED]
    return listed_block("funnel", "funnel", ("stage", "value"), wanted, heads(finder.build, "stage", "value"))(
        finder, area
    )


def listed_block(
    key: str, table: str, columns: tuple[str, ...], wanted: list[Where], headings: list[str]
) -> Callable[[Finder, Area], ChartBlock]:
    """The first rows of a table that fulfil some conditions, in the table's order."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        rows, before = [], Found("0", 0.0)
        for number in range(TOP):
            row = finder.row(table, wanted, before)
            before = row.at(area.cell(number, len(columns)))
            rows.append([*(finder.cell(table, column, before) for column in columns), row])
        return ChartBlock(key, headings, rows, 1)

    return block


def ageing(finder: Finder, area: Area) -> ChartBlock:
    """What the customers who owe most owe, by how late it is; of equal debts the one that stands first."""
    build = finder.build
    owed = build.reference("ageing", "outstanding")
    values = finder.column("ageing", "outstanding")
    numbers = [value if isinstance(value, float) else None for value in values]
    order = sorted((at for at, value in enumerate(numbers) if value is not None), key=lambda at: -(numbers[at] or 0))
    rows = []
    for number in range(TOP):
        there = number < len(order)
        size = Found(f'IFERROR(LARGE({owed},{number + 1}),"")', numbers[order[number]] or 0.0 if there else "")
        place, value = len(OWED) + 1, area.cell(number, len(OWED) + 2)
        formula = f"MATCH({value},{owed},0)"
        if number:
            above, same = area.cell(number - 1, place), area.cell(number - 1, len(OWED) + 2)
            rest = f"INDEX({owed},{above}+1):INDEX({owed},ROWS({owed}))"
            formula = f"IF({value}={same},{above}+MATCH({value},{rest},0),{formula})"
        row = Found(f'IF({value}="",0,{formula})', float(order[number] + 1) if there else 0.0)
        at = row.at(area.cell(number, place))
        name, code = finder.cell("ageing", "name", at), finder.cell("ageing", "customer", at)
        shown = Found(f'IF({name.formula}="",{code.formula},{name.formula})', name.value or code.value)
        rows.append([shown, *(finder.cell("ageing", bucket, at) for bucket in OWED), row, size])
    headings = [build.says("chart.customer"), *(label("ageing", key, build.lang) for key in OWED)]
    return ChartBlock("ageing", headings, rows, 2)


def regions(finder: Finder, area: Area) -> ChartBlock:
    """Attainment of sales by region in its running period, the worst first."""
    wanted = [Where("scope", said("scope", "region", finder.build.lang)), Where("attainment", Found('""', ""), "<>")]
    headings = heads(finder.build, "region", "attained")
    return listed_block("regions", "members", ("name", "attainment"), wanted, headings)(finder, area)


def people_block(chosen: Chosen) -> Callable[[Finder, Area], ChartBlock]:
    """Attainment of sales of the salespeople of a region, the worst first."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        scope = said("scope", "salesperson", finder.build.lang)
        wanted = [Where("scope", scope), Where("region", chosen.member), Where("region", Found('""', ""), "<>")]
        headings = heads(finder.build, "salesperson", "attained")
        return listed_block("people", "members", ("name", "attainment"), wanted, headings)(finder, area)

    return block


def alerts_block(key: str, chosen: Chosen) -> Callable[[Finder, Area], ChartBlock]:
    """The alerts of a member in their order; those of everybody where the company is chosen."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        build = finder.build
        company = said("scope", "company", build.lang)
        wanted = [Where("alert", Found('""', ""), "<>")]
        wanted += [Either(column, to, scope=chosen.scope, company=company)
                   for column, to in (("scope", chosen.scope), ("member", chosen.member))]  # fmt: skip
        columns = ("rank", "alert", "name", "measure", "money", "reason")
        headings = [label("alerts", column, build.lang) for column in columns]
        return listed_block(key, "alerts", columns, wanted, headings)(finder, area)

    return block


def spans_block(key: str, chosen: Chosen) -> Callable[[Finder, Area], ChartBlock]:
    """The five quantities of a member in every span, beside last year and the period before."""
    columns = ("actual", "last_year", "change_last_year", "previous", "change_previous")

    def block(finder: Finder, area: Area) -> ChartBlock:
        build, rows = finder.build, []
        for measure in QUANTITIES:
            for span in SPANS:
                words = said("measure", measure, build.lang), said("span", span, build.lang)
                wanted = [Where("measure", words[0]), Where("span", words[1])]
                row = finder.row("comparisons", [*wanted, *of_member(finder, chosen, "dimension")])
                at = row.at(area.cell(len(rows), len(columns) + 2))
                cells = [finder.cell("comparisons", column, at) for column in columns]
                rows.append([constant(words[0].value), constant(words[1].value), *cells, row])
        headings = [label("comparisons", column, build.lang) for column in ("measure", "span", *columns)]
        return ChartBlock(key, headings, rows, 1)

    return block


def deals_block(key: str, chosen: Chosen) -> Callable[[Finder, Area], ChartBlock]:
    """The pipeline of a member: its row of the summary."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        row = finder.row("pipeline_summary", of_member(finder, chosen))
        at = row.at(area.cell(0, len(DEALS)))
        headings = [label("pipeline_summary", column, finder.build.lang) for column in DEALS]
        return ChartBlock(key, headings, [[*(finder.cell("pipeline_summary", each, at) for each in DEALS), row]], 1)

    return block


def pace_block(key: str, chosen: Chosen) -> Callable[[Finder, Area], ChartBlock]:
    """How far each of the five quantities of a member is, and how far it should be by now."""

    def block(finder: Finder, area: Area) -> ChartBlock:
        build, rows = finder.build, []
        for number, measure in enumerate(QUANTITIES):
            name = said("measure", measure, build.lang)
            row = finder.row("pace", [Where("measure", name), *of_member(finder, chosen)])
            at = row.at(area.cell(number, 3))
            due = ratio(finder.cell("pace", "expected", at), finder.cell("pace", "target", at))
            rows.append([constant(name.value), finder.cell("pace", "attainment", at), due, row])
        return ChartBlock(key, heads(build, "measure", "attained", "expected"), rows, 1)

    return block


def dso(finder: Finder, area: Area) -> ChartBlock:
    """Days of sales outstanding by month, beside the best possible ones."""
    del area
    rows = []
    for number in range(MONTHS):
        at = Found(str(number + 1), float(number + 1))
        days = [finder.cell("dso_trend", name, at, gap=True) for name in ("dso", "dso_best")]
        rows.append([finder.cell("dso_trend", "period", at), *days])
    return ChartBlock("dso", heads(finder.build, "month", "dso", "dso_best"), rows)


def cash(finder: Finder, area: Area) -> ChartBlock:
    """What was billed and what was collected in each of the last months."""
    del area
    rows = []
    for number in range(MONTHS):
        at = Found(str(number + 1), float(number + 1))
        sums = [finder.cell("dso_trend", name, at) for name in ("invoiced", "collected")]
        rows.append([finder.cell("dso_trend", "period", at), *sums])
    return ChartBlock("cash", heads(finder.build, "month", "invoiced", "collected"), rows)
