"""What a workbook file must hold beyond its schema: parts, types, names, formulas, cached values, ribbon, buttons."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from tests import vba_lint

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
NEW_FUNCTIONS = frozenset(
    """xlookup xmatch filter sort sortby unique sequence let lambda map reduce byrow take drop vstack hstack tocol torow
    choosecols textsplit textjoin concat ifs switch maxifs minifs ifna stdev.s stdev.p aggregate""".upper().split()
)
NAME = re.compile(r"^[A-Za-z_\\\u0080-\uffff][\w.\\?\u0080-\uffff]*$")
LIKE_A_CELL = re.compile(r"^\$?[A-Za-z]{1,3}\$?\d{1,7}$|^[Rr]\d*[Cc]\d*$")
RIBBONS = {
    "{http://schemas.microsoft.com/office/2006/01/customui}customUI": "/office/2006/relationships/ui/extensibility",
    "{http://schemas.microsoft.com/office/2009/07/customui}customUI": "/office/2007/relationships/ui/extensibility",
}
BOOKS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    ".xlam": "application/vnd.ms-excel.addin.macroEnabled.main+xml",
}
SUB = re.compile(r"^\s*(?:Public\s+)?Sub\s+(\w+)\s*\((.*)\)", re.MULTILINE)


class Package:
    """The parts of a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with zipfile.ZipFile(path) as file:
            self.listed = file.namelist()
            self.parts = {name: file.read(name) for name in self.listed}

    def xml(self, name: str) -> ET.Element:
        return ET.fromstring(self.parts[name])

    def relations(self, name: str = "") -> dict[str, tuple[str, str]]:
        """For each relationship of a part (of the package for none) its type and the part it leads to."""
        folder, base = posixpath.split(name)
        place = posixpath.join(folder, "_rels", base + ".rels")
        if place not in self.parts:
            return {}
        found = {}
        for each in self.xml(place):
            if each.get("TargetMode") != "External":
                target = each.get("Target", "")
                whole = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                found[each.get("Id", "")] = (each.get("Type", ""), whole)
        return found

    @property
    def types(self) -> dict[str, str]:
        """The content type of each part."""
        rules = list(self.xml("[Content_Types].xml"))
        endings = {each.get("Extension"): each.get("ContentType") for each in rules if each.tag.endswith("Default")}
        own = {each.get("PartName", "")[1:]: each.get("ContentType") for each in rules if each.tag.endswith("Override")}
        return {
            name: own.get(name, endings.get(name.rpartition(".")[2], "")) or ""
            for name in {*self.parts, *own}
            if name != "[Content_Types].xml"
        }

    def sheets(self) -> Iterator[tuple[str, str]]:
        """Each sheet's name and part."""
        links = self.relations("xl/workbook.xml")
        for sheet in self.xml("xl/workbook.xml").iter(MAIN + "sheet"):
            yield sheet.get("name", ""), links[sheet.get(LINK + "id", "")][1]


def faults(path: Path) -> list[str]:
    """Everything that is wrong with a workbook file."""
    package = Package(path)
    return [
        *package_faults(package),
        *name_faults(package),
        *cell_faults(package),
        *formula_faults(package),
        *macro_faults(package),
    ]


def package_faults(package: Package) -> Iterator[str]:
    """Parts, their types, and where relationships lead."""
    if len(package.listed) != len(package.parts):
        yield "a part stands twice in the file"
    types = package.types
    for name, kind in types.items():
        if name not in package.parts:
            yield f"{name} has a type but is not there"
        elif not kind:
            yield f"{name} has no type"
        elif name.startswith("xl/") and kind == "application/xml":
            yield f"{name} has the type of any XML"
    if types.get("xl/workbook.xml") != BOOKS[package.path.suffix]:
        yield f"the workbook's type does not fit {package.path.suffix}"
    for name in ["", *package.parts]:
        for kind, target in package.relations(name).values():
            if target.partition("#")[0] not in package.parts:
                yield f"{name or 'the package'} leads to {target} ({kind.rpartition('/')[2]}), which is not there"


def name_faults(package: Package) -> Iterator[str]:
    """Sheet names and defined names."""
    book = package.xml("xl/workbook.xml")
    sheets = [name for name, _ in package.sheets()]
    if len({name.lower() for name in sheets}) != len(sheets):
        yield "two sheets of one name"
    for name in sheets:
        if len(name) > 31 or re.search(r"[\[\]:*?/\\]|^'|'$", name):
            yield f"no name for a sheet: {name}"
    seen = set()
    for each in book.iter(MAIN + "definedName"):
        name, place = each.get("name", ""), each.get("localSheetId")
        if (name.lower(), place) in seen:
            yield f"the name {name} is defined twice"
        seen.add((name.lower(), place))
        if not name.startswith("_xlnm.") and (not NAME.match(name) or LIKE_A_CELL.match(name)):
            yield f"no defined name: {name}"
    calculation = book.find(MAIN + "calcPr")
    if calculation is not None and calculation.get("fullCalcOnLoad") in {"1", "true"}:
        yield "everything is calculated when the file opens"


