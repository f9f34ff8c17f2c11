"""LibreOffice Calc as an engine of xlwings: the office, its books, what it tells and asks the user."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import xlwings as xw
from xlwings import base_classes

from xlsales.hosts.calc_book import Book, Sheet
from xlsales.hosts.calc_native import CalcNative
from xlsales.hosts.calc_range import Range
from xlsales.hosts.calc_uno import CalcError, connect, enum, guarded, options, url
from xlsales.hosts.calc_values import ErrorText, box_of
from xlsales.udfs.cells import plain_out

NAME = "calc"
DOCUMENT = "com.sun.star.sheet.SpreadsheetDocument"
BUTTONS = {"ok": 1, "ok_cancel": 2, "yes_no": 3, "yes_no_cancel": 4}  # com.sun.star.awt.MessageBoxButtons
BOXES = {"info": "INFOBOX", "critical": "ERRORBOX"}
ANSWERS = {0: "cancel", 1: "ok", 2: "yes", 3: "no"}
RUN_NO_MACROS = 0  # com.sun.star.document.MacroExecMode

Asked = Callable[[str, str, str, str], str]


class Engine:
    """What xlwings knows of Calc. totals: rows of totals that are switched off; ask: shows a message box;
    picks: shows a window for files. Both are the office's own where they are None.
    """

    name, type = NAME, "desktop"

    def __init__(self) -> None:
        self.running: App | None = None
        self.native = CalcNative()
        self.totals: dict[tuple[str, str], list[Any]] = {}
        self.ask: Asked | None = None
        self.picks: Callable[[str], str] | None = None

    @property
    def apps(self) -> "Apps":
        """The office, if it is connected."""
        return Apps(self)

    @staticmethod
    def prepare_xl_data_element(value: Any, options: Any) -> Any:  # noqa: ARG004 - the signature that xlwings calls
        """A value on its way into a cell."""
        kind = type(value)
        if kind is str or (kind is float and value == value):  # noqa: PLR0124 - NaN is a blank cell
            return value
        return plain_out(value)

    @staticmethod
    def clean_value_data(
        data: Sequence[Sequence[Any]],
        datetime_builder: Callable[..., Any],
        empty_as: Any,
        number_builder: Callable[[float], Any] | None,
        err_to_str: bool,
    ) -> list[list[Any]]:
        """Values on their way out of cells, as the options of a range ask."""

        def clean(value: Any) -> Any:
            kind = type(value)
            if kind is float:
                return value if number_builder is None else number_builder(value)
            if kind is str:
                return value or empty_as
            if kind is ErrorText:
                return str(value) if err_to_str else None
            if kind is dt.datetime and datetime_builder is not dt.datetime:
                return datetime_builder(
                    year=value.year, month=value.month, day=value.day, hour=value.hour, minute=value.minute,
                    second=value.second, microsecond=value.microsecond, tzinfo=None,
                )  # fmt: skip
            return value

        return [[clean(value) for value in row] for row in data]


class Apps(base_classes.Apps):
    """At most one office: the one that was connected last."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def keys(self) -> list[int]:
        """Its number."""
        return [app.pid for app in self]

    def add(
        self,
        spec: str | None = None,
        add_book: bool | None = None,
        xl: Any = None,
        visible: object = None,  # noqa: ARG002 - the signature that xlwings calls
    ) -> "App":
        """Connect. spec: where an office listens; xl: the context inside of which this runs."""
        if xl is None:
            if spec is None:
                raise CalcError("say where the office listens")
            xl = connect(spec)
        self.engine.running = App(self.engine, xl)
        if add_book:
            self.engine.running.books.add()
        return self.engine.running

    def __iter__(self) -> Any:
        return iter([self.engine.running] if self.engine.running else [])

    def __len__(self) -> int:
        return int(self.engine.running is not None)

    def __getitem__(self, pid: int) -> "App":
        for app in self:
            if app.pid == pid:
                return app
        raise KeyError(pid)


