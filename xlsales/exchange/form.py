"""Write the small workbook that a manager fills in: macro-free, protected, only the cells to type in are open."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from xlsales.build.styles import MONEY_MEASURES, Styles
from xlsales.exchange.manifest import SHEET, Manifest, pack
from xlsales.exchange.parcels import DIMENSIONS, Key, Parcel, Planned
from xlsales.labels import label, word
from xlsales.schema.model import MONEY, QUANTITY, TEXT

TITLE, HELP, FINISHED, COMMENT, HEADINGS = 0, 1, 2, 3, 5
ANSWER_COLUMN = 1
FIRST_ROW = HEADINGS + 1
LIMIT = 1e15


@dataclass(frozen=True)
class Look:
    """What a form says beside its rows. names: of codes, by dimension and code. company: whose plan it is."""

    lang: str
    now: datetime
    unit: int
    currency: str
    company: str
    names: dict[tuple[str, str], str]
    targets: dict[Key, float]


def write_form(path: Path, parcel: Parcel, look: Look) -> None:
    """Write the workbook of one owner; the same parcel and look give the same bytes."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_urls": False, "strings_to_formulas": False})
    book.set_properties({"title": look.company or "xlsales", "author": "xlsales", "created": look.now})
    form = Form(book, parcel, look)
    form.head()
    for row, key in enumerate(parcel.keys):
        form.row(row, key)
    form.finish()
    book.close()