def cell_faults(package: Package) -> Iterator[str]:
    """Order of cells, styles, texts, and cached values that are what they say."""
    styles = len(package.xml("xl/styles.xml").find(MAIN + "cellXfs") or [])
    shared = package.parts.get("xl/sharedStrings.xml")
    texts = len(ET.fromstring(shared)) if shared else 0
    for name, part in package.sheets():
        last_row = 0
        for row in package.xml(part).iter(MAIN + "row"):
            number = int(row.get("r", 0))
            if number <= last_row:
                yield f"{name}: row {number} out of order"
            last_row, last_column = number, 0
            for cell in row.iter(MAIN + "c"):
                place, value = cell.get("r", ""), cell.findtext(MAIN + "v")
                column = column_number(place.rstrip("0123456789"))
                if column <= last_column or not place.endswith(str(number)):
                    yield f"{name}: {place} out of order"
                last_column = column
                if int(cell.get("s", 0)) >= styles:
                    yield f"{name}: {place} has a style that is not there"
                blank = value == "" and cell.find(MAIN + "f") is not None  # how XlsxWriter writes an empty result
                if value is not None and not blank and not fits(value, cell.get("t", "n"), texts):
                    yield f"{name}: {place} holds {value!r}, which is no value of its kind"


def fits(value: str, kind: str, texts: int) -> bool:
    """Whether a cell's value is one of its kind."""
    if kind == "s":
        return value.isdigit() and int(value) < texts
    if kind == "b":
        return value in {"0", "1"}
    if kind == "n":
        return re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", value) is not None
    return True


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def formula_faults(package: Package) -> Iterator[str]:
    """Formulas: brackets, prefixes of newer functions, lost references, length."""
    found = [(name, each.text or "") for name, part in package.sheets() for each in package.xml(part).iter(MAIN + "f")]
    found += [("a name", each.text or "") for each in package.xml("xl/workbook.xml").iter(MAIN + "definedName")]
    for where, formula in found:
        bare = re.sub(r"'[^']*'", "", re.sub(r'"[^"]*"', "", formula))
        if bare.count("(") != bare.count(")"):
            yield f"{where}: brackets do not match in {formula[:60]}"
        for match in re.finditer(r"(?<![\w.])([A-Z][A-Z0-9.]*)\(", bare):
            if match[1] in NEW_FUNCTIONS:
                yield f"{where}: {match[1]} lacks its prefix"
        if "#REF!" in bare or len(formula) > 8192:
            yield f"{where}: no formula: {formula[:60]}"


def macro_faults(package: Package) -> Iterator[str]:
    """VBA project, code names, and a Sub for every button and every callback of the ribbon."""
    callbacks = list(ribbon_callbacks(package))
    buttons = {
        macro
        for name, part in package.parts.items()
        if name.endswith(".vml")
        for macro in re.findall(r"<x:FmlaMacro>\[0\]!(\w+)", part.decode("utf-8"))
    }
    yield from ribbon_faults(package)
    data = package.parts.get("xl/vbaProject.bin")
    if data is None:
        if callbacks or buttons:
            yield "buttons without macros"
        return
    broken = vba_lint.project_faults(data)
    yield from broken
    if broken:
        return
    sources = {name: text.decode("ascii", "replace") for name, text in vba_lint.sources(data).items()}
    codes = [package.xml("xl/workbook.xml").find(MAIN + "workbookPr")]
    codes += [package.xml(part).find(MAIN + "sheetPr") for _, part in package.sheets()]
    named = {each.get("codeName", "") if each is not None else "" for each in codes}
    documents = {name for name, text in sources.items() if 'VB_Base = "0{000208' in text}
    if named != documents:
        yield f"sheets and their modules differ: {sorted(named ^ documents)}"
    subs = {match[1]: match[2].count("As") for text in sources.values() for match in SUB.finditer(text)}
    for macro in buttons:
        if subs.get(macro) != 0:
            yield f"a button without its macro: {macro}"
    for kind, macro in callbacks:
        if subs.get(macro) != (2 if kind.startswith("get") else 1):
            yield f"the ribbon without its macro: {macro}"


def ribbon_parts(package: Package) -> Iterator[str]:
    return (name for name in package.parts if name.startswith("customUI/") and name.endswith(".xml"))


def ribbon_callbacks(package: Package) -> Iterator[tuple[str, str]]:
    """Attribute and macro of each callback."""
    for name in ribbon_parts(package):
        for element in package.xml(name).iter():
            for attribute, macro in element.attrib.items():
                if attribute.startswith(("on", "get")):
                    yield attribute, macro


def ribbon_faults(package: Package) -> Iterator[str]:
    """Ids once, texts within their limits, the relationship of the edition, both editions alike."""
    bodies = set()
    for name in ribbon_parts(package):
        root = package.xml(name)
        ids = [each.get("id") for each in root.iter() if each.get("id")]
        if len(ids) != len(set(ids)):
            yield f"{name}: an id stands twice"
        for each in root.iter():
            if each.tag.endswith("}button") and not (each.get("label") and each.get("imageMso")):
                yield f"{name}: {each.get('id')} has no words or no picture"
            if len(each.get("supertip", "")) > 1024 or len(each.get("label", "")) > 64:
                yield f"{name}: {each.get('id')} says too much"
        kinds = [kind for kind, target in package.relations().values() if target == name]
        if len(kinds) != 1 or RIBBONS.get(root.tag, "?") not in kinds[0]:
            yield f"{name}: its relationship does not fit its namespace"
        bodies.add(re.sub(rb'xmlns="[^"]*"', b"", package.parts[name]))
    if len(bodies) > 1:
        yield "the two editions of the ribbon differ"
