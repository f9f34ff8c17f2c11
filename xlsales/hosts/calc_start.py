"""A Calc of our own, without a window and with a profile of its own: what the user has open is left alone."""

import os
import signal
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlwings as xw

from xlsales.hosts.calc import attach
from xlsales.hosts.calc_office import QUIET, profile_argument, program, surroundings, wait_for
from xlsales.hosts.calc_uno import CalcError

ENDED_WITHIN = 30.0


@dataclass(frozen=True)
class OwnCalc:
    """A running office; xlwings' app but for its end."""

    app: xw.App
    process: "subprocess.Popen[bytes]"

    @property
    def books(self) -> Any:
        """Its workbooks."""
        return self.app.books

    def quit(self) -> None:
        """End it, gently first."""
        try:
            self.app.quit()
            self.process.wait(ENDED_WITHIN)
        except (CalcError, subprocess.TimeoutExpired):
            pass
        end(self.process)


def start(profile: Path) -> OwnCalc:
    """Start one with a profile. InputError where LibreOffice is not installed or does not start."""
    pipe = f"xs{uuid.uuid4().hex[:12]}"
    listen = f"--accept=pipe,name={pipe};urp;StarOffice.ComponentContext"
    command = [str(program("soffice")), *profile_argument(profile), *QUIET, listen]
    process = subprocess.Popen(  # noqa: S603 - LibreOffice itself, no shell
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=surroundings()
    )
    try:
        wait_for(pipe, process.poll)
        return OwnCalc(attach(f"pipe,name={pipe}"), process)
    except BaseException:
        end(process)
        raise


def end(process: "subprocess.Popen[bytes]") -> None:
    """Make sure that it has ended; what was started may have started the office itself."""
    if process.poll() is None and hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
