"""The installed LibreOffice: where its programs are, which Python it runs, how an extension gets into a profile."""

import os
import re
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xlsales.hosts.calc_uno import CalcError, CalcGone, connect, translated, uno, url
from xlsales.problems import InputError, Problem

FOLDERS = ("/usr/lib/libreoffice/program", "/usr/lib64/libreoffice/program", "/opt/libreoffice/program")
STARTED_WITHIN, INSTALLED_WITHIN = 60.0, 180.0
PYTHON_LIBRARY = re.compile(r"libpython(3\.\d+)")
MISLEADING = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
SYSTEM_FOLDERS = ("/usr/bin", "/bin")
QUIET = ("--headless", "--norestore", "--nologo", "--nodefault", "--nofirststartwizard")


def program(name: str) -> Path:
    """A program of LibreOffice, "soffice" or "unopkg". InputError where it is not installed."""
    found = shutil.which(name) or next((f"{each}/{name}" for each in FOLDERS if Path(each, name).is_file()), None)
    if found is None:
        raise InputError(Problem("calc_missing", facts={"program": name}))
    return Path(found)


def profile_argument(profile: Path | None) -> list[str]:
    """The argument that names a profile; none for the user's own."""
    return [] if profile is None else [f"-env:UserInstallation={profile.absolute().as_uri()}"]


def surroundings() -> dict[str, str]:
    """The environment that an office is started with.

    The Python inside it takes its library from beside the first python3 on PATH. That of a virtual environment or of a
    version manager is another build: the extension then fails to load, and with it every book that uses its functions.
    """
    found = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    if os.name == "posix":
        found["PATH"] = os.pathsep.join([*SYSTEM_FOLDERS, found.get("PATH", "")])
    return found


def office_python() -> str:
    """The version of the Python that LibreOffice runs, such as "3.11"; "" where that cannot be seen."""
    folder = program("soffice").resolve().parent
    for bridge in (folder / "libpyuno.so", *(Path(each) / "libpyuno.so" for each in FOLDERS)):
        if bridge.is_file():
            found = PYTHON_LIBRARY.search(bridge.read_bytes().decode("latin-1"))
            return found[1] if found else ""
    return ""


def add_extension(extension: Path, profile: Path | None) -> None:
    """Install an extension for this user, in place of an earlier version of it. InputError where that fails."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        _through_office(extension, profile)  # the tool refuses root
        return
    command = [
        str(program("unopkg")),
        "add",
        "--force",
        "--suppress-license",
        *profile_argument(profile),
        str(extension),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - LibreOffice's own tool, no shell
            command, capture_output=True, text=True, timeout=INSTALLED_WITHIN, check=False, env=surroundings()
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(Problem("calc_install_failed", facts={"reason": str(error)})) from error
    if done.returncode:
        raise InputError(Problem("calc_install_failed", facts={"reason": last_line(done.stderr or done.stdout)}))


def last_line(text: str) -> str:
    r"""The last line that says something.

    >>> last_line("a\n\nERROR: b\n\n")
    'ERROR: b'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _through_office(extension: Path, profile: Path | None) -> None:
    """Let an office of our own install it, as its window for extensions would."""
    pipe = f"xs{uuid.uuid4().hex[:12]}"
    listen = f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext"
    command = [str(program("soffice")), *profile_argument(profile), *QUIET, listen]
    office = subprocess.Popen(  # noqa: S603 - as above
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=surroundings()
    )
    try:
        context = wait_for(pipe, office.poll)
        told = _add(context, extension)
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        _end(desktop.terminate)
        office.wait(STARTED_WITHIN)
    finally:
        if office.poll() is None:
            office.kill()
            office.wait()
    if told is not None:
        raise InputError(Problem("calc_install_failed", facts={"reason": str(told)}))


def wait_for(pipe: str, ended: Callable[[], int | None]) -> Any:
    """The context of an office that is starting. ended: its exit code once it has ended."""
    limit = time.monotonic() + STARTED_WITHIN
    while True:
        try:
            context = connect(f"pipe,name={pipe}")
        except CalcGone as error:
            if ended() is not None or time.monotonic() > limit:
                raise InputError(Problem("calc_not_started")) from error
            time.sleep(0.1)
        else:
            if not settled(context, STARTED_WITHIN):
                raise InputError(Problem("calc_not_started"))
            return context


def settled(context: Any, within: float) -> bool:
    """Wait until an office does what it is asked in turn: it listens long before it has finished starting."""
    office = uno()
    import unohelper  # noqa: PLC0415 - it is there once uno() is

    turn = threading.Event()

    class Turn(unohelper.Base, office.getClass("com.sun.star.awt.XCallback")):  # type: ignore[misc]
        """Called when the office has come to it."""

        def notify(self, _: Any) -> None:
            turn.set()

    try:
        asked = context.ServiceManager.createInstanceWithContext("com.sun.star.awt.AsyncCallback", context)
        asked.addCallback(Turn(), None)
    except Exception as error:
        if translated(error) is None:
            raise
        return False
    return turn.wait(within)


def _add(context: Any, extension: Path) -> CalcError | None:
    """Add the extension; what went wrong."""
    manager = context.getValueByName("/singletons/com.sun.star.deployment.ExtensionManager")
    try:
        manager.addExtension(url(extension), (), "user", None, consent())
    except Exception as error:
        told = translated(error)
        if told is None:
            raise
        return told
    return None


def _end(terminate: Callable[[], object]) -> None:
    """End the office; it may be gone before it has answered."""
    try:
        terminate()
    except Exception as error:
        if translated(error) is None:
            raise


def consent() -> Any:
    """The answers to what an installation asks: yes, replace the earlier version."""
    office = uno()
    import unohelper  # noqa: PLC0415 - it is there once uno() is

    command_environment = office.getClass("com.sun.star.ucb.XCommandEnvironment")
    interaction = office.getClass("com.sun.star.task.XInteractionHandler")
    approve = office.getTypeByName("com.sun.star.task.XInteractionApprove")

    class Consent(unohelper.Base, command_environment, interaction):  # type: ignore[misc]
        """Agrees to everything."""

        def getInteractionHandler(self) -> Any:  # noqa: N802 - LibreOffice's names
            return self

        def getProgressHandler(self) -> None:  # noqa: N802
            return None

        def handle(self, request: Any) -> None:
            for way in request.getContinuations():
                if way.queryInterface(approve) is not None:
                    way.select()
                    return

    return Consent()
