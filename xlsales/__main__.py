"""The command line: demo, run, new, check, build, install, uninstall, doctor, selfcheck, calc, help."""

import argparse
import os
import platform
import sys
import traceback
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from xlsales import __version__
from xlsales.labels import LANGUAGES, word, words
from xlsales.problems import InputError, Problem, sentence

WRONG_INPUT = 2
FOUND_ERRORS = 1


class Parser(argparse.ArgumentParser):
    """A parser that says a mistake in one line, in the user's language, and exits with 2."""

    lang = "en"

    def error(self, message: str) -> NoReturn:
        """End with the sentence."""
        command = self.prog.removeprefix("xlsales").strip()
        self.exit(WRONG_INPUT, word("cli.usage", self.lang, message=message, command=command) + "\n")


def users_language(arguments: Sequence[str]) -> str:
    """The language asked for by --lang, else the one of the user's system, else English."""
    for position, argument in enumerate(arguments):
        chosen = argument.partition("=")[2] if argument.startswith("--lang=") else ""
        if argument == "--lang" and position + 1 < len(arguments):
            chosen = arguments[position + 1]
        if chosen in LANGUAGES:
            return chosen
    system = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if system.startswith("zh") else "en"


def translate_parser(lang: str) -> None:
    """Let argparse speak the language: its own sentences are looked up by their English text."""
    spoken = {entry["en"]: entry[lang] for key, entry in words().items() if key.startswith("argparse.")}
    argparse._ = lambda text: spoken.get(text, text)  # type: ignore[attr-defined]


