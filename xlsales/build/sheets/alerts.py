"""Each alert leads to the rows of the table in which it can be seen."""

from xlsales.build.context import Build
from xlsales.build.layout import FIRST_ROW, HEADER_ROW
from xlsales.build.wording import sheet_name
from xlsales.commands.alert_links import rows_of
from xlsales.schema.origin import Origin

LINKS = 20_000  # a sheet holds 65 530


def link_alerts(build: Build) -> None:
    """Write the column of links of the alerts."""
    alerts, block = build.frame("alerts").head(LINKS), build.blocks["alerts"]
    places = {
        key: Origin("", sheet_name(each.table.sheet, build.lang), HEADER_ROW + 1, each.first_column + 1)
        for key, each in build.blocks.items()
    }
    page, at = build.sheets[block.table.sheet], block.column("place")
    for row, lead in enumerate(rows_of(alerts, places, set(build.frames)), FIRST_ROW):
        if lead:
            sheet, _, cells = lead.rpartition("!")
            quoted = "'" + sheet.replace("'", "''") + "'"
            page.write_url(row, at, f"internal:{quoted}!{cells}", build.styles.link, lead)
