"""The templates that are committed: made from the declarations, the same bytes on every machine."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from xlsales.labels import LANGUAGES

MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a fixed moment, so that the bytes stay the same
FOLDER = Path(__file__).resolve().parent.parent / "workbook_templates"


def build_all(folder: Path | None = None) -> Iterator[Path]:
    """Write every template into a folder (by default the repository's); yield each path."""
    from xlsales import validate
    from xlsales.build import workbook

    target = folder or FOLDER
    target.mkdir(parents=True, exist_ok=True)
    for lang in LANGUAGES:
        checked = validate.validate_all({}, lang=lang)
        path = target / f"xlsales.{lang}.xlsx"
        settings = {**checked.settings, "as_of": None, "language": lang}
        workbook.build(path, checked.tables, {}, [], settings, lang=lang, now=MADE)
        yield path
