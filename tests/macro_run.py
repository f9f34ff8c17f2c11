"""Run a workbook's own VBA in pyOpenVBA's interpreter: RunPython and MacroOptions write down what they were given."""

from pathlib import Path
from typing import Any

from pyopenvba import ExcelFile
from pyopenvba.apps.excel import ExcelApplication

RECORDER = """Attribute VB_Name = "recorder"
Option Explicit
Private told As String
Public Function RunPython(PythonCommand As String)
    told = told & PythonCommand & vbLf
End Function
Public Sub Describe(Macro As String, Category As String, Description As String, ArgumentDescriptions As Variant)
    told = told & Macro & "|" & Category & "|" & Description & "|" & UBound(ArgumentDescriptions) & vbLf
End Sub
Public Function GetConfig(key As String, standard As String) As String
    GetConfig = IIf(key = "LANGUAGE", "zh", standard)
End Function
Public Function Recorded() As String
    Recorded = told
    told = ""
End Function
Public Sub Press(macro As String)
    Application.Run macro, New Collection
End Sub
Public Function Shown(tab As String) As Boolean
    Dim control As FakeControl, answer As Variant
    Set control = New FakeControl
    control.ID = tab
    xs_ribbon_tab control, answer
    Shown = answer
End Function
"""
CONTROL = """Option Explicit
Public ID As String
"""


class Macros:
    """A workbook whose macros can be run."""

    def __init__(self, book: Path) -> None:
        self.app = ExcelApplication.open(str(book), with_vba=False)
        with ExcelFile(str(book)) as file:
            sources = {module.name: module.source for module in file.vba_project().modules}
        self.app.add_module(CONTROL, name="FakeControl", kind="class")
        end = "_addin" if "xs_ribbon_tab_addin" in sources["xs_buttons"] else ""
        self.app.add_module(RECORDER.replace("xs_ribbon_tab", "xs_ribbon_tab" + end), name="recorder")
        self.app.add_module(sources["xs_buttons"], name="xs_buttons")
        opening = sources["ThisWorkbook"].replace("Application.MacroOptions", "Describe")
        opening = opening.replace("Private WithEvents", "Private")  # the interpreter knows no events of others
        opening = opening.replace("book.HasVBProject", "True")  # nor this
        self.app.add_module(opening, name="ThisWorkbook", kind="document")

    def run(self, macro: str, *arguments: object) -> Any:
        return self.app.run(macro, *arguments)

    @property
    def recorded(self) -> list[str]:
        """What Python and Excel were told since the last time."""
        return [line for line in str(self.app.run("Recorded")).split("\n") if line]
