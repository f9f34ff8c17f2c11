"""Sales management inside a workbook: targets, plan, execution, monitoring, evaluation, improvement."""

from importlib.metadata import version

__version__ = version("xlsales")
