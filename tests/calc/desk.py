"""One office in a window on a virtual screen for all tests of a run: started once, started again where it died."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlwings as xw

from tests.calc.office import Office, need, start
from tests.calc.screen import Screen, screen
from tests.calc.window import Window, attempt
from xlsales.hosts import calc
from xlsales.hosts.calc_uno import CalcError

DESK: pytest.StashKey["Desk"] = pytest.StashKey()
TEST_WITHIN = 600.0  # seconds after which a test that waits for an office that does not answer is ended
MOST_SERVED = 6  # tests
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{}</oor:items>
"""
ITEM = '<item oor:path="{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>\n'
COMMON, SAVED = "/org.openoffice.Office.Common/", "/org.openoffice.Office.Recovery/"
QUIET = (  # what an office asks, shows and does by itself when it starts for the first time, crashed, or has time
    (COMMON + "Misc", "ShowTipOfTheDay", "false"),
    (COMMON + "Misc", "FirstRun", "false"),
    (COMMON + "Misc", "ShowDonation", "false"),
    (COMMON + "Save/Document", "AutoSave", "false"),
    ("/org.openoffice.Setup/Product", "ooSetupLastVersion", "99.0"),
    (SAVED + "RecoveryInfo", "Enabled", "false"),
    ("/org.openoffice.Office.Calc/Content/Display", "ColumnLabel", "true"),
)


def quiet_profile(profile: Path) -> None:
    """Let nothing but the book show when the office starts; what the profile holds already stays."""
    path = profile / "user" / "registrymodifications.xcu"
    path.parent.mkdir(parents=True, exist_ok=True)
    items = "".join(ITEM.format(*each) for each in QUIET)
    if path.is_file():
        path.write_text(path.read_text("utf-8").replace("</oor:items>", items + "</oor:items>"), "utf-8")
    else:
        path.write_text(SETTINGS.format(items), "utf-8")


@dataclass
class Desk:
    """Where the office stands. died: why the office did not live to the end of the last test."""

    screen: Screen
    profile: Path
    pictures: Path
    office: Office | None = None
    died: str = ""
    served: int = 0

    def window(self) -> Window:
        """The office; started where none runs, and anew after some tests, since it keeps memory of closed books."""
        if self.office is None or not self.office.runs or self.served == MOST_SERVED:
            self.end()
            self.served = 0
            self.died = "the office did not start"
            self.office = start(self.profile, display=self.screen.name)
            self.office.connect()
        self.died = ""
        self.served += 1
        return Window(self.office, self.screen, self.pictures)

    def tidy(self) -> None:
        """Close what a test left open; an office that cannot is ended."""
        if self.office is None or not self.office.runs:
            self.died = self.died or f"the office ended by itself: {self.office and self.office.process.poll()}"
            return
        window = Window(self.office, self.screen, self.pictures)
        if attempt(window.boxes):
            self.kill(window.told("a message box was left open"))
            return
        try:
            for book in list(window.app.books):
                book.impl.xl.setModified(False)
                book.close()
            window.settle()
        except (CalcError, AssertionError) as error:
            self.kill(f"the office cannot close its books: {error}")

    def kill(self, why: str) -> None:
        """End the office at once."""
        self.died = why
        if self.office is not None:
            self.office.kill()

    def end(self) -> None:
        """End the office, gently first."""
        if self.office is not None:
            self.office.end()
        self.office = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """End an office that does not answer: a call into it would wait for ever."""
        late = threading.Timer(TEST_WITHIN, lambda: self.kill(f"no end after {TEST_WITHIN:.0f} s: {self.picture()}"))
        late.daemon = True
        late.start()
        try:
            yield
        finally:
            late.cancel()

    def picture(self) -> Path:
        """What the screen shows now."""
        return self.screen.picture(self.pictures / f"{time.time_ns()}.png")


@pytest.fixture(scope="session")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile with the extension in it, put there by the command that users type."""
    need("soffice")
    from xlsales.__main__ import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        for again in (False, True):
            profile = tmp_path_factory.mktemp("extended")
            code = main(["calc", "install", "--profile", str(profile)])
            if code == 0:
                break
            assert not again, "the extension cannot be installed"
            print(f"the office that installs the extension gave {code}; another is started")
    quiet_profile(profile)
    return profile


@pytest.fixture(scope="session")
def desk(extended: Path, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Desk]:
    """The office of a run."""
    need("Xvfb", "xdotool", "soffice")
    with screen() as shown:
        found = pytestconfig.stash[DESK] = Desk(shown, extended, tmp_path_factory.mktemp("pictures"))
        try:
            yield found
        finally:
            del pytestconfig.stash[DESK]
            found.end()


@pytest.fixture
def window(desk: Desk) -> Iterator[Window]:
    """The office with no book open."""
    with desk.watched():
        yield desk.window()
        calc.IMPL.ask = None
        desk.tidy()


@pytest.fixture
def equipped(window: Window) -> xw.App:
    """The same without its window."""
    return window.app
