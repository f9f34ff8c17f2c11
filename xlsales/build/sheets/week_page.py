"""One page for one salesperson and one week: both chosen in cells; planned, done, and her tasks follow by formulas."""

from typing import Any

from xlsales.build.context import Build
from xlsales.build.found import Finder, Found, Where, constant
from xlsales.build.layout import CAPTION_ROW, CHECK_ROW, Sheet, list_name
from xlsales.build.sheets.chart_data import write_found
from xlsales.build.table_sheet import open_sheet, protect
from xlsales.labels import label
from xlsales.schema import TABLES
from xlsales.schema.plan import ACTIVITIES

TASKS = 25
PLAN_TOP, TASKS_TOP = 7, 7 + len(ACTIVITIES) + 3
POSITION = 9  # a hidden column with the place of each row in its table
PLAN = ("activity", "planned", "done", "tasks_due", "tasks_open")
TASK = ("due", "task", "kind", "customer", "state", "result")
WIDTHS = (16, 14, 16, 26, 14, 30)
NOBODY = "?"  # what is looked for where nothing is chosen: the one row of an empty table is blank too, and is nobody's
PLACES = {"salesperson": (CHECK_ROW, 1), "week": (CAPTION_ROW, 1)}


def write_week_page(build: Build, sheet: Sheet) -> None:
    """Write the sheet; at first it shows the first person of the list in the week of the day."""
    page = open_sheet(build, sheet)
    page.set_portrait()
    page.fit_to_pages(1, 1)
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.set_column(POSITION, POSITION, 8, None, {"hidden": True})
    chosen = first_shown(build)
    cells = {name: Found(build.place(sheet.key, *place), chosen[name]) for name, place in PLACES.items()}
    for name, (row, column) in PLACES.items():
        page.write_string(row, column - 1, label("week_plan", name, build.lang), build.styles.name)
        page.write_string(row, column, chosen[name], build.styles.cell("text", typed=True))
        rule = {"validate": "any", "input_title": "", "input_message": build.says(f"week.{name}")}
        rule |= {"validate": "list", "source": "=" + list_name("salespeople")} if name == "salesperson" else {}
        page.data_validation(row, column, row, column, rule)
        build.book.define_name("xs_choice_week" if name == "week" else "xs_choice_person", "=" + cells[name].formula)
    where = [Where(name, asked(cell)) for name, cell in cells.items()]
    finder = Finder(build)
    plan = rows_found(build, page, finder, ("week_plan", PLAN_TOP, len(ACTIVITIES), PLAN), where)
    rows_found(build, page, finder, ("week_tasks", TASKS_TOP, TASKS, TASK), where)
    for column, name in ((2, "name"), (4, "from")):
        kind = TABLES["week_plan"].column(name).kind
        write_found(page, (CHECK_ROW, column), finder.cell("week_plan", name, plan), build.styles.cell(kind))
    page.print_area(0, 0, TASKS_TOP + TASKS + 1, len(WIDTHS) - 1)
    protect(page)


def asked(chosen: Found) -> Found:
    """What the rows must hold that a choice shows."""
    return Found(f'IF({chosen.formula}="","{NOBODY}",{chosen.formula})', chosen.value or NOBODY)


def first_shown(build: Build) -> dict[str, str]:
    """The first person of the list, and the week of the day; nothing in an empty book."""
    plan = build.frame("week_plan")
    if plan.empty:
        return {"salesperson": "", "week": ""}
    weeks = plan.drop_duplicates("week").sort_values("from")
    now = weeks[weeks["from"].astype("datetime64[s]").dt.date <= (build.as_of or build.now.date())]
    week = str((weeks if now.empty else now)["week"].iloc[0 if now.empty else -1])
    return {"salesperson": str(plan.loc[plan["week"] == week, "salesperson"].iloc[0]), "week": week}


def rows_found(
    build: Build, page: Any, finder: Finder, what: tuple[str, int, int, tuple[str, ...]], where: list[Where]
) -> Found:
    """Caption, headings and the rows of a table that fit, from the first on; returns the place of the first."""
    table, top, count, columns = what
    page.write_string(top, 0, build.says("week." + table), build.styles.caption)
    write_found(page, (top, 1), counted(build, finder, table, where), build.styles.cell("integer"))
    for column, key in enumerate(columns):
        page.write_string(top + 1, column, label(table, key, build.lang), build.styles.header)
    sheet = next(key for key, each in build.sheets.items() if each is page)
    after, first = constant(0.0), None
    for step in range(count):
        row = top + 2 + step
        position = finder.row(table, where, Found("0", 0.0) if not step else after)
        write_found(page, (row, POSITION), position, build.styles.cell("number"))
        after = position.at(build.place(sheet, row, POSITION))
        first = first or after
        for column, key in enumerate(columns):
            kind = TABLES[table].column(key).kind
            write_found(page, (row, column), finder.cell(table, key, after), build.styles.cell(kind, key))
    assert first is not None
    return first


def counted(build: Build, finder: Finder, table: str, where: list[Where]) -> Found:
    """How many rows there are, also where the page has no room for all."""
    asked = "*".join(each.formula(build, table) for each in where)
    rows = range(len(build.frame(table)))
    fitting = [at for at in rows if all(each.holds(finder.column(table, each.column)[at]) for each in where)]
    return Found(f"SUMPRODUCT({asked}*1)", float(len(fitting)))
