"""A real Calc window on a virtual screen: find things by their accessible names, click them with the mouse."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlwings as xw

from tests.calc.office import Office, need, start
from xlsales.hosts.calc_uno import translated

WIDTH, HEIGHT = 1920, 1080
TITLE = "xlsales"  # of message boxes
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
{}</oor:items>
"""
ITEM = '<item oor:path="{}"><prop oor:name="{}" oor:op="fuse"><value>{}</value></prop></item>\n'
QUIET = (  # what an office asks and shows when it starts for the first time
    ("/org.openoffice.Office.Common/Misc", "ShowTipOfTheDay", "false"),
    ("/org.openoffice.Office.Common/Misc", "FirstRun", "false"),
    ("/org.openoffice.Office.Common/Misc", "ShowDonation", "false"),
    ("/org.openoffice.Setup/Product", "ooSetupLastVersion", "99.0"),
    ("/org.openoffice.Office.Calc/Formula/Load", "OOXMLRecalcMode", "0"),
)


@contextmanager
def screen() -> Iterator[str]:
    """A virtual screen; its name, such as ":7"."""
    need("Xvfb", "xdotool", "import", "soffice")
    read, write = os.pipe()
    size = f"{WIDTH}x{HEIGHT}x24"
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


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
class Window:
    """The office, and the screen that it is on."""

    office: Office
    display: str

    @property
    def app(self) -> xw.App:
        assert self.office.app is not None
        return self.office.app

    def tops(self) -> list[Any]:
        """The windows that are open, dialogs too, the last first."""
        toolkit = self.app.impl.service("com.sun.star.awt.Toolkit")
        return [toolkit.getTopWindow(at) for at in reversed(range(toolkit.getTopWindowCount()))]

    def find(self, name: str, within: float = 30.0) -> Any:
        """What bears an accessible name and is shown; waits for it."""
        found = self.wait(lambda: next((each for top in self.tops() for each in named(top, name)), None), within)
        assert found is not None, f"nothing on the screen is called {name}: {self.names()}"
        return found

    def names(self) -> list[str]:
        """What there is to find."""
        return sorted({name for top in self.tops() for name, _ in walk(accessible(top)) if name})[:400]

    def wait(self, look: Callable[[], Any], within: float) -> Any:
        """What `look` gives once it gives anything."""
        end = time.monotonic() + within
        while True:
            found = attempt(look)
            if found or time.monotonic() > end:
                return found
            time.sleep(0.5)

    def place(self, name: str, within: float = 30.0) -> tuple[int, int]:
        """Where the middle of something is."""
        return middle(self.find(name, within))

    def click(self, name: str, within: float = 30.0) -> None:
        """Move the mouse onto something and press its button."""
        self.press(*self.place(name, within))

    def working(self) -> bool:
        """Whether a command is running, or has something to say."""
        return not self.main.isEnabled() or bool(self.boxes())

    @property
    def main(self) -> Any:
        """The window of the book."""
        found = self.app.impl.books.active
        assert found is not None
        return found.xl.getCurrentController().getFrame().getContainerWindow()

    def command(self, name: str) -> None:
        """Click a button of the toolbar until it works: without a window manager a click may only bring the focus."""
        place = self.place(name)
        for _ in range(5):
            self.press(*place)
            if self.wait(lambda: attempt(self.working), 3.0):
                return
        raise AssertionError(f"the button {name} does nothing")

    def boxes(self) -> list[Any]:
        """The message boxes of ours that are open."""
        return [top for top in self.tops() if accessible(top).getAccessibleName() == TITLE]

    def shows(self, name: str) -> bool:
        """Whether a message box has a button of that name."""
        return bool(attempt(lambda: any(True for top in self.boxes() for _ in named(top, name))))

    def answer(self, name: str) -> None:
        """Click a button of the message box until the box has closed."""
        before = self.dialog()
        for _ in range(5):
            places = attempt(lambda: [middle(each) for top in self.boxes() for each in named(top, name)])
            if places:
                self.press(*places[0])
            if self.wait(lambda: attempt(lambda: self.closed(before)), 3.0):
                return
        raise AssertionError(f"the message box stays: {before}")

    def closed(self, text: str) -> bool:
        """Whether the message box of that text is no longer there."""
        return text not in [each for top in self.boxes() for each in box_text(top)]

    def press(self, x: int, y: int) -> None:
        """Press and release the button as slowly as a hand does: an office that is busy loses a faster click."""
        self.tool("mousemove", str(x - 1), str(y))
        time.sleep(0.3)
        self.tool("mousemove", str(x), str(y))
        time.sleep(0.3)
        self.tool("mousedown", "1")
        time.sleep(0.3)
        self.tool("mouseup", "1")
        time.sleep(0.3)

    def tool(self, *arguments: str) -> None:
        """A real event of mouse or keyboard."""
        subprocess.run(["xdotool", *arguments], env={**os.environ, "DISPLAY": self.display}, check=True, timeout=20)

    def picture(self, path: Path) -> None:
        """What the screen shows."""
        command = ["import", "-window", "root", str(path)]
        subprocess.run(command, env={**os.environ, "DISPLAY": self.display}, check=True, timeout=60)

    def ready(self, within: float = 90.0) -> xw.Book:
        """The book in front once it is open; the window then fills the screen."""
        found = self.wait(lambda: self.app.impl.books.active, within)
        assert found is not None, "no book was opened"
        frame = self.wait(lambda: found.xl.getCurrentController().getFrame(), within)
        frame.getContainerWindow().setPosSize(0, 0, WIDTH, HEIGHT, 15)  # position and size
        time.sleep(1)
        self.press(WIDTH * 3 // 4, HEIGHT * 3 // 4)  # no window manager gives the window the keyboard
        time.sleep(1)
        return xw.Book(impl=found)

    def dialog(self, within: float = 300.0) -> str:
        """The text of the message box in front; waits for one, without holding up the office."""
        found = self.wait(lambda: next((text for top in self.tops() for text in box_text(top)), ""), within)
        assert found, f"no message box: {self.names()[:60]}"
        return found


def attempt(look: Callable[[], Any]) -> Any:
    """What `look` gives; nothing where a window closes while it looks."""
    try:
        return look()
    except Exception as error:
        if translated(error) is None and not isinstance(error, AttributeError):
            raise
    return None


def accessible(window: Any) -> Any:
    return window.getAccessibleContext()


def walk(context: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Everything inside, with its accessible name; tables are not entered."""
    if context is None:
        return
    name = context.getAccessibleName()
    yield name, context
    count = context.getAccessibleChildCount()
    if depth > 14 or count > 300:
        return
    for at in range(count):
        child = context.getAccessibleChild(at)
        if child is not None:
            yield from walk(child.getAccessibleContext(), depth + 1)


def named(window: Any, name: str) -> Iterator[Any]:
    """What is called so and has a place on the screen."""
    for found, context in walk(accessible(window)):
        if found == name and hasattr(context, "getLocationOnScreen") and context.getSize().Width > 0:
            yield context


def middle(context: Any) -> tuple[int, int]:
    place, size = context.getLocationOnScreen(), context.getSize()
    return place.X + size.Width // 2, place.Y + size.Height // 2


def box_text(window: Any) -> Iterator[str]:
    """The text of a message box of ours."""
    context = accessible(window)
    if context.getAccessibleName() == TITLE:
        texts = [name for name, _ in walk(context) if len(name) > 8]
        if texts:
            yield max(texts, key=len)


@contextmanager
def opened(profile: Path, *arguments: str, display: str) -> Iterator[Window]:
    """A window of an office with a profile."""
    quiet_profile(profile)
    office = start(profile, *arguments, display=display)
    try:
        office.connect()
        yield Window(office, display)
    finally:
        office.end()
