"""The parts of a workbook: which sheet stands in which, and what refers to what."""

import zipfile
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from xlsales.sources.raw import refuse

WORKBOOK = "xl/workbook.xml"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def sheet_parts(parts: zipfile.ZipFile, name: str) -> dict[str, str]:
    """In which part each sheet stands. name: of the workbook, for a refusal."""
    names = set(parts.namelist())
    links = links_of(parts, WORKBOOK, name)
    found = {
        sheet.get("name", ""): links.get(sheet.get(LINK, ""), "")
        for sheet in part_of(parts, WORKBOOK, name).iter(MAIN + "sheet")
    }
    return {sheet: part for sheet, part in found.items() if part in names}


def links_of(parts: zipfile.ZipFile, part: str, name: str) -> dict[str, str]:
    """The parts that a part refers to, by their id."""
    folder = PurePosixPath(part).parent
    rels = f"{folder}/_rels/{PurePosixPath(part).name}.rels"
    if rels not in parts.namelist():
        return {}
    found = {}
    for link in part_of(parts, rels, name):
        target = link.get("Target", "")
        whole = target.lstrip("/") if target.startswith("/") else str(folder / target)
        steps: list[str] = []
        for step in whole.split("/"):
            if step == "..":
                steps = steps[:-1]
            else:
                steps.append(step)
        found[link.get("Id", "")] = "/".join(steps)
    return found


def part_of(parts: zipfile.ZipFile, part: str, name: str) -> ET.Element:
    """A part as a tree; one that declares its own entities is no workbook that a spreadsheet program saved."""
    try:
        data = parts.read(part)
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise refuse("workbook_broken", name)
        return ET.fromstring(data)  # noqa: S314 - without a document type there are no entities to expand
    except (ET.ParseError, KeyError, zipfile.BadZipFile) as error:
        raise refuse("workbook_broken", name) from error
