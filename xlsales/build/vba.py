"""The VBA project of the workbook and of the add-in, from text: xlwings' own module, wrappers, buttons."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from xlsales.build import ovba
from xlsales.udfs.registry import Function

PROJECT = "xlsales"  # xlwings looks for its configuration under this name, apart from the user's own
ENTRY = "xlsales.hosts.excel"
LONGEST_LINE = 1024
LONGEST_DESCRIPTION = 255

# What is changed in xlwings' module, and how often it stands there. With the folder of the workbook on the path, any
# file called pandas.py beside it would be run.
CHANGES = {
    "xlwings.bas": (('PROJECT_NAME As String = "xlwings"', f'PROJECT_NAME As String = "{PROJECT}"', 1),),
    "xlwings_custom_addin.bas": (('PROJECT_NAME As String = "myaddin"', f'PROJECT_NAME As String = "{PROJECT}"', 1),),
}
ALWAYS = (('GetConfig("ADD_WORKBOOK_TO_PYTHONPATH", "true")', 'GetConfig("ADD_WORKBOOK_TO_PYTHONPATH", "false")', 2),)


def workbook_project(functions: Iterable[Function], commands: Sequence[str], sheets: Sequence[str]) -> bytes:
    """vbaProject.bin of a workbook. commands: the ids of its buttons. sheets: the code names of its sheets, in order.

    The bytes depend on the arguments and on the installed xlwings alone.
    """
    modules = [
        ovba.document("ThisWorkbook", part("this_workbook.cls") + part("describe.cls"), workbook=True),
        *(ovba.document(sheet) for sheet in sheets),
        *shared_modules("xlwings.bas", functions, workbook="ThisWorkbook"),
        ovba.standard("xs_buttons", part("book.bas") + "".join(workbook_buttons(commands))),
    ]
    return ovba.project(modules, PROJECT)


def addin_project(functions: Iterable[Function], commands: Sequence[str], sheets: Sequence[str]) -> bytes:
    """vbaProject.bin of the add-in, which serves whichever workbook is active."""
    modules = [
        ovba.document("ThisWorkbook", part("this_addin.cls") + part("describe.cls"), workbook=True),
        *(ovba.document(sheet) for sheet in sheets),
        *shared_modules("xlwings_custom_addin.bas", functions, workbook="ActiveWorkbook"),
        ovba.standard("xs_buttons", part("addin.bas") + "".join(addin_buttons(commands))),
    ]
    return ovba.project(modules, PROJECT + "_addin")


def shared_modules(source: str, functions: Iterable[Function], workbook: str) -> Iterator[ovba.Module]:
    """The module of xlwings, the dictionary that it needs on a Mac, and the wrappers."""
    yield ovba.Module("xlwings", ovba.STANDARD, xlwings_module(source))
    yield dictionary()
    body = '#Const App = "Microsoft Excel" \'Adjust when using outside of Excel\n' + wrappers(functions, workbook)
    yield ovba.standard("xlwings_udfs", body)


def part(name: str) -> str:
    """A text that this package brings along."""
    return files("xlsales.build").joinpath("parts", name).read_text("ascii")


def xlwings_folder() -> Path:
    """Where the installed xlwings stands; it is not imported, its VBA is only read."""
    spec = find_spec("xlwings")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("xlwings is not installed")
    return Path(spec.origin).parent


def xlwings_module(name: str) -> str:
    """The VBA module of the installed xlwings, under our project's name."""
    text = (xlwings_folder() / name).read_text("ascii")
    for old, new, count in CHANGES[name] + ALWAYS:
        if text.count(old) != count:
            raise ValueError(f"{name} of the installed xlwings does not read as expected: {old}")
        text = text.replace(old, new)
    return text


def dictionary() -> ovba.Module:
    """The class Dictionary (Tim Hall, MIT), which xlwings' module uses on a Mac."""
    lines = (xlwings_folder() / "addin" / "Dictionary.cls").read_text("ascii").splitlines()
    first = lines.index("END") + 1
    while lines[first].startswith("Attribute VB_") and not lines[first].startswith("Attribute VB_Description"):
        first += 1
    return ovba.class_module("Dictionary", "\n".join(lines[first:]) + "\n", exposed=True)


def wrappers(functions: Iterable[Function], workbook: str) -> str:
    """The functions as cells call them, in the words that xlwings' own import would write, with their descriptions."""
    return "".join(wrapper(function, workbook) for function in sorted(functions, key=lambda each: each.name))


def wrapper(function: Function, workbook: str) -> str:
    """One function. workbook: the book that xlwings takes for the calling one."""
    names = [argument.name for argument in function.arguments]
    listed = ", ".join("Optional " * argument.optional + argument.name for argument in function.arguments)
    call = f'XLPy.CallUDF("{ENTRY}", "{function.name}", Array({", ".join(names)})'
    lines = [
        f"Function {function.name}({listed})",
        f'Attribute {function.name}.VB_Description = "{described(function)}"',
        '    #If App = "Microsoft Excel" Then',
        "        If TypeOf Application.Caller Is Range Then On Error GoTo failed",
        f"        {function.name} = {call}, {workbook}, Application.Caller)",
        "        Exit Function",
        "    #Else",
        f"        {function.name} = {call})",
        "        Exit Function",
        "    #End If",
        "failed:",
        f"    {function.name} = Err.Description",
        "End Function",
    ]
    if any(len(line) >= LONGEST_LINE for line in lines):
        raise ValueError(f"{function.name} has too many arguments for one line of VBA")
    return "\n".join(lines) + "\n\n"


def described(function: Function) -> str:
    """The English description as VBA holds it; a sheet has both languages."""
    text = function.label("en").encode("ascii", "ignore").decode("ascii")
    return text[:LONGEST_DESCRIPTION].replace('"', '""')


def workbook_buttons(commands: Sequence[str]) -> Iterator[str]:
    """For each command the macro of its buttons on sheets, and the one line that the ribbon calls."""
    for command in commands:
        yield button("xs_" + command, command)
        yield callback("xs_ribbon_" + command, f'If is_here("xs_{command}") Then xs_{command}')


def addin_buttons(commands: Sequence[str]) -> Iterator[str]:
    """The same for the add-in, under names of its own."""
    for command in commands:
        yield button(f"xs_{command}_addin", command)
        yield callback(f"xs_ribbon_{command}_addin", f"xs_{command}_addin")


def button(macro: str, command: str) -> str:
    """A macro that runs a command; the text that Python gets is the same on every click."""
    drawn = "    draw_ribbon\n" * (command == "language")
    return f'\nPublic Sub {macro}()\n    RunPython "import {ENTRY}; {ENTRY}.buttons.{command}()"\n{drawn}End Sub\n'


def callback(name: str, line: str) -> str:
    """What the ribbon calls."""
    return f"\nPublic Sub {name}(control As Object)\n    {line}\nEnd Sub\n"