def parser(lang: str) -> Parser:
    """All commands and their arguments, with help in a language."""

    def says(key: str) -> str:
        return word("cli." + key, lang)

    Parser.lang = lang
    translate_parser(lang)
    top = Parser(prog="xlsales", description=says("about"))
    top.add_argument("--version", action="version", version=f"xlsales {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=LANGUAGES, default=lang, help=says("arg.lang"))
    common.add_argument("--debug", action="store_true", help=says("arg.debug"))
    writes = argparse.ArgumentParser(add_help=False)
    writes.add_argument("--force", action="store_true", help=says("arg.force"))
    writes.add_argument("--now", help=says("arg.now"))
    reads = argparse.ArgumentParser(add_help=False)
    reads.add_argument("--data", type=Path, help=says("arg.data"))
    reads.add_argument("--as-of", help=says("arg.as_of"))
    commands = top.add_subparsers(dest="command", required=True, parser_class=Parser, metavar="COMMAND")

    demo = commands.add_parser("demo", help=says("demo"), parents=[common, writes])
    demo.add_argument("--out", type=Path, default=Path(), metavar="DIR", help=says("arg.outdir"))
    run = commands.add_parser("run", help=says("run"), parents=[common, writes, reads])
    run.add_argument("sources", type=Path, metavar="SOURCES", help=says("arg.sources"))
    run.add_argument("--out", type=Path, required=True, metavar="BOOK", help=says("arg.out"))
    run.add_argument("--strict", action="store_true", help=says("arg.strict"))
    new = commands.add_parser("new", help=says("new"), parents=[common, writes])
    new.add_argument("book", type=Path, metavar="BOOK", help=says("arg.book"))
    check = commands.add_parser("check", help=says("check"), parents=[common, reads])
    check.add_argument("sources", type=Path, metavar="SOURCES", help=says("arg.check"))
    check.add_argument("--all", action="store_true", help=says("arg.all"))
    saved_commands(commands, common, lang)
    build = commands.add_parser("build", help=says("build"), parents=[common])
    build.add_argument("--out", type=Path, metavar="DIR", help=says("arg.outdir"))
    for step in ("install", "uninstall"):
        chosen = commands.add_parser(step, help=says(step), parents=[common])
        chosen.add_argument("--dry-run", action="store_true", help=says("arg.dry_run"))
    doctor = commands.add_parser("doctor", help=says("doctor"), parents=[common])
    doctor.add_argument("book", nargs="?", type=Path, metavar="BOOK", help=says("arg.doctor_book"))
    selfcheck = commands.add_parser("selfcheck", help=says("selfcheck"), parents=[common])
    selfcheck.add_argument("book", type=Path, metavar="BOOK", help=says("arg.selfcheck_book"))
    selfcheck.add_argument("--in", dest="host", choices=("excel", "calc"), default="", help=says("arg.selfcheck_in"))
    calc_commands(commands, common, lang)
    exchange_commands(commands, common, writes, lang)
    large_commands(commands, common, lang)
    topic = commands.add_parser("help", help=says("help"), parents=[common])
    topic.add_argument("topic", nargs="?", default="", metavar="TOPIC", help=says("arg.topic"))
    return top


def calc_commands(commands: Any, common: argparse.ArgumentParser, lang: str) -> None:
    """LibreOffice Calc and its copies of workbooks."""

    def says(key: str) -> str:
        return word("cli." + key, lang)

    calc = commands.add_parser("calc", help=says("calc"), parents=[common])
    steps = calc.add_subparsers(dest="step", required=True, parser_class=Parser, metavar="STEP")
    office = argparse.ArgumentParser(add_help=False)
    office.add_argument("--profile", type=Path, metavar="DIR", help=says("arg.profile"))
    for step in ("install", "open", "doctor"):
        chosen = steps.add_parser(step, help=says("calc." + step), parents=[common, office])
        if step == "open":
            chosen.add_argument("book", type=Path, metavar="BOOK", help=says("arg.calc_book"))
    back = steps.add_parser("back", help=says("calc.back"), parents=[common])
    back.add_argument("book", type=Path, metavar="COPY", help=says("arg.calc_copy"))
    back.add_argument("--into", type=Path, required=True, metavar="BOOK", help=says("arg.calc_into"))
    back.add_argument("--dry-run", action="store_true", help=says("arg.dry_run"))
    back.add_argument("--now", help=says("arg.now"))


def saved_commands(commands: Any, common: argparse.ArgumentParser, lang: str) -> None:
    """What is done to a saved workbook without a spreadsheet program."""

    def says(key: str) -> str:
        return word("cli." + key, lang)

    refresh = commands.add_parser("refresh", help=says("refresh"), parents=[common])
    refresh.add_argument("book", type=Path, metavar="BOOK", help=says("arg.refresh_book"))
    refresh.add_argument("--only", default="", metavar="NAMES", help=says("arg.only"))
    refresh.add_argument("--since", metavar="DATE", help=says("arg.since"))
    refresh.add_argument("--inputs", action="store_true", help=says("arg.inputs"))
    refresh.add_argument("--now", help=says("arg.now"))
    roll = commands.add_parser("roll", help=says("roll"), parents=[common])
    roll.add_argument("book", type=Path, metavar="BOOK", help=says("arg.roll_book"))
    roll.add_argument("--out", type=Path, metavar="BOOK", help=says("arg.rolled"))
    roll.add_argument("--now", help=says("arg.now"))
    named = commands.add_parser("sources", help=says("sources"), parents=[common])
    named.add_argument("book", type=Path, metavar="BOOK", help=says("arg.refresh_book"))
    named.add_argument("file", nargs="?", type=Path, metavar="FILE", help=says("arg.source_file"))
    named.add_argument("--table", default="", metavar="NAME", help=says("arg.table"))
    named.add_argument("--mapping", default="", metavar="NAME", help=says("arg.mapping"))
    named.add_argument("--control", type=float, metavar="TOTAL", help=says("arg.control"))
    named.add_argument("--now", help=says("arg.now"))


def large_commands(commands: Any, common: argparse.ArgumentParser, lang: str) -> None:
    """What is grouped where the lines lie, because no sheet and no memory holds them."""

    def says(key: str) -> str:
        return word("cli." + key, lang)

    five = commands.add_parser("five", help=says("five"), parents=[common])
    five.add_argument("folder", type=Path, metavar="DIR", help=says("arg.large"))
    five.add_argument("--by", default="", metavar="COLUMNS", help=says("arg.five_by"))
    five.add_argument("--period", default="none", help=says("arg.five_period"))
    five.add_argument("--first", metavar="DATE", help=says("arg.five_first"))
    five.add_argument("--last", metavar="DATE", help=says("arg.five_last"))
    five.add_argument("--engine", default="duckdb", metavar="ENGINE", help=says("arg.engine"))
    five.add_argument("--control", type=float, metavar="TOTAL", help=says("arg.control"))
    five.add_argument("--out", type=Path, metavar="FILE", help=says("arg.five_out"))


def exchange_commands(
    commands: Any, common: argparse.ArgumentParser, writes: argparse.ArgumentParser, lang: str
) -> None:
    """The plan on its way to the managers and back."""

    def says(key: str) -> str:
        return word("cli." + key, lang)

    plan = commands.add_parser("plan", help=says("plan"), parents=[common, writes])
    plan.add_argument("sources", type=Path, metavar="SOURCES", help=says("arg.sources"))
    plan.add_argument("--out", type=Path, required=True, metavar="BOOK", help=says("arg.out"))
    plan.add_argument("--data", type=Path, help=says("arg.data"))
    plan.add_argument("--as-of", help=says("arg.as_of"))
    plan.add_argument("--growth", default="0", metavar="RATE", help=says("arg.growth"))
    plan.add_argument("--total", type=float, metavar="SALES", help=says("arg.total"))
    plan.add_argument("--year", default="", metavar="YEAR", help=says("arg.year"))
    versions = commands.add_parser("versions", help=says("versions"), parents=[common])
    versions.add_argument("book", type=Path, metavar="BOOK", help=says("arg.plan_book"))
    versions.add_argument("words", nargs="*", metavar="COMMAND", help=says("arg.versions"))
    versions.add_argument("--yes", action="store_true", help=says("arg.yes"))
    versions.add_argument("--now", help=says("arg.now"))
    distribute = commands.add_parser("distribute", help=says("distribute"), parents=[common])
    distribute.add_argument("book", type=Path, metavar="BOOK", help=says("arg.plan_book"))
    owners = ("manager", "region", "salesperson")
    distribute.add_argument("--by", choices=owners, default="manager", help=says("arg.by"))
    distribute.add_argument("--out", type=Path, required=True, metavar="DIR", help=says("arg.outdir"))
    distribute.add_argument("--version", default="", metavar="NAME", help=says("arg.version"))
    distribute.add_argument("--now", help=says("arg.now"))
    collect = commands.add_parser("collect", help=says("collect"), parents=[common, writes])
    collect.add_argument("folder", type=Path, metavar="DIR", help=says("arg.returned"))
    collect.add_argument("--into", type=Path, required=True, metavar="BOOK", help=says("arg.into"))
    collect.add_argument("--out", type=Path, metavar="BOOK", help=says("arg.collected"))
    collect.add_argument("--version", default="", metavar="NAME", help=says("arg.version"))
    collect.add_argument("--dry-run", action="store_true", help=says("arg.dry_run"))


def day(text: str | None) -> date | None:
    """The day that an argument names; InputError if it names none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(Problem("bad_date", value=text)) from error


def moment(text: str | None) -> datetime:
    """The time that --now names, else the present one; seconds are enough."""
    if text is None:
        return datetime.now().astimezone().replace(tzinfo=None, microsecond=0)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise InputError(Problem("bad_date", value=text)) from error


def run_command(arguments: argparse.Namespace) -> int:
    """Carry out one command; the exit code is 0, or 1 where errors were found."""
    from xlsales import terminal

    lang = arguments.lang
    match arguments.command:
        case "demo":
            return terminal.demo(arguments.out, lang, moment(arguments.now), force=arguments.force)
        case "run":
            request = terminal.Request(
                arguments.sources, arguments.data, lang, moment(arguments.now), day(arguments.as_of)
            )
            return terminal.run(request, arguments.out, strict=arguments.strict, force=arguments.force)
        case "new":
            return terminal.new(arguments.book, lang, moment(arguments.now), force=arguments.force)
        case "check":
            request = terminal.Request(arguments.sources, arguments.data, lang, moment(None), day(arguments.as_of))
            return terminal.check(request, everything=arguments.all)
        case "refresh":
            from xlsales import terminal_refresh

            look = (lang, moment(arguments.now))
            days = day(arguments.since)
            return terminal_refresh.refresh(arguments.book, arguments.only, days, look, inputs=arguments.inputs)
        case "roll":
            from xlsales import terminal_roll

            return terminal_roll.roll(arguments.book, arguments.out, (lang, moment(arguments.now)))
        case "sources":
            from xlsales import terminal_sources

            how = (arguments.table, arguments.mapping, arguments.control)
            return terminal_sources.sources(arguments.book, arguments.file, how, (lang, moment(arguments.now)))
        case "five":
            from xlsales import terminal_five

            days = (day(arguments.first), day(arguments.last))
            wish = terminal_five.Wish(arguments.by, arguments.period, days, arguments.engine, arguments.control)
            return terminal_five.five(arguments.folder, wish, arguments.out, lang)
        case "build":
            return terminal.build_templates(arguments.out, lang)
        case "install" | "uninstall" | "doctor" | "selfcheck":
            return run_excel(arguments)
        case "calc":
            return run_calc(arguments)
        case "plan":
            from xlsales import terminal_plan

            request = terminal.Request(
                arguments.sources, arguments.data, lang, moment(arguments.now), day(arguments.as_of)
            )
            wish = terminal_plan.wish(arguments.growth, arguments.total, arguments.year)
            return terminal_plan.plan(request, arguments.out, wish, force=arguments.force)
        case "versions":
            from xlsales import terminal_versions

            look = (lang, moment(arguments.now))
            return terminal_versions.run(arguments.book, arguments.words, look, yes=arguments.yes)
        case "distribute" | "collect":
            return run_exchange(arguments)
    return terminal.explain(arguments.topic, lang)


def run_excel(arguments: argparse.Namespace) -> int:
    """Carry out a step with Excel."""
    from xlsales import terminal_excel

    lang = arguments.lang
    if arguments.command == "doctor":
        return terminal_excel.doctor(arguments.book, lang)
    if arguments.command == "selfcheck":
        from xlsales import terminal_calc

        in_calc = arguments.host == "calc" or (not arguments.host and platform.system() not in {"Windows", "Darwin"})
        return terminal_excel.selfcheck(arguments.book, lang, terminal_calc.selfcheck if in_calc else None)
    work = terminal_excel.install if arguments.command == "install" else terminal_excel.uninstall
    return work(lang, dry=arguments.dry_run)


def run_calc(arguments: argparse.Namespace) -> int:
    """Carry out a step with LibreOffice Calc."""
    from xlsales import terminal_back, terminal_calc

    if arguments.step == "back":
        look = (arguments.lang, moment(arguments.now))
        return terminal_back.back(arguments.book, arguments.into, look, dry=arguments.dry_run)
    if arguments.step == "open":
        return terminal_calc.open_book(arguments.book, arguments.lang, arguments.profile)
    work = terminal_calc.install if arguments.step == "install" else terminal_calc.doctor
    return work(arguments.lang, arguments.profile)


def run_exchange(arguments: argparse.Namespace) -> int:
    """Send the plan to the managers, or read their answers."""
    from xlsales import terminal_exchange

    look = (arguments.lang, moment(arguments.now))
    if arguments.command == "distribute":
        return terminal_exchange.distribute(arguments.book, arguments.out, (arguments.by, arguments.version), look)
    how = "look" if arguments.dry_run else "force" if arguments.force else ""
    books = (arguments.into, arguments.out)
    return terminal_exchange.collect(arguments.folder, books, arguments.version, look, how=how)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; no mistake of a user ever ends in a traceback."""
    lang = users_language(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        parsed = parser(lang).parse_args(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return run_command(parsed)
    except InputError as error:
        for problem in getattr(error, "problems", [error.problem]):  # what cannot be read is told all at once
            print(sentence(problem, parsed.lang), file=sys.stderr)
        return WRONG_INPUT
    except KeyboardInterrupt:
        print(word("cli.stopped", parsed.lang), file=sys.stderr)
        return WRONG_INPUT
    except Exception as error:
        if parsed.debug:
            traceback.print_exc()
        print(word("cli.failed", parsed.lang, error=f"{type(error).__name__}: {error}"), file=sys.stderr)
        return WRONG_INPUT


def entry() -> None:
    """The console command `xlsales`."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    entry()