@guarded
class App(base_classes.App):
    """A running office."""

    enable_events = True  # nothing of ours listens to events
    display_alerts = True  # deleting a sheet never asks here
    visible = True

    def __init__(self, engine: Engine, context: Any) -> None:
        self._engine, self.context = engine, context
        self.desktop = self.service("com.sun.star.frame.Desktop")
        self._status: Any = None

    def service(self, name: str) -> Any:
        """One of the office's services."""
        return self.context.ServiceManager.createInstanceWithContext(name, self.context)

    @property
    def engine(self) -> Engine:
        """The engine."""
        return self._engine

    @property
    def api(self) -> Any:
        """The office's own object."""
        return self.desktop

    @property
    def pid(self) -> int:
        """A number of its own."""
        return id(self)

    @property
    def books(self) -> "Books":
        """The open books."""
        return Books(self)

    @property
    def version(self) -> str:
        """Such as 7.4.7.2."""
        provider = self.service("com.sun.star.configuration.ConfigurationProvider")
        product = provider.createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess", options(nodepath="/org.openoffice.Setup/Product")
        )
        return str(product.getPropertyValue("ooSetupVersionAboutBox"))

    @property
    def selection(self) -> Range | None:
        """The selected cells of the active book; None where a drawing is selected."""
        book = self.books.active
        chosen = book.xl.getCurrentSelection() if book else None
        if chosen is None or not hasattr(chosen, "getRangeAddress"):
            if chosen is None or not hasattr(chosen, "getRangeAddresses"):
                return None
            addresses = chosen.getRangeAddresses()
        else:
            addresses = (chosen.getRangeAddress(),)
        if book is None or not addresses:
            return None
        sheet = Sheet(book, book.xl.getSheets().getByIndex(addresses[0].Sheet))
        first, *more = [box_of(address) for address in addresses]
        return Range(sheet, first, more)

    def _frame(self) -> Any:
        """The window's frame; the office knows no current one while another program's window is in front."""
        frame = self.desktop.getCurrentFrame()
        if frame is None:
            book = self.books.active
            controller = book.xl.getCurrentController() if book else None
            frame = controller.getFrame() if controller else None
        return frame

    def _documents(self) -> list[Any]:
        return [book.xl for book in self.books]

    @property
    def screen_updating(self) -> bool:
        """Whether changes are painted."""
        return not any(document.hasControllersLocked() for document in self._documents())

    @screen_updating.setter
    def screen_updating(self, wanted: bool) -> None:
        """While nothing is painted, Calc's own undo does not record: what it took back would not fit what we wrote."""
        for document in self._documents():
            undo = document.getUndoManager()
            if not wanted and not document.hasControllersLocked():
                document.lockControllers()
                undo.lock()
            while wanted and document.hasControllersLocked():
                document.unlockControllers()
                if undo.isLocked():
                    undo.unlock()
                    undo.clear()

    @property
    def calculation(self) -> str:
        """Automatic or manual."""
        documents = self._documents()
        return "automatic" if all(each.isAutomaticCalculationEnabled() for each in documents) else "manual"

    @calculation.setter
    def calculation(self, wanted: str) -> None:
        for document in self._documents():
            document.enableAutomaticCalculation(wanted == "automatic")
            if wanted == "automatic":
                document.calculate()

    def calculate(self) -> None:
        """Calculate every formula anew."""
        for document in self._documents():
            document.calculateAll()

    @property
    def status_bar(self) -> bool:
        """False: what Calc shows there cannot be read."""
        return False

    @status_bar.setter
    def status_bar(self, text: str | bool) -> None:
        if not text:
            if self._status is not None:
                self._status.end()
            self._status = None
            return
        if self._status is None:
            frame = self._frame()
            self._status = frame.createStatusIndicator() if frame else None
            if self._status is not None:
                self._status.start(str(text), 0)
                return
        if self._status is not None:
            self._status.setText(str(text))

    def alert(self, prompt: str, title: str | None, buttons: str, mode: str | None, callback: object) -> str:  # noqa: ARG002
        """Show a message box; what was pressed, in Excel's words."""
        if self._engine.ask is not None:
            return self._engine.ask(prompt, title or "", buttons, mode or "")
        frame = self._frame()
        window = frame.getContainerWindow() if frame else None
        if window is None:
            raise CalcError(f"no window to say it in: {prompt}")
        kind = "QUERYBOX" if buttons.startswith("yes") else BOXES.get(mode or "", "MESSAGEBOX")
        box = window.getToolkit().createMessageBox(
            window, enum("awt.MessageBoxType", kind), BUTTONS[buttons], title or "", prompt
        )
        answer = ANSWERS[box.execute()]
        box.dispose()
        return answer

    def accept_input(self, wanted: bool) -> None:
        """Let the window take mouse and keyboard, or not; its message boxes do in any case."""
        frame = self._frame()
        window = frame.getContainerWindow() if frame else None
        if window is not None:
            window.setEnable(wanted)

    def activate(self, steal_focus: bool = False) -> None:  # noqa: ARG002 - the window manager decides
        """Bring the window to the front."""
        frame = self._frame()
        if frame is not None:
            frame.activate()

    def quit(self) -> None:
        """End the office."""
        self._engine.running = None
        self.desktop.terminate()


