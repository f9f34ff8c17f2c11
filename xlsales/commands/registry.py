"""Every button, declared once: what it reads and writes, its icon, its group, and the function that carries it out."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from xlsales.labels import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlsales.commands.answer import Answer
    from xlsales.commands.protocol import Book

# What the refresh buttons read anew.
ORDERS = ("orders", "order_credits")
COSTS = ("orders", "order_credits", "products", "cost_history", "expenses", "fx_rates")
CASH = ("invoices", "invoice_lines", "receipts", "contracts", "fx_rates")

# The sheets whose tables the dashboard draws.
DASHBOARD = (
    *("five", "margin", "comparisons", "pipeline_report", "monitor"),
    *("collections", "collection_trend", "chart_data"),
)

GROUPS = ("data", "plan", "finance", "monitor", "evaluate", "improve", "book")


@dataclass(frozen=True)
class Command:
    """A button.

    icon: its imageMso name of Office. run: module and function under `commands`, loaded when it is clicked, so that a
    click costs no more than it needs. reads, writes: tables, sheets ("sheet:five", with all its results) or "all".
    """

    id: str
    group: str
    icon: str
    run: str
    reads: tuple[str, ...] = ("all",)
    writes: tuple[str, ...] = ()

    @property
    def function(self) -> "Callable[[Book], Answer]":
        """The function that carries it out."""
        module, _, name = self.run.partition(".")
        return getattr(import_module("xlsales.commands." + module), name)


COMMANDS: dict[str, Command] = {
    command.id: command
    for command in (
        Command("check", "data", "DataValidation", "data.check", writes=("problems",)),
        Command("sources", "data", "Connections", "data.sources", ("settings",)),
        Command(
            "refresh_orders",
            "data",
            "Refresh",
            "data.refresh_orders",
            writes=(*ORDERS, "sheet:five", "sheet:chart_data", "sheet:customer_report"),
        ),
        Command("refresh_all", "data", "RefreshAll", "data.refresh_all", writes=("all",)),
        Command("undo", "data", "Undo", "data.undo", ("undo",), ("undo",)),
        Command("show_plan", "plan", "CustomViews", "plan_fill.show_plan", ("plan", "plan_limits"), ("plan_shown",)),
        Command("allocate", "plan", "DiagramTargetInsertClassic", "plan.allocate", writes=("plan",)),
        Command("confirm", "plan", "AcceptInvitation", "plan.confirm", ("plan", "targets"), ("plan", "targets")),
        Command("discard", "plan", "DeclineInvitation", "plan.discard", ()),
        Command("spread", "plan", "FillDown", "spread_code.spread_over", ("plan",), ("plan",)),
        Command(
            "versions",
            "plan",
            "FileSaveAs",
            "versions.versions",
            ("plan", "plan_versions"),
            ("plan", "plan_versions"),
        ),
        Command("distribute", "plan", "FileSendAsAttachment", "exchange.send", ("plan",)),
        Command("collect", "plan", "FileOpen", "exchange.take", ("plan",), ("plan",)),
        Command("negotiate", "plan", "ConferenceMeetNow", "talking.negotiate", ("targets",), ("quota_moves",)),
        Command(
            "handover",
            "plan",
            "ShareWithPeople",
            "talking.hand_over",
            writes=("targets", "customer_owners", "region_owners"),
        ),
        Command("hold", "plan", "Lock", "plan.hold", ("plan",), ("plan",)),
        Command("release", "plan", "AdpPrimaryKey", "plan.release", ("plan",), ("plan",)),
        Command(
            "refresh_margin",
            "finance",
            "AccountingFormat",
            "finance.refresh_margin",
            writes=(*COSTS, "sheet:five", "sheet:chart_data", "sheet:margin"),
        ),
        Command(
            "refresh_collections",
            "finance",
            "FunctionsFinancialInsertGallery",
            "finance.refresh_collections",
            writes=(*CASH, "sheet:five", "sheet:chart_data", "sheet:collections", "sheet:contracts_report"),
        ),
        Command("pipeline", "monitor", "FilterBySelection", "monitor.pipeline", writes=("sheet:pipeline_report",)),
        Command(
            "snapshot",
            "monitor",
            "Camera",
            "monitor.snapshot",
            ("opportunities", "stages", "opportunity_snapshots"),
            ("opportunity_snapshots",),
        ),
        Command(
            "monitor",
            "monitor",
            "ChartInsert",
            "monitor.monitor",
            writes=("sheet:five", "sheet:chart_data", "sheet:monitor"),
        ),
        Command(
            "dashboard",
            "monitor",
            "ChartTypeColumnInsertGallery",
            "monitor.dashboard",
            writes=tuple("sheet:" + sheet for sheet in DASHBOARD),
        ),
        Command("score", "evaluate", "StarRatedFull", "evaluate.score", writes=("sheet:scorecard_report",)),
        Command(
            "incentives",
            "evaluate",
            "FunctionsLookupReferenceInsertGallery",
            "evaluate.incentives",
            writes=("sheet:incentives_report",),
        ),
        Command("improve", "improve", "ChartTrendline", "improve.improve", writes=("sheet:improvement_report",)),
        Command("review", "improve", "ReviewNewComment", "closing.review", writes=("reviews", "review_page")),
        Command(
            "close_period",
            "improve",
            "FileDocumentEncrypt",
            "closing.close_period",
            writes=("reviews", "review_page", "closed_periods"),
        ),
        Command("take_actions", "improve", "AddReminder", "take_actions.take_actions", writes=("actions",)),
        Command("take_targets", "improve", "AcceptTask", "next_targets.take_targets", writes=("targets",)),
        Command("roll", "improve", "GoToNextAppointment", "roll.roll"),
        Command("language", "book", "SetLanguage", "book.language", ("settings",), ("settings",)),
        Command("export_pdf", "book", "FileSaveAsPdfOrXps", "book.export_pdf", ("settings",)),
        Command("help", "book", "Help", "book.guide", ()),
        Command("about", "book", "Info", "book.about", ()),
    )
}


# Buttons that only Calc has: they speak of the copy that it works on.
CALC_COMMANDS: dict[str, Command] = {
    "copy_for_excel": Command("copy_for_excel", "book", "FileSaveAsExcelXlsx", "handing.copy_for_excel", writes=())
}


def label(command_id: str, lang: str) -> str:
    """A command's name on its button."""
    return word("command." + command_id, lang) if command_id in COMMANDS | CALC_COMMANDS else command_id
