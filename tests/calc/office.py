"""A real office for the tests: its own profile, its own pipe, ended whatever happens."""

import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlwings as xw

from xlsales.hosts import calc
from xlsales.hosts.calc_office import settled, surroundings
from xlsales.hosts.calc_uno import CalcError, CalcGone, UnoMissing, uno

PROGRAM = "soffice"
STARTED_WITHIN, ENDED_WITHIN = 180.0, 30.0


def missing(reason: str) -> None:
    """Skip with the reason; where nothing may be skipped, fail with it."""
    if os.environ.get("CI_MUST_NOT_SKIP") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def need(*programs: str) -> None:
    """Programs and the bridge that a test cannot do without."""
    for program in programs:
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    try:
        uno()
    except UnoMissing as error:
        missing(f"LibreOffice's module for Python cannot be loaded: {error}")


@dataclass
class Office:
    """A running office. process: what was started, leader of a group of its own; state: where it keeps its logs."""

    process: subprocess.Popen[bytes]
    pipe: str
    profile: Path
    state: Path
    app: xw.App | None = None

    def connect(self) -> xw.App:
        """The office through xlwings; waits until it listens and has finished starting."""
        end = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                self.app = calc.attach(f"pipe,name={self.pipe}")
            except CalcGone:
                assert self.process.poll() is None, f"soffice ended with {self.process.returncode}"
                assert time.monotonic() < end, "soffice does not listen"
                time.sleep(0.05)
            else:
                assert settled(self.app.impl.context, STARTED_WITHIN), "soffice does not finish starting"
                return self.app

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it at once, as a crash does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(ENDED_WITHIN)

    def end(self) -> None:
        """End it, gently first."""
        if self.process.poll() is None and self.app is not None:
            try:
                for book in list(self.app.books):
                    book.close()
                self.app.quit()
                self.process.wait(ENDED_WITHIN)
            except (CalcError, subprocess.TimeoutExpired):
                pass
        self.kill()
        calc.IMPL.running = None


def stopped(*_: object) -> None:
    """End a run that is told to end as one that is interrupted: what it started ends too."""
    raise KeyboardInterrupt


def start(profile: Path, *arguments: str, display: str = "", environment: dict[str, str] | None = None) -> Office:
    """Start an office with a profile; without a display it has no window."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stopped)
    pipe = f"xs{uuid.uuid4().hex[:12]}"
    command = [
        PROGRAM,
        f"-env:UserInstallation={profile.as_uri()}",
        "--norestore",
        "--nologo",
        "--nofirststartwizard",
        f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext",
        "--nodefault",
        *([] if display else ["--headless"]),
        *arguments,
    ]
    state = profile / "state"
    own = {**surroundings(), "SAL_USE_VCLPLUGIN": "gen" if display else "svp", "LC_ALL": "C.UTF-8"}
    own |= {"XDG_STATE_HOME": str(state), **(environment or {})}
    if display:
        own["DISPLAY"] = display
    process = subprocess.Popen(
        command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    return Office(process, pipe, profile, state)


@contextmanager
def running(profile: Path, **more: str) -> Iterator[Office]:
    """An office that ends with the block."""
    office = start(profile, **more)
    try:
        office.connect()
        yield office
    finally:
        office.end()


@pytest.fixture(scope="session")
def headless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[xw.App]:
    """An office without a window, shared by the tests of a run."""
    need(PROGRAM)
    with running(tmp_path_factory.mktemp("office")) as office:
        assert office.app is not None
        yield office.app
