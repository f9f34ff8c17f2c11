"""The computer as far as installing goes: its system, its folders, its Pythons; a test hands over a made-up one."""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from xlsales.hosts.configuration import MAC, PROJECT, WINDOWS, configuration_file

ADDIN = f"{PROJECT}.xlam"
MAC_STARTUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"
MAC_SCRIPTS = "Library/Application Scripts/com.microsoft.Excel"


@dataclass(frozen=True)
class Machine:
    """Where everything is. variables: those of the environment. on_path: the Pythons that the search path finds.

    python: the interpreter that Excel is to start. xlwings: the folder of the installed package.
    """

    system: str
    home: Path
    variables: Mapping[str, str]
    python: Path
    on_path: tuple[Path, ...]
    xlwings: Path
    xlwings_version: str

    @property
    def startup(self) -> Path:
        """The folder whose workbooks Excel opens when it starts."""
        if self.system == MAC:
            return self.home / MAC_STARTUP
        roaming = self.variables.get("APPDATA")
        return (Path(roaming) if roaming else self.home / "AppData" / "Roaming") / "Microsoft" / "Excel" / "XLSTART"

    @property
    def addin(self) -> Path:
        """Where the add-in is put."""
        return self.startup / ADDIN

    @property
    def configuration(self) -> Path:
        """The file in which xlwings finds our settings."""
        return configuration_file(self.system, self.home)

    @property
    def script(self) -> Path:
        """On a Mac: the script through which Excel may start Python."""
        return self.home / MAC_SCRIPTS / self.script_source.name

    @property
    def script_source(self) -> Path:
        """The script as xlwings brings it."""
        return self.xlwings / f"xlwings-{self.xlwings_version}.applescript"

    @property
    def libraries(self) -> tuple[str, ...]:
        """The names of the libraries that the VBA of this xlwings loads: for 64-bit and for 32-bit Excel."""
        return tuple(f"xlwings{bits}-{self.xlwings_version}.dll" for bits in (64, 32))

    @property
    def library_folders(self) -> tuple[Path, ...]:
        """Where the VBA looks for them: beside the interpreter, or one folder up in a virtual environment."""
        return self.python.parent, self.python.parent.parent


def this_machine() -> Machine:
    """The computer that this runs on. Off Windows and Mac it is taken for Windows: only dry runs are done there."""
    spec = find_spec("xlwings")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("xlwings is not installed")
    found = (shutil.which(name) for name in ("python", "python3", "py"))
    on_path = tuple(dict.fromkeys(Path(each) for each in found if each))
    system = platform.system()
    return Machine(
        system if system in {WINDOWS, MAC} else "",
        Path.home(),
        os.environ,
        Path(sys.executable),
        on_path,
        Path(spec.origin).parent,
        version("xlwings"),
    )
