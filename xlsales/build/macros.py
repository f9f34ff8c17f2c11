"""What macros need in a workbook: code names, a sheet that nobody sees with the texts of the functions, buttons."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from xlsales.build import ribbon, vba
from xlsales.build.context import Build, quoted
from xlsales.build.layout import LINK_ROW, TITLE_ROW, column_reference
from xlsales.build.package import CALCULATED_BY, MacroBook
from xlsales.build.sheets.functions import EXPECTED, write_functions
from xlsales.build.wording import sheet_name
from xlsales.labels import LANGUAGES, label, word, words
from xlsales.schema.targets import QUANTITIES
from xlsales.udfs import FUNCTIONS
from xlsales.udfs.registry import Function

TEXTS = "xs_functions"  # the sheet of the texts; nobody sees its name
LANGUAGE_CELL, FIRST_TEXT = "A1", 1
HOME_BUTTONS, INSTALL_ROW, MAC_ROW = 4, 3, 8
BUTTON_WIDTH, BUTTON_HEIGHT = 118, 20  # pixels
SHEET_BUTTONS = {
    "home": ("refresh_all", "check", "undo"),
    **{"plan_" + measure: ("allocate", "confirm", "discard", "hold", "release", "undo") for measure in QUANTITIES},
    "plan_view": ("show_plan", "allocate", "spread", "confirm", "discard", "hold", "release", "undo"),
    "pipeline_report": ("pipeline", "snapshot"),
    "orders": ("refresh_orders",),
    "five": ("refresh_all",),
    "margin": ("refresh_margin",),
    "collections": ("refresh_collections",),
    "monitor": ("monitor",),
    "scorecard_report": ("score",),
    "incentives_report": ("incentives",),
    "improvement_report": ("improve", "take_actions", "take_targets", "confirm", "discard"),
    "reviews": ("review", "close_period", "roll"),
    "problems": ("check",),
    "dashboard": ("dashboard", "refresh_all", "export_pdf"),
}
BUTTONS_AT = {"home": (HOME_BUTTONS, 2), "dashboard": (LINK_ROW, 10)}  # elsewhere beside the way back to Home
LONGEST = 255  # the function wizard takes no longer text


def add_macros(build: Build, buttons: Sequence[ribbon.Button]) -> None:
    """Give the workbook its VBA project, its ribbon and the hidden texts that both read."""
    write_functions(build)
    page = build.book.add_worksheet(TEXTS)
    page.very_hidden()
    page.write_formula(LANGUAGE_CELL, language_formula(build), None, build.lang)
    build.book.define_name("xs_language", f"={TEXTS}!$A$1")
    write_texts(build.book, page)
    named = {key: "sheet_" + key for key in build.sheets}
    for key, name in named.items():
        build.sheets[key].set_vba_name(name)
    hidden = [EXPECTED, TEXTS]
    for name in hidden:
        build.book.get_worksheet_by_name(name).set_vba_name(name)
    state_versions(build.book)
    commands = [button.id for button in buttons]
    add_buttons(build, commands)
    write_home(build)
    project = vba.workbook_project(FUNCTIONS.values(), commands, [*named.values(), *hidden])
    build.book.add_macros(project, ribbon.parts(buttons, addin=False))


def build_addin(target: str, buttons: Sequence[ribbon.Button], properties: Mapping[str, Any]) -> None:
    """Write the add-in: functions, buttons and their texts, for workbooks that bring none. properties: as Excel's."""
    book = MacroBook(target, {}, addin=True)
    book.set_properties(dict(properties))
    book.set_calc_mode("auto", CALCULATED_BY)
    book.calc_on_load = False
    state_versions(book)
    page = book.add_worksheet(TEXTS)
    write_texts(book, page)
    page.set_vba_name(TEXTS)
    project = vba.addin_project(FUNCTIONS.values(), [button.id for button in buttons], [TEXTS])
    book.add_macros(project, ribbon.parts(buttons, addin=True))
    book.close()


def state_versions(book: Any) -> None:
    """Say in the file's properties whose VBA it holds: `xlsales doctor` compares them with what is installed."""
    for name in ("xlsales", "xlwings"):
        book.set_custom_property(name, version(name))


def write_home(build: Build) -> None:
    """What Home says about macros: how to install, and once what does not work on a Mac."""
    page, note = build.sheets["home"], build.styles.note
    page.write_string(INSTALL_ROW, 0, build.says("home.install"), note)
    mac = f'=IF(LEFT(INFO("system"),3)="mac",{quoted(build.says("home.mac"))},"")'
    page.write_formula(MAC_ROW, 0, mac, note, "")
    page.write_url(TITLE_ROW, 9, build.link("functions"), build.styles.link, sheet_name("functions", build.lang))


def add_buttons(build: Build, commands: Sequence[str]) -> None:
    """The buttons that stand on sheets, each beside what it changes."""
    for key, wanted in SHEET_BUTTONS.items():
        row, column = BUTTONS_AT.get(key, (LINK_ROW, 2))
        for place, command in enumerate(each for each in wanted if each in commands):
            build.sheets[key].insert_button(
                row,
                column,
                {
                    "macro": "xs_" + command,
                    "caption": word("command." + command, build.lang),
                    "description": words()["command." + command]["help_" + build.lang],
                    "width": BUTTON_WIDTH,
                    "height": BUTTON_HEIGHT,
                    "x_offset": place * (BUTTON_WIDTH + 6),
                },
            )


def language_formula(build: Build) -> str:
    """The language that the sheet Settings names, as a code."""
    names, values = (column_reference("settings", label("settings", key, build.lang)) for key in ("setting", "value"))
    chosen = f'INDEX({values},MATCH("{word("setting.language", build.lang)}",{names},0))'
    chinese = ",".join(
        f'{chosen}="{each}"' for each in sorted({"zh", *(word("value.language.zh", lang) for lang in LANGUAGES)})
    )
    return f'=IFERROR(IF(OR({chinese}),"zh","en"),"{build.lang}")'


def write_texts(book: Any, page: Any) -> None:
    """One row for each function: its name, and in each language category, description, arguments line by line."""
    for row, function in enumerate(FUNCTIONS.values(), FIRST_TEXT):
        page.write_string(row, 0, function.name)
        for column, text in enumerate(texts(function), 1):
            page.write_string(row, column, text)
    last = FIRST_TEXT + len(FUNCTIONS)
    book.define_name("xs_function_help", f"={TEXTS}!$A${FIRST_TEXT + 1}:$G${last}")


def texts(function: Function) -> Iterable[str]:
    """Category, description and arguments of a function, in English, then in Chinese."""
    for lang in LANGUAGES:
        yield function.category_label(lang)
        yield function.label(lang)[:LONGEST]
        yield "\n".join(function.argument_help(each.name, lang)[:LONGEST] for each in function.arguments)
