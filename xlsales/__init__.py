"""Sales management inside a workbook: targets, plan, execution, monitoring, evaluation, improvement."""

from importlib.metadata import version

__version__ = version("xlsales")


def __getattr__(name: str) -> object:
    """`xlsales.InputError`, loaded when somebody asks for it, so that importing the package stays cheap."""
    if name == "InputError":
        from xlsales.problems import InputError  # noqa: PLC0415 - see above

        return InputError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
