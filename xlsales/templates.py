"""The templates that are committed: made from the declarations, the same bytes on every machine."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from xlsales.labels import LANGUAGES

MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed moment, so that the bytes stay the same
FOLDER = Path(__file__).resolve().parent.parent / "workbook_templates"


def build_all(folder: Path | None = None) -> Iterator[Path]:
    """Write every template into a folder (by default the repository's); yield each path.

    For each language the workbook for Excel and its edition for Calc; then the add-in, which speaks both.
    """
    from xlsales import validate
    from xlsales.build import workbook
    from xlsales.build.calc_edition import calc_edition
    from xlsales.commands.registry import COMMANDS
    from xlsales.terminal_excel import build_addin

    target = folder or FOLDER
    target.mkdir(parents=True, exist_ok=True)
    buttons = list(COMMANDS.values())
    for lang in LANGUAGES:
        checked = validate.validate_all({}, lang=lang)
        excel, calc = (target / f"xlsales.{lang}{ending}" for ending in (".xlsm", ".xlsx"))
        settings = {**checked.settings, "as_of": None, "language": lang}
        workbook.build(excel, checked.tables, {}, [], settings, lang=lang, now=MADE, buttons=buttons)
        yield excel
        calc_edition(excel, calc)
        yield calc
    addin = target / "xlsales.xlam"
    build_addin(addin)
    yield addin