class Form:
    """One workbook in the making; every locked cell that matters is noted for the manifest."""

    def __init__(self, book: Any, parcel: Parcel, look: Look) -> None:
        self.book, self.parcel, self.look = book, parcel, look
        self.page = book.add_worksheet(self.says("sheet"))
        self.hidden = book.add_worksheet(SHEET)
        self.styles = Styles(book, look.lang, look.unit)
        self.used = [name for name in DIMENSIONS if any(key[1 + DIMENSIONS.index(name)] for key in parcel.keys)]
        self.first = 2 + len(self.used)  # measure and the target stand beside the dimensions
        self.locked: list[tuple[int, int, str | float]] = []

    def says(self, key: str, **facts: object) -> str:
        """The words of a key of this room."""
        return word("exchange.form." + key, self.look.lang, **facts)

    def fixed(self, row: int, column: int, value: str | float, style: Any) -> None:
        """A locked cell that must come back as it went."""
        self.locked.append((row, column, value))
        if isinstance(value, str):
            self.page.write_string(row, column, value, style)
        else:
            self.page.write_number(row, column, value, style)

    def head(self) -> None:
        """Title, how to answer, the two cells of the answer, the headings."""
        parcel, page, styles, lang = self.parcel, self.page, self.styles, self.look.lang
        title = self.says("title", company=self.look.company or "xlsales", version=parcel.version, name=parcel.name)
        self.fixed(TITLE, 0, title, styles.title)
        unit = word(f"build.unit.{self.look.unit}", lang, currency=self.look.currency)
        self.fixed(HELP, 0, f"{self.says('help')} {unit}", styles.note)
        self.fixed(FINISHED, 0, self.says("finished"), styles.name)
        self.fixed(COMMENT, 0, self.says("comment"), styles.name)
        typed = styles.cell(TEXT, typed=True)
        page.write_blank(FINISHED, ANSWER_COLUMN, None, typed)
        page.write_blank(COMMENT, ANSWER_COLUMN, None, typed)
        choices = [word("value.flag.yes", lang), word("value.flag.no", lang)]
        page.data_validation(FINISHED, ANSWER_COLUMN, FINISHED, ANSWER_COLUMN, {"validate": "list", "source": choices})
        heads = [label("plan", name, lang) for name in ("measure", *self.used)]
        heads += [self.says("target"), *self.parcel.periods]
        for column, head in enumerate(heads):
            self.fixed(HEADINGS, column, head, styles.header)
        page.write_string(HEADINGS, len(heads), self.says("total"), styles.header)
        page.write_string(HEADINGS, len(heads) + 1, self.says("gap"), styles.header)

    def row(self, number: int, key: Key) -> None:
        """One row of the plan."""
        at, styles, look = FIRST_ROW + number, self.styles, self.look
        self.fixed(at, 0, word("value.measure." + key[0], look.lang), styles.text)
        for column, name in enumerate(self.used, 1):
            code = key[1 + DIMENSIONS.index(name)]
            said = look.names.get((name, code), "")
            self.fixed(at, column, f"{code} {said}" if said and said != code else code, styles.text)
        kind = MONEY if key[0] in MONEY_MEASURES else QUANTITY
        pattern = styles.number_format(kind)
        target = look.targets.get(key)
        if target is not None:
            self.fixed(at, self.first - 1, target, styles.sum_number(pattern))
        for step, period in enumerate(self.parcel.periods):
            self.cell(at, self.first + step, self.parcel.cells.get((key, period)), pattern)
        last = self.first + len(self.parcel.periods)
        months = f"{xl_rowcol_to_cell(at, self.first)}:{xl_rowcol_to_cell(at, last - 1)}"
        known = [cell.value for period in self.parcel.periods if (cell := self.parcel.cells.get((key, period)))]
        self.page.write_formula(at, last, f"=SUM({months})", styles.sum_number(pattern), sum(known))
        if target is not None:
            total = xl_rowcol_to_cell(at, last)
            aim = xl_rowcol_to_cell(at, self.first - 1)
            self.page.write_formula(at, last + 1, f"={total}-{aim}", styles.sum_number(pattern), sum(known) - target)

    def cell(self, row: int, column: int, planned: Planned | None, pattern: str) -> None:
        """A cell of the plan: open, or locked where it is held."""
        if planned is not None and planned.held:
            self.fixed(row, column, planned.value, self.styles.sum_number(pattern))
            return
        style = self.styles.typed_number(pattern)
        if planned is None:
            self.page.write_blank(row, column, None, style)
        else:
            self.page.write_number(row, column, planned.value, style)
        low = -LIMIT if planned is None or planned.lower is None else planned.lower
        high = LIMIT if planned is None or planned.upper is None else planned.upper
        bounded = low > -LIMIT or high < LIMIT
        says = self.says("bounds" if bounded else "number", low=f"{low:,.2f}", high=f"{high:,.2f}")
        rule = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high, "error_message": says}
        if bounded:
            rule["input_message"] = says
        self.page.data_validation(row, column, row, column, rule)

    def finish(self) -> None:
        """Widths, print set-up, protection, and the very hidden manifest."""
        page, parcel = self.page, self.parcel
        page.set_column(0, 0, 16)
        page.set_column(1, self.first - 2, 18)
        page.set_column(self.first - 1, self.first + len(parcel.periods) + 1, 13)
        page.freeze_panes(FIRST_ROW, self.first)
        page.repeat_rows(HEADINGS)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.hide_gridlines(2)
        page.protect("", {"format_columns": True, "format_rows": True})
        manifest = self.manifest()
        for row, part in enumerate(pack(manifest)):
            self.hidden.write_string(row, 0, part)
        self.hidden.protect()
        self.hidden.very_hidden()

    def manifest(self) -> Manifest:
        """What the workbook knows of itself."""
        parcel = self.parcel
        cells = [[parcel.cells.get((key, period)) for period in parcel.periods] for key in parcel.keys]
        return Manifest(
            parcel.owner,
            parcel.name,
            parcel.by,
            parcel.version,
            f"{self.look.now:%Y-%m-%d %H:%M:%S}",
            self.look.lang,
            self.says("sheet"),
            (FIRST_ROW, self.first),
            (FINISHED, ANSWER_COLUMN),
            (COMMENT, ANSWER_COLUMN),
            parcel.keys,
            parcel.periods,
            tuple(tuple(None if cell is None else cell.value for cell in line) for line in cells),
            tuple(tuple(cell is not None and cell.held for cell in line) for line in cells),
            tuple(self.locked),
        )
