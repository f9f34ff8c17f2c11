"""Home: the company, the five quantities against target, the cycle and its state, problems, the last run."""

from datetime import date
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.context import Build, quoted
from xlsales.build.facts import Headline, headlines
from xlsales.build.found import Finder, Found, Where
from xlsales.build.layout import CHECK_ROW, HELP_ROW, SHEETS, STAGES, TITLE_ROW, Sheet
from xlsales.build.live import Given
from xlsales.build.plan_tree import current_version
from xlsales.build.sheets.chart_data import write_found
from xlsales.build.sheets.settings import setting_word
from xlsales.build.sheets.states import covers, mark_of, next_step, period_due, state_of
from xlsales.build.styles import MONEY_MEASURES
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.build.wording import sheet_name, value_word
from xlsales.labels import label
from xlsales.problems import table_name
from xlsales.schema.beside import OF_A_YEAR
from xlsales.schema.model import MONEY, QUANTITY, SHARE, TEXT

COLUMNS = (22, 17, 17, 17, 14, 16, 16, 16, 16, 16, 16)
LAST_YEAR = 7  # the column of last year's figure; behind it the change, and twelve months
LANDING = 10  # the column of where the company is going to land
ALERTS, REASON, LINE_HEIGHT = (
    3,
    6,
    44,
)  # so many alerts; the first column of their reasons, which take up to three lines
FIRST_LINK = 4
WIDE = len(COLUMNS) - FIRST_LINK
SHEETS_OF = {stage: [each.key for each in SHEETS if each.stage == stage and not each.hidden] for stage in STAGES}
LINES = {stage: max(-(-len(sheets) // WIDE), 1) for stage, sheets in SHEETS_OF.items()}
FACT_ROW, FIVE_ROW, CYCLE_ROW = 4, 10, 19
ROUND_ROW = CYCLE_ROW + 1 + sum(LINES.values())
NEXT_ROW, PROBLEM_ROW = ROUND_ROW + 2, ROUND_ROW + 5
MASTERS = ("settings", "sources", "organisation", "products", "customers")
ENDS = ("dashboard", "help", "problems", "log")


def write_home(build: Build, sheet: Sheet) -> None:
    """Write the sheet."""
    page = open_sheet(build, sheet)
    for column, width in enumerate(COLUMNS):
        page.set_column(column, column, width)
    page.write_string(TITLE_ROW, 0, build.company or build.says("no_company"), build.styles.title)
    page.write_string(HELP_ROW, 0, build.says("home.help"), build.styles.note)
    write_facts(build, page)
    write_five(build, page)
    write_cycle(build, page)
    write_next(build, page)
    write_problems(build, page)
    write_alerts(build, page)
    page.print_area(0, 0, PROBLEM_ROW + 6, len(COLUMNS) - 1)
    page.activate()
    protect(page)


def write_facts(build: Build, page: Any) -> None:
    """As of, currency, language, last run; and the way to the sheets that belong to no stage."""
    styles = build.styles
    facts = {"currency": build.unit_note, "language": build.says("language")}
    for step, key in enumerate(("as_of", "currency", "language", "last_run")):
        page.write_string(FACT_ROW + step, 0, build.says("home." + key), styles.note)
        if key in facts:
            page.write_string(FACT_ROW + step, 1, facts[key], styles.text)
    run, day = last_run(build), shown_day(build)
    page.write_formula(FACT_ROW, 1, "=" + day.formula, styles(align="left", num_format="yyyy-mm-dd"), day.value)
    page.write_formula(FACT_ROW + 3, 1, "=" + run.formula, styles.text, run.value)
    for row, keys in ((FACT_ROW, MASTERS), (FACT_ROW + 2, ENDS)):
        for step, key in enumerate(keys):
            page.write_url(row, 5 + step, build.link(key), styles.link, sheet_name(key, build.lang))


def last_run(build: Build) -> Given:
    """When a command was run last, as the log says; while it is empty, when the book was made, as its sheet says."""
    times, frame = build.reference("log", "time"), build.frame("log")
    made = build.now.strftime("%Y-%m-%d %H:%M") if build.as_of else build.says("not_yet")
    build.sheets["log"].write_string(CHECK_ROW, 0, made, build.styles.note)
    logged = [str(time) for time in frame["time"].dropna()] if "time" in frame else []
    formula = f"IF(COUNTA({times})=0,{build.place('log', CHECK_ROW, 0)},INDEX({times},COUNTA({times})))"
    return Given(formula, logged[-1] if logged else made)


def shown_day(build: Build) -> Given:
    """The day of Settings; where it is blank, the day of the last command, as which every command counts then."""
    names, values = build.reference("settings", "setting"), build.reference("settings", "value")
    day = f"INDEX({values},MATCH({quoted(setting_word('as_of', build.lang))},{names},0))"
    times, nothing = build.reference("log", "time"), build.says("not_yet")
    run = f"IF(COUNTA({times})=0,{quoted(nothing)},LEFT(INDEX({times},COUNTA({times})),10))"
    formula = f'IF(IFERROR({day},"")="",{run},{day})'
    return Given(formula, nothing if build.as_of is None else (build.as_of - date(1899, 12, 30)).days)


def write_five(build: Build, page: Any) -> None:
    """The five quantities: native formulas over the table of attainment."""
    styles = build.styles
    page.write_string(FIVE_ROW - 1, 0, build.says("home.five"), styles.caption)
    for column, key in enumerate(("measure", "target", "actual", "gap", "attainment", "scope", "period")):
        page.write_string(FIVE_ROW, column, build.says("home." + key), styles.header)
    for column, key in enumerate(OF_A_YEAR, LAST_YEAR):
        page.write_string(FIVE_ROW, column, label("headline", key, build.lang), styles.header)
    page.write_string(FIVE_ROW, LANDING, label("pace", "landing_blended", build.lang), styles.header)
    finder = Finder(build)
    for row, line in enumerate(headlines(build), FIVE_ROW + 1):
        kind = MONEY if line.measure in MONEY_MEASURES else QUANTITY
        page.write_string(row, 0, value_word("measure", line.measure, build.lang), styles.name)
        write_line(build, page, row, line, kind)
        write_found(page, (row, LANDING), landing(finder, row, line), styles.cell(kind))


def write_line(build: Build, page: Any, row: int, line: Headline, kind: str) -> None:
    """One quantity: target, actual, what is missing, attainment, and whose targets they are."""
    styles = build.styles
    number = styles.cell(kind)
    for column, key, value in ((1, "target", line.target), (2, "actual", line.actual)):
        page.write_formula(row, column, from_headline(build, key, row), number, "" if value is None else value)
    target, actual = (xl_rowcol_to_cell(row, column) for column in (1, 2))
    both = f'OR({target}="",{actual}="")'
    gap: float | str = ""
    share: float | str = ""
    if line.target is not None and line.actual is not None:
        gap = line.target - line.actual
        share = line.actual / line.target if line.target else ""
    page.write_formula(row, 3, f'=IF({both},"",{target}-{actual})', number, gap)
    page.write_formula(row, 4, f'=IF({both},"",IF({target}=0,"",{actual}/{target}))', styles.cell(SHARE), share)
    scope = value_word("scope", line.scope, build.lang) if line.scope else build.says("home.no_target")
    page.write_string(row, 5, scope, styles.cell(TEXT))
    page.write_string(row, 6, line.period, styles.cell(TEXT))
    write_beside(build, page, row, line, number)


def landing(finder: Finder, row: int, line: Headline) -> Found:
    """Where the company lands with a quantity in the period of its line; blank where no period runs."""
    build = finder.build
    name, period = xl_rowcol_to_cell(row, 0), xl_rowcol_to_cell(row, 6)
    wanted = [
        Where("measure", Found(name, value_word("measure", line.measure, build.lang))),
        Where("scope", Found(quoted(company := value_word("scope", "company", build.lang)), company)),
        Where("period", Found(period, line.period)),
    ]
    return finder.cell("pace", "landing_blended", finder.row("pace", wanted))


def write_beside(build: Build, page: Any, row: int, line: Headline, number: Any) -> None:
    """The same days of last year, the change on them, and the last twelve months."""
    for column, key, value in (
        (LAST_YEAR, "last_year", line.last_year),
        (LAST_YEAR + 2, "rolling_12", line.rolling_12),
    ):
        page.write_formula(row, column, from_headline(build, key, row), number, "" if value is None else value)
    actual, before = (xl_rowcol_to_cell(row, column) for column in (2, LAST_YEAR))
    formula = f'=IF(OR({actual}="",{before}=""),"",IF({before}>0,{actual}/{before}-1,""))'
    known = line.actual is not None and line.last_year is not None and line.last_year > 0
    change = (line.actual or 0.0) / (line.last_year or 1.0) - 1 if known else ""
    page.write_formula(row, LAST_YEAR + 1, formula, build.styles.cell(SHARE), change)


def from_headline(build: Build, key: str, row: int) -> str:
    """A quantity's figure in the table of headlines; blank where it has no number."""
    measure, column = build.reference("headline", "measure"), build.reference("headline", key)
    name = xl_rowcol_to_cell(row, 0)
    return f'=IF(COUNTIFS({measure},{name},{column},"<>")=0,"",SUMIFS({column},{measure},{name}))'


def write_cycle(build: Build, page: Any) -> None:
    """The six stages in their order, the state of each, and its sheets."""
    styles = build.styles
    page.write_string(CYCLE_ROW - 1, 0, build.says("home.cycle"), styles.caption)
    for column, key in enumerate(("stage", "count", "state", "mark", "sheets")):
        page.write_string(CYCLE_ROW, column, build.says("home." + key), styles.header)
    for column in range(5, len(COLUMNS)):
        page.write_blank(CYCLE_ROW, column, None, styles.header)
    due = period_due(build)
    month = xl_rowcol_to_cell(NEXT_ROW, len(COLUMNS) - 1, row_abs=True, col_abs=True)
    closed = covers(build, "closed_periods", month, str(due.value))
    row = CYCLE_ROW + 1
    for number, stage in enumerate(STAGES):
        page.write_string(row, 0, build.says(f"stage.{stage}", number=number + 1), styles(bold=True))
        state = state_of(build, stage)
        page.write_formula(row, 1, state.formula, styles(num_format="#,##0", align="right"), state.value)
        page.write_string(row, 2, build.says(f"state.{stage}"), styles(indent=1))
        mark = mark_of(build, stage, closed)
        page.write_formula(row, 3, mark.formula, styles(indent=1), mark.value)
        for step, key in enumerate(SHEETS_OF[stage]):
            place = row + step // WIDE, FIRST_LINK + step % WIDE
            page.write_url(*place, build.link(key), styles.link, sheet_name(key, build.lang))
        row += LINES[stage]
    page.write_string(ROUND_ROW, 0, build.says("home.round"), styles.note)
    version = current_version(build, build.frame("plan"))
    if version:
        page.write_string(ROUND_ROW, 4, build.says("home.version", version=version), styles.note)


def write_next(build: Build, page: Any) -> None:
    """What to do next, and the month that is to be reviewed."""
    styles, due = build.styles, period_due(build)
    last = len(COLUMNS) - 1
    place = xl_rowcol_to_cell(NEXT_ROW, last, row_abs=True, col_abs=True)
    page.write_string(NEXT_ROW, 0, build.says("home.next"), styles(bold=True))
    step = next_step(build, place, str(due.value))
    page.write_formula(NEXT_ROW, 1, step.formula, styles(bold=True), step.value)
    page.write_string(NEXT_ROW, last - 1, build.says("home.due"), styles.note)
    page.write_formula(NEXT_ROW, last, due.formula, styles.text, due.value)


def write_problems(build: Build, page: Any) -> None:
    """How many problems there are, and the money that was left out because of them."""
    styles = build.styles
    page.write_string(PROBLEM_ROW - 1, 0, build.says("home.problems"), styles.caption)
    page.write_url(PROBLEM_ROW - 1, 1, build.link("problems"), styles.link, sheet_name("problems", build.lang))
    for column, key in enumerate(("severity", "count", "money_out")):
        page.write_string(PROBLEM_ROW, column, build.says("home." + key), styles.header)
    kinds, money = build.reference("problems", "severity"), build.reference("problems", "money")
    for row, severity in enumerate(("error", "warning", "note"), PROBLEM_ROW + 1):
        page.write_string(row, 0, value_word("severity", severity, build.lang), styles.text)
        name = xl_rowcol_to_cell(row, 0)
        found = [problem for problem in build.problems if problem.severity == severity]
        page.write_formula(row, 1, f"=COUNTIF({kinds},{name})", styles(num_format="#,##0", align="right"), len(found))
        if severity == "error":
            known = [problem.money for problem in found if problem.money is not None]
            formula = f'=IF(COUNTIFS({kinds},{name},{money},"<>")=0,"",SUMIFS({money},{kinds},{name}))'
            page.write_formula(row, 2, formula, styles.cell(MONEY), sum(known) if known else "")


def write_alerts(build: Build, page: Any) -> None:
    """The alerts with the most money behind them: whom it is about, how much, and why."""
    styles, finder = build.styles, Finder(build)
    last, said = len(COLUMNS) - 1, styles(text_wrap=True, valign="vcenter", indent=1)
    page.write_url(PROBLEM_ROW - 1, FIRST_LINK, build.link("monitor"), styles.link, table_name("alerts", build.lang))
    for column, key in ((FIRST_LINK, "name"), (FIRST_LINK + 1, "money"), (REASON, "reason")):
        page.write_string(PROBLEM_ROW, column, label("alerts", key, build.lang), styles.header)
    for column in range(REASON + 1, last + 1):
        page.write_blank(PROBLEM_ROW, column, None, styles.header)
    for place in range(1, ALERTS + 1):
        row, at = PROBLEM_ROW + place, Found(str(place), float(place))
        page.set_row(row, LINE_HEIGHT)
        page.merge_range(row, REASON, row, last, "", said)
        for column, key, style in (
            (FIRST_LINK, "name", styles(text_wrap=True, valign="vcenter")),
            (FIRST_LINK + 1, "money", styles.cell(MONEY)),
            (REASON, "reason", said),
        ):
            write_found(page, (row, column), finder.cell("alerts", key, at), style)
