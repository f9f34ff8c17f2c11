"""What follows the last row of a table in a saved workbook: its own part, formats, lists, links, names."""

import re
from html import escape

from xlsales.commands.headings import places as columns_of
from xlsales.commands.protocol import Replace
from xlsales.hosts.xlsx_parts import Place, attribute, number_of
from xlsales.schema.origin import letters

MOST_LINKS = 20_000  # a sheet holds 65 530
SPAN = re.compile(r"([A-Z]{1,3})(\d+)(?::([A-Z]{1,3})(\d+))?")


def resized(xml: str, place: Place, rows: int) -> str:
    """The table's own part with its new last row."""
    left, top, right, bottom = place.area
    old = f"{letters(left)}{top}:{letters(right)}"
    for last in {bottom, bottom - place.totals}:
        xml = xml.replace(f'ref="{old}{last}"', f'ref="{old}{last - bottom + place.totals + top + rows}"')
    return xml


def stretched(page: str, place: Place, rows: int) -> str:
    """Formats, lists and the sheet's own size follow the table's last row."""
    left, top, right, bottom = place.area
    bottom -= place.totals

    def follow(found: re.Match[str]) -> str:
        first, above, last, below = found[1], int(found[2]), found[3] or found[1], int(found[4] or found[2])
        inside = left <= number_of(first) and number_of(last) <= right
        if inside and above == top + 1 and below == bottom:
            end = f"{last}{top + rows}"
            return end if (first, above) == (last, top + rows) else f"{first}{above}:{end}"
        return found[0]

    def each(found: re.Match[str]) -> str:
        return found[1] + " ".join(SPAN.sub(follow, area) for area in found[2].split(" ")) + found[3]

    page = re.sub(r'(<(?:conditionalFormatting|dataValidation)\b[^>]*?\bsqref=")([^"]*)(")', each, page)
    page = re.sub(r"(<xm:sqref>)([^<]*)(</xm:sqref>)", each, page)
    size = re.search(r'<dimension ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"/>', page)
    if size and int(size[4]) < top + rows:
        grown = f'<dimension ref="{size[1]}{size[2]}:{size[3]}{top + rows}"/>'
        page = page[: size.start()] + grown + page[size.end() :]
    return page


def linked(page: str, place: Place, write: Replace) -> str:
    """The sheet with the links of the table's rows: the old ones are gone, the new ones lead where the write says."""
    left, top, right, _ = place.area
    block = re.search(r"<hyperlinks>(.*?)</hyperlinks>", page, re.DOTALL)
    if block is None:
        return page
    kept = []
    for link in re.findall(r"<hyperlink\b[^>]*/>", block[1]):
        at = SPAN.fullmatch(attribute(link, "ref"))
        if at is None or not (left <= number_of(at[1]) <= right and int(at[2]) > top):
            kept.append(link)
    column = columns_of(place.key, place.headings).get(write.linked)
    for row, target in enumerate(write.links or (), top + 1):
        if target and column is not None and len(kept) < MOST_LINKS:
            sheet, _, cell = target.rpartition("!")
            where = escape("'" + sheet.replace("'", "''") + "'!" + cell)
            kept.append(f'<hyperlink ref="{letters(left + column)}{row}" location="{where}"/>')
    links = f"<hyperlinks>{''.join(kept)}</hyperlinks>" if kept else ""
    return page[: block.start()] + links + page[block.end() :]


def with_names(book: str, moved: list[tuple[Place, int]]) -> str:
    """Names, such as print areas, that cover a table and end with it follow its last row."""
    for place, rows in moved:
        left, top, right, bottom = place.area
        for quoted in {
            escape("'" + place.sheet.replace("'", "''") + "'", quote=False),
            escape(place.sheet, quote=False),
        }:
            area = re.compile(rf"(?<![\w']){re.escape(quoted)}!\$([A-Z]+)\$(\d+):\$([A-Z]+)\$(\d+)")

            def follow(found: re.Match[str], edges: tuple[int, ...] = (left, top, right, bottom, rows)) -> str:
                first, head, last, end, count = edges
                covers = number_of(found[1]) <= first and last <= number_of(found[3]) and int(found[2]) <= head + 1
                if not covers or int(found[4]) != end:
                    return found[0]
                return found[0][: found.start(4) - found.start()] + str(head + count)

            book = area.sub(follow, book)
    return book


def calculated(book: str) -> str:
    """The workbook's part with the flag that lets the program calculate everything when it opens the file."""
    if re.search(r"<calcPr\b[^>]*\bfullCalcOnLoad=", book):
        return re.sub(r'(<calcPr\b[^>]*\bfullCalcOnLoad=")[^"]*', r"\g<1>1", book)
    if re.search(r"<calcPr\b", book):
        return re.sub(r"<calcPr\b", '<calcPr fullCalcOnLoad="1"', book, count=1)
    return re.sub(
        r"(</definedNames>|</sheets>)(?!.*</definedNames>)",
        r'\1<calcPr fullCalcOnLoad="1"/>',
        book,
        count=1,
        flags=re.DOTALL,
    )
