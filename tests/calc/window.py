"""A real Calc window on a virtual screen: find things by their accessible names, click them with the mouse.

Every wait is for a condition and has a limit; one that passes it says what it waited for, shows what can be found on
the screen, and names a picture of it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xlwings as xw

from tests.calc.office import Office
from tests.calc.screen import HEIGHT, WIDTH, Screen
from xlsales.hosts.calc_office import settled
from xlsales.hosts.calc_uno import translated
from xlsales.labels import word

TITLE, ANSWERS = "xlsales", ("Yes", "No", "OK")  # of message boxes
LOOK = 0.1  # seconds between two looks
SOON, LATE = 60.0, 240.0  # for what the window does at once; for what a command may need on a busy machine
UNHEARD, FOLLOWED = 20.0, 5.0  # after which a click without any effect, on a button or a link, is made again
ANSWERED = 2.0  # the same on a message box: it closes at once, whatever is done then
LOG_TAIL = 3000
TEXT_BEGINS = 15  # points from the edge of a cell
DEEPEST, MOST_CHILDREN = 14, 300
PLACE_AND_SIZE = 15  # com.sun.star.awt.PosSize
BAR = "toolbar/addon_"  # in the addresses of the toolbars of extensions


@dataclass
class Window:
    """The office, the screen that it is on, and where pictures of failures go."""

    office: Office
    screen: Screen
    pictures: Path
    known: dict[str, Any] = field(default_factory=dict)  # toolbar buttons by their names, of the window in front
    front: Any = None  # the frame of the book that was shown last

    @property
    def app(self) -> xw.App:
        assert self.office.app is not None
        return self.office.app

    def show(self, path: Path) -> xw.Book:
        """Open a book; its window then fills the screen and has the keyboard, and commands are of this book."""
        book = self.app.books.open(str(path))
        self.known.clear()
        self.front = book.impl.xl.getCurrentController().getFrame()
        self.front.activate()
        self.wait(lambda: self.active() == book.fullname, SOON, f"{book.name} is not the book in front")
        self.main.setPosSize(0, 0, WIDTH, HEIGHT, PLACE_AND_SIZE)
        self.main.setFocus()
        self.settle()
        return book

    def active(self) -> str:
        """The file of the book that commands are of."""
        found = self.app.impl.books.active
        return "" if found is None else str(found.fullname)

    def settle(self) -> None:
        """Wait until the office has done all that it had to do before."""
        assert settled(self.app.impl.context, LATE), self.told("the office does not come to rest")

    @property
    def frame(self) -> Any:
        """The frame of the book."""
        found = self.app.impl.books.active
        assert found is not None, "no book is open"
        return found.xl.getCurrentController().getFrame()

    @property
    def main(self) -> Any:
        """The window of the book."""
        return self.frame.getContainerWindow()

    def told(self, what: str) -> str:
        """A message with a picture of the screen and, in a file beside it, everything on it that has a name."""
        picture = self.screen.picture(self.pictures / f"{time.time_ns()}.png")
        picture.with_suffix(".txt").write_text("\n".join(attempt(self.names) or []), "utf-8")
        return f"{what}; picture: {picture}{self.log()}"

    def log(self) -> str:
        """The end of what the commands noted about failures inside; "" where nothing went wrong."""
        written = [path.read_text("utf-8")[-LOG_TAIL:] for path in self.office.state.rglob("*.log")]
        return "\n".join(["", *written])

    def wait(self, look: Callable[[], Any], within: float, what: str) -> Any:
        """What `look` gives once it gives anything."""
        end = time.monotonic() + within
        while not (found := attempt(look)):
            assert self.office.runs, f"the office ended while waiting: {what}"
            assert time.monotonic() < end, self.told(f"not within {within:.0f} s: {what}")
            time.sleep(LOOK)
        return found

    def tops(self) -> list[Any]:
        """The windows that are open, dialogs too, the last first."""
        toolkit = self.app.impl.service("com.sun.star.awt.Toolkit")
        return [toolkit.getTopWindow(at) for at in reversed(range(toolkit.getTopWindowCount()))]

    def names(self) -> list[str]:
        """What there is to find."""
        return sorted({name for top in self.tops() for name, _ in walk(accessible(top)) if name})[:400]

    def place(self, name: str, within: float = SOON) -> tuple[int, int]:
        """Where the middle of what bears an accessible name is; of several the highest: toolbars are above tabs."""
        look = lambda: [middle(each) for top in self.tops() for each in named(top, name)]  # noqa: E731
        return min(self.wait(look, within, f"nothing is called {name}"), key=lambda place: place[1])

    def button(self, name: str) -> tuple[int, int]:
        """Where a button of a toolbar is: all are looked for at once and remembered."""
        found = attempt(lambda: middle(self.known[name])) if name in self.known else None
        if found is None:
            self.known = dict(self.wait(self.toolbars, SOON, "a toolbar"))
            assert name in self.known, self.told(f"no button is called {name}")
            found = middle(self.known[name])
        return found

    def toolbars(self) -> list[tuple[str, Any]]:
        """The buttons on the toolbars of extensions, with their names."""
        bars = [each for each in self.frame.LayoutManager.getElements() if BAR in each.ResourceURL]
        inside = (found for bar in bars for found in walk(accessible(bar.getRealInterface())))
        return [(label, context) for label, context in inside if shown(context)]

    def click(self, name: str) -> None:
        """Move the mouse onto something and press its button."""
        self.press(*self.place(name))

    def press(self, x: int, y: int) -> None:
        """Press the button of the mouse; the office handles each part of it before the next comes."""
        self.screen.tool("mousemove", str(x - 1), str(y))
        self.screen.tool("mousemove", str(x), str(y))
        self.settle()
        self.screen.tool("mousedown", "1")
        self.screen.tool("mouseup", "1")

    def follow(self, cell: xw.Range, there: Callable[[], bool]) -> None:
        """Click a link as one does, with the Control key held, until one is `there`."""
        look = lambda: [each for top in self.tops() for each in named(top, f"Sheet {cell.sheet.name}")][:1]  # noqa: E731
        (sheet,) = self.wait(look, SOON, f"the sheet {cell.sheet.name} is not shown")
        found = sheet.getAccessibleCellAt(cell.row - 1, cell.column - 1)
        left = found.getLocationOnScreen().X + TEXT_BEGINS  # a link is only where its text is
        end = time.monotonic() + SOON
        while not attempt(there):
            assert time.monotonic() < end, self.told("the link leads nowhere")
            self.screen.tool("keydown", "ctrl")
            try:
                self.settle()
                self.press(left, middle(found)[1])
                self.settle()  # the office looks at the key when it comes to the click
            finally:
                self.screen.tool("keyup", "ctrl")
            heard = time.monotonic() + FOLLOWED
            while time.monotonic() < heard and not attempt(there):
                time.sleep(LOOK)

    def command(self, command: str, clicks: int = 1) -> None:
        """Click a command's button on the toolbar, with a real mouse, until it works. Menus speak English here."""
        # As a window manager does: the window that is clicked is in front, and has the keyboard when a box closes.
        attempt(lambda: self.front and self.front.activate())
        self.main.setFocus()
        x, y = self.button(word("command." + command, "en"))
        end = time.monotonic() + LATE
        while True:
            for _ in range(clicks):
                self.press(x, y)
            heard = time.monotonic() + UNHEARD
            while time.monotonic() < heard:
                if attempt(self.working):
                    return
                time.sleep(LOOK)
            assert time.monotonic() < end, self.told(f"the button {command} does nothing")
            print(self.told(f"a click on {command} had no effect; it is made again"))

    def working(self) -> bool:
        """Whether a command is running, or has something to say."""
        return not self.main.isEnabled() or bool(self.boxes())

    def boxes(self) -> list[Any]:
        """The message boxes of ours that are open."""
        return [top for top in self.tops() if accessible(top).getAccessibleName() == TITLE]

    def box(self, within: float = LATE) -> tuple[str, list[str]]:
        """The text of the message box in front and the names of its buttons; waits for one."""
        text = self.wait(
            lambda: next((each for top in self.boxes() for each in box_text(top)), ""), within, "a message"
        )
        return text, [name for name in ANSWERS if attempt(lambda name=name: self.buttons(name))]

    def buttons(self, name: str) -> list[tuple[int, int]]:
        """Where the message box has a button of that name."""
        return [middle(each) for top in self.boxes() for each in named(top, name)]

    def answer(self, name: str) -> None:
        """Click a button of the message box until the box has closed."""
        text, _ = self.box()
        end = time.monotonic() + LATE
        while True:
            self.settle()  # a box can be found before it is shown; a click then goes to what is behind it
            for place in attempt(lambda: self.buttons(name)) or []:
                self.press(*place)
                break
            heard = time.monotonic() + ANSWERED
            while time.monotonic() < heard:
                if attempt(lambda: [True]) and text not in (attempt(self.texts) or []):
                    return
                time.sleep(LOOK)
            assert time.monotonic() < end, self.told(f"the message box stays: {text}")
            print(f"a click on {name} had no effect; it is made again: {text[:80]}")

    def texts(self) -> list[str]:
        """What the message boxes say."""
        return [each for top in self.boxes() for each in box_text(top)]

    def run(self, command: str, clicks: int = 1, answer: str = "Yes") -> str:
        """Click a command, answer its questions; what it said at last."""
        self.command(command, clicks)
        while True:
            text, buttons = self.box()
            if "Yes" not in buttons:
                assert str(self.office.state) not in text, self.told(text)  # it names the file of failures inside
                self.answer("OK")
                self.wait(lambda: self.main.isEnabled() and not self.boxes(), LATE, f"the end of {command}")
                return text
            self.answer(answer)


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
    yield context.getAccessibleName(), context
    count = context.getAccessibleChildCount()
    if depth > DEEPEST or count > MOST_CHILDREN:
        return
    for at in range(count):
        child = context.getAccessibleChild(at)
        if child is not None:
            yield from walk(child.getAccessibleContext(), depth + 1)


def shown(context: Any) -> bool:
    """Whether something has a place on the screen."""
    return hasattr(context, "getLocationOnScreen") and context.getSize().Width > 0


def named(window: Any, name: str) -> Iterator[Any]:
    """What is called so and has a place on the screen."""
    for found, context in walk(accessible(window)):
        if found == name and shown(context):
            yield context


def middle(context: Any) -> tuple[int, int]:
    place, size = context.getLocationOnScreen(), context.getSize()
    return place.X + size.Width // 2, place.Y + size.Height // 2


def box_text(window: Any) -> Iterator[str]:
    """The text of a message box of ours."""
    texts = [name for name, _ in walk(accessible(window)) if name and name not in {TITLE, *ANSWERS}]
    if texts:
        yield max(texts, key=len)
