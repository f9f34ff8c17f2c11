"""Every table of the workbook, declared once: columns, keys, units, domains and the sheet it stands on."""

from xlsales.schema import (
    closing,
    evaluation,
    execution,
    incoming,
    kept,
    masters,
    plan,
    results,
    results_money,
    results_people,
    results_planning,
    results_selling,
    targets,
)
from xlsales.schema.model import Column, Table

TABLES: dict[str, Table] = {
    table.key: table
    for module in (
        masters,
        incoming,
        targets,
        plan,
        execution,
        evaluation,
        closing,
        kept,
        results,
        results_people,
        results_money,
        results_selling,
        results_planning,
    )
    for table in module.TABLES
}
INPUTS: tuple[str, ...] = tuple(key for key, table in TABLES.items() if table.role in {"master", "input"})
RESULTS: tuple[str, ...] = tuple(key for key, table in TABLES.items() if table.role == "result")

__all__ = ["INPUTS", "RESULTS", "TABLES", "Column", "Table"]
