"""Order lines of any size as a lazy frame: files of CSV or Parquet seen through DuckDB, or through Spark."""

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import narwhals as nw
import pandas as pd

from xlsales.labels import LANGUAGES, word
from xlsales.schema import TABLES
from xlsales.schema.model import DATE, NUMERIC
from xlsales.sources.raw import Unreadable, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = "orders"
ENDINGS = (".parquet", ".csv")
DUCKDB, SPARK = "duckdb", "spark"
QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.ansi.enabled": "true",  # what is no number is an error, never a blank
}
HERE = {"spark.sql.shuffle.partitions": "16", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
Side = Callable[[pd.DataFrame], Any]


def large_files(folder: Path, names: frozenset[str]) -> list[Path]:
    """The files of the order lines: one file of the table's name, or all of a folder of that name.

    names: accepted names of the table, in small letters. Raises Unreadable: none, several, or of two kinds.
    """
    if not folder.is_dir():
        raise refuse("folder_missing", folder.name, folder=str(folder))
    inside = [each for each in sorted(folder.iterdir()) if each.is_dir() and each.name.casefold() in names]
    places = [*inside, *(each for each in sorted(folder.iterdir()) if each.is_file())]
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            found += [each for each in sorted(place.rglob("*")) if each.suffix.lower() in ENDINGS and _data(each)]
        elif place.stem.casefold() in names and place.suffix.lower() in ENDINGS and _data(place):
            found.append(place)
    if not found:
        raise refuse("large_none", folder.name, TABLE, endings=list(ENDINGS))
    if len({each.suffix.lower() for each in found}) > 1 or len({each.parent == folder for each in found}) > 1:
        raise refuse("large_mixed", folder.name, TABLE, files=[each.name for each in found[:5]])
    return found


def _data(path: Path) -> bool:
    return path.is_file() and path.name[0] not in "._~"


@contextmanager
def opened(files: list[Path], engine: str) -> "Iterator[tuple[Any, Side]]":
    """The lines of the files as a frame of the engine, and what makes a small table a frame of the same engine.

    engine: duckdb, spark (this computer), or the address of a Spark, spark://HOST:PORT, whose machines all see the
    files under the same path. Raises Unreadable: no such library, an engine that cannot be reached or that fails.
    """
    try:
        if engine == DUCKDB:
            with _duckdb(files) as made:
                yield made
        else:
            with _spark(files, engine) as made:
                yield made
    except Unreadable:
        raise
    except Exception as error:
        if type(error).__module__.split(".")[0] not in {"duckdb", "_duckdb", "pyspark", "py4j"}:
            raise
        raise refuse("engine_failed", files[0].parent.name, TABLE, value=engine, reason=_first_line(error)) from None


@contextmanager
def _duckdb(files: list[Path]) -> "Iterator[tuple[Any, Side]]":
    import duckdb

    with TemporaryDirectory() as room:
        engine = duckdb.connect(":memory:", config={"temp_directory": room, "autoinstall_known_extensions": "false"})
        names = [str(each) for each in files]
        if files[0].suffix.lower() == ".parquet":
            lines = engine.read_parquet(names, union_by_name=True)
        else:
            lines = engine.read_csv(names, header=True, all_varchar=True, union_by_name=True)  # type: ignore[arg-type]
        try:
            yield lines, engine.from_df
        finally:
            engine.close()


@contextmanager
def _spark(files: list[Path], master: str) -> "Iterator[tuple[Any, Side]]":
    try:
        import pyarrow as pa
        from pyspark.sql import SparkSession
    except ImportError:
        raise refuse("spark_library", value=master) from None
    own = SparkSession.getActiveSession() is None  # one that was there before stays
    here = master == SPARK
    builder = SparkSession.builder.appName("xlsales").master("local[*]" if here else master)
    for key, value in (QUIET | (HERE if here else {})).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    names = ["file:///" + each.resolve().as_posix().lstrip("/") for each in files]  # as_uri would hide other letters
    if files[0].suffix.lower() == ".parquet":
        lines = session.read.option("mergeSchema", "true").parquet(*names)
    else:
        how = {"header": "true", "mode": "FAILFAST", "escape": '"', "enforceSchema": "false"}
        lines = session.read.options(**how).csv(names)
    try:
        yield (
            lines,
            lambda frame: session.createDataFrame(
                pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
            ),
        )
    finally:
        if own:
            session.stop()


def under_our_names(lines: Any, headings: Mapping[str, str]) -> Any:
    """The known columns under our keys and with the kinds that the definitions take; the frame keeps its engine.

    headings: our key to the heading in the files. A cell that is no number or day is an error of the engine,
    one that is no kind is refused here; none is ever left out. Raises Unreadable kind_unknown.
    """
    frame: Any = nw.from_native(lines).lazy()
    schema = frame.collect_schema()
    declared = {column.key: column for column in TABLES[TABLE].columns}
    chosen = []
    for key, heading in headings.items():
        cell = nw.col(heading)
        if schema[heading] == nw.String:
            cell = nw.when(cell != "").then(cell)  # a blank cell is missing
        kind = declared[key].kind
        if kind == DATE:
            cell = cell.cast(nw.Datetime("us"))
        elif kind in NUMERIC:
            cell = cell.cast(nw.Float64)
        else:
            cell = cell.cast(nw.String)
        chosen.append((_choice(key, cell) if declared[key].domain else cell).alias(key))
    frame = frame.select(*chosen)
    if "kind" in headings:
        odd = frame.filter(~nw.col("kind").is_null() & ~nw.col("kind").is_in(list(declared["kind"].domain)))
        wrong = odd.select("kind").head(1).collect("pandas").to_native()
        if len(wrong):
            raise refuse("large_kind", "", TABLE, column="kind", value=str(wrong["kind"].iloc[0]))
    return frame.to_native()


def counted(lines: Any, place: str) -> int:
    """How many lines there are, after every cell was read, used or not. Raises Unreadable large_undated."""
    frame: Any = nw.from_native(lines).lazy()
    names = frame.collect_schema().names()
    every = [nw.col(name).max().alias(f"{name}_most") for name in names]
    blank = nw.col("date").is_null().cast(nw.Int64).sum().alias("undated")
    found: Any = frame.select(nw.len().alias("rows"), blank, *every).collect("pandas").to_native().iloc[0]
    if found["rows"] and found["undated"]:
        raise refuse("large_undated", place, TABLE, column="date", rows=int(found["undated"]))
    return int(found["rows"])


def _choice(key: str, cell: Any) -> Any:
    """A choice by its key or its word in either language."""
    for value in TABLES[TABLE].column(key).domain:
        words = {value, *(word(f"value.{key}.{value}", lang) for lang in LANGUAGES)}
        forms = sorted(words | {each.lower() for each in words} | {each.capitalize() for each in words})
        cell = nw.when(cell.is_in(forms)).then(nw.lit(value)).otherwise(cell)
    return cell


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
