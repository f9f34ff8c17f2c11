"""Where xlwings looks for our configuration, and how the file reads: `"NAME","value"` on each line."""

import csv
import io
import locale
from collections.abc import Mapping
from pathlib import Path

PROJECT = "xlsales"
WINDOWS, MAC = "Windows", "Darwin"


def configuration_file(system: str, home: Path) -> Path:
    """The file in which xlwings' VBA of our project finds its settings; on a Mac Excel may read its own folder only."""
    if system == MAC:
        return home / "Library" / "Containers" / "com.microsoft.Excel" / "Data" / f"{PROJECT}.conf"
    return home / f".{PROJECT}" / f"{PROJECT}.conf"


def written(settings: Mapping[str, str]) -> str:
    r"""The text of the file.

    >>> written({"LANGUAGE": "zh"})
    '"LANGUAGE","zh"\n'
    """
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(settings.items())
    return out.getvalue()


def read(path: Path) -> dict[str, str]:
    """The settings in a file, names in capitals; none where there is no file."""
    if not path.is_file():
        return {}
    text = path.read_bytes().decode(locale.getencoding(), "replace")
    return {row[0].upper(): row[1] for row in csv.reader(text.splitlines()) if len(row) > 1}