@guarded
class Books(base_classes.Books):
    """The open spreadsheets."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def app(self) -> App:
        """The office."""
        return self._app

    @property
    def api(self) -> Any:
        """The office's list of open documents."""
        return self._app.desktop.getComponents()

    def _all(self) -> list[Book]:
        documents = self.api.createEnumeration()
        found = []
        while documents.hasMoreElements():
            document = documents.nextElement()
            if document.supportsService(DOCUMENT):
                found.append(Book(self._app, document))
        return found

    @property
    def active(self) -> Book | None:
        """The book in front."""
        document = self._app.desktop.getCurrentComponent()
        if document is not None and document.supportsService(DOCUMENT):
            return Book(self._app, document)
        return next(iter(self._all()), None)

    def __call__(self, key: int | str) -> Book:
        """By number or name."""
        for number, book in enumerate(self._all(), start=1):
            if key in {number, book.name}:
                return book
        raise KeyError(key)

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Any:
        return iter(self._all())

    def add(self) -> Book:
        """A new book."""
        return self._loaded("private:factory/scalc", {})

    def open(
        self,
        fullname: str,
        update_links: object = None,  # noqa: ARG002 - the signature that xlwings calls
        read_only: bool | None = None,
        format: object = None,  # noqa: A002, ARG002
        password: str | None = None,
        *_: object,
        **__: object,
    ) -> Book:
        """Open a file; its macros do not run."""
        more = {"Password": password} if password else {}
        return self._loaded(url(fullname), {"MacroExecutionMode": RUN_NO_MACROS, "ReadOnly": bool(read_only), **more})

    def _loaded(self, address: str, named: dict[str, Any]) -> Book:
        document = self._app.desktop.loadComponentFromURL(address, "_blank", 0, options(**named))
        if document is None:
            raise CalcError(f"{address} was not opened: it is missing, or open elsewhere")
        return Book(self._app, document)


IMPL = Engine()


def engine() -> xw.Engine:
    """The engine, known to xlwings under the name "calc"."""
    if NAME not in xw.engines.engines_by_name:
        xw.engines.add(xw.Engine(impl=IMPL))
    return xw.engines[NAME]


def attach(where: str = "", context: Any = None) -> xw.App:
    """The office that listens at `where` ("pipe,name=sales"), or inside of which this runs."""
    known = engine()
    app = IMPL.apps.add(spec=where or None, xl=context)
    known.activate()
    return xw.App(impl=app)
