"""Every broken input of the catalogue."""

from pathlib import Path

import pandas as pd

from tests.errors.making import (
    Case,
    Problem,
    bomb,
    csv,
    denied,
    files,
    our_book,
    parquet,
    read,
    sheet,
    toml,
    write,
)

ORDER = "order,line,date,customer,product,quantity,unit_price,amount"
DEALS = "opportunity,stage,customer,salesperson,value,created,close_date"
CUSTOMERS = "customer,name\nC1,Acme\nC2,Beta\n"


def order(cells: str, **others: str) -> str:
    """Two good lines and one with the given cells."""
    good = "A1,1,2026-01-05,C1,P1,2,50,100\nA1,2,2026-01-06,C1,P1,1,50,50\n"
    return f"{ORDER}\n{good}{cells}\n"


def outside_link(folder: Path) -> list[Problem]:
    write(folder.parent, {"secret.csv": "region\nN\n"})
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    write(folder, {"sources.toml": "[regions]\nquery = \"SELECT * FROM 'link.csv'\"\n"})
    return read(folder)


def missing_source(folder: Path) -> list[Problem]:
    return read(folder / "nowhere")


def missing_data(folder: Path) -> list[Problem]:
    write(folder, {"sources.toml": '[regions]\nfile = "a.csv"\n'})
    return read(folder / "sources.toml", folder / "nowhere")


def single(name: str, content: str | bytes) -> object:
    def make(folder: Path) -> list[Problem]:
        write(folder, {name: content})
        return read(folder / name)

    return make


def sql(query: str) -> str:
    return f'[regions]\nquery = """{query}"""\n'


REGIONS = {"r.csv": "region,name\n01,North\n02,South\n"}

CELLS = [
    csv("value_missing", "value_missing", "orders", order("A2,1,,C1,P1,3,50,150")),
    csv("text_in_number", "number_text", "orders", order("A2,1,2026-01-07,C1,P1,three,50,150")),
    csv("infinite_number", "number_text", "orders", order("A2,1,2026-01-07,C1,P1,inf,50,150")),
    csv("comma_in_point_file", "number_mark", "orders", order('A2,1,2026-01-07,C1,P1,3,50.25,"150,5"')),
    csv("percent_of_money", "number_percent", "orders", order("A2,1,2026-01-07,C1,P1,3,50,150%")),
    csv("more_money_than_there_is", "number_huge", "orders", order("A2,1,2026-01-07,C1,P1,3,50,1e18")),
    csv("half_a_day", "number_not_whole", "customers", "customer,terms_days\nC1,30.5\n"),
    csv("negative_price", "number_low", "orders", order("A2,1,2026-01-07,C1,P1,3,-50,150")),
    csv("very_long_terms", "number_high", "customers", "customer,terms_days\nC1,9000\n"),
    csv(
        "discount_15",
        "share_high",
        "orders",
        "order,line,date,customer,product,quantity,amount,discount\nA1,1,2026-01-05,C1,P1,2,100,15\n",
    ),
    csv("spreadsheet_error", "sheet_error", "orders", order("A2,1,2026-01-07,C1,P1,3,50,#REF!")),
    csv("date_in_words", "date_text", "orders", order("A2,1,soon,C1,P1,3,50,150")),
    csv("thirtieth_of_february", "date_impossible", "orders", order("A2,1,2026-02-30,C1,P1,3,50,150")),
    csv("day_or_month", "date_ambiguous", "orders", order("A2,1,3/4/2026,C1,P1,3,50,150")),
    csv(
        "day_and_month_both",
        "date_ambiguous",
        "orders",
        order("A2,1,13/1/2026,C1,P1,3,50,150\nA3,1,1/13/2026,C1,P1,1,1,1\nA4,1,3/4/2026,C1,P1,1,1,1"),
    ),
    csv("year_of_two_digits", "date_short_year", "orders", order("A2,1,7/1/26,C1,P1,3,50,150")),
    csv("serial_dates", "date_serials", "orders", order("A2,1,46029,C1,P1,3,50,150")),
    csv("year_1926", "date_unlikely", "orders", order("A2,1,1926-01-07,C1,P1,3,50,150")),
    csv(
        "far_future",
        "date_unlikely",
        "orders",
        order("A2,1,2062-01-07,C1,P1,3,50,150"),
        settings="setting,value\nas_of,2026-01-31\n",
    ),
    csv(
        "outside_fiscal_years",
        "date_outside_years",
        "orders",
        order("A2,1,2025-06-30,C1,P1,3,50,150"),
        settings="setting,value\nfiscal_year_start,7\nfirst_year,2025\nlast_year,2026\n",
    ),
    csv(
        "old_receipt",
        "date_outside_kept",
        "receipts",
        "receipt,customer,date,amount\nR1,C1,2024-05-01,10\n",
        settings="setting,value\nfirst_year,2025\n",
    ),
    csv("rounded_code", "code_rounded", "customers", "customer,name\n1.23457E+11,Acme\n"),
    files(
        "code_became_date",
        "code_is_date",
        {
            "customers.xlsx": sheet({"S": [["customer"], ["C1"]]}),
            "regions.parquet": parquet(pd.DataFrame({"region": pd.to_datetime(["2026-03-04"])})),
        },
    ),
    csv("neither_yes_nor_no", "flag_text", "tasks", "task,salesperson,due,done\nT1,S1,2026-01-05,maybe\n"),
    csv("no_period", "period_text", "targets", "measure,scope,period,target\nsales,company,spring,100\n"),
    csv("unknown_kind", "value_unknown", "orders", ORDER + ",kind\nA1,1,2026-01-05,C1,P1,2,50,100,present\n"),
    csv("misspelt_kind", "value_unknown_like", "orders", ORDER + ",kind\nA1,1,2026-01-05,C1,P1,2,50,100,retrun\n"),
    csv(
        "weights_misspelt_measure",
        "value_unknown_like",
        "targets",
        "measure,scope,period,target\nsale,company,2026,100\n",
    ),
]
HEADINGS = [
    csv(
        "column_missing",
        "column_missing",
        "orders",
        "order,line,date,customer,product,amount\nA1,1,2026-01-05,C1,P1,100\nA1,2,2026-01-05,C1,P1,50\n",
    ),
    csv("column_misspelt", "column_missing_like", "orders", order("").replace("quantity", "quantty")),
    csv("column_twice", "header_twice", "regions", "region,Region\nN,S\n"),
    csv("column_without_heading", "header_blank", "regions", "region,\nN,x\n"),
    csv("unknown_columns", "columns_extra", "regions", "region,hue,mood\nN,red,calm\n"),
    csv("no_rows", "table_without_rows", "orders", ORDER + "\n"),
]
ROWS = [
    csv("key_twice", "key_twice", "orders", order("A1,2,2026-01-07,C1,P1,3,50,150")),
    csv("customer_twice", "key_twice", "customers", CUSTOMERS + "C1,Gamma\n"),
    csv("same_expense_again", "key_again", "expenses", "item,date,amount\ntaxi,2026-01-05,9\ntaxi,2026-01-05,9\n"),
    csv(
        "due_before_date",
        "dates_reversed",
        "invoices",
        "invoice,customer,date,due_date,amount\nI1,C1,2026-02-01,2026-01-01,100\n",
    ),
    csv("promotion_backwards", "dates_reversed", "promotions", "promotion,from,to\nX,2026-02-01,2026-01-01\n"),
    csv(
        "left_before_hired",
        "dates_reversed",
        "salespeople",
        "salesperson,hire_date,leave_date\nS1,2026-02-01,2026-01-01\n",
    ),
    csv(
        "bounds_backwards",
        "bounds_reversed",
        "plan",
        "version,measure,period,value,lower,upper\nV1,sales,2026-01,5,9,1\n",
    ),
    csv("worthless_line", "order_without_amount", "orders", order("A2,1,2026-01-07,C1,P1,3,,")),
    csv("nothing_sold", "quantity_zero", "orders", order("A2,1,2026-01-07,C1,P1,0,50,0")),
    csv("signs_differ", "amount_sign", "orders", order("A2,1,2026-01-07,C1,P1,-3,50,150")),
    csv(
        "negative_invoice",
        "invoice_negative",
        "invoices",
        "invoice,customer,date,due_date,amount\nI1,C1,2026-01-01,2026-02-01,-100\n",
    ),
    csv(
        "bill_without_maturity",
        "bill_without_maturity",
        "receipts",
        "receipt,customer,date,amount,method\nR1,C1,2026-01-01,100,bill\n",
        settings="setting,value\nbill_counts_on,maturity\n",
    ),
    csv("timeless_target", "target_without_period", "targets", "measure,scope,target\nsales,company,100\n"),
    csv("nobodys_target", "target_without_member", "targets", "measure,scope,period,target\nsales,region,2026,100\n"),
    csv(
        "deal_without_owner", "opportunity_without_owner", "opportunities", DEALS + "\nD1,qualified,C1,,5,2026-01-01,\n"
    ),
    csv(
        "deal_without_customer",
        "opportunity_without_customer",
        "opportunities",
        DEALS + "\nD1,qualified,,S1,5,2026-01-01,\n",
    ),
    csv(
        "proposal_without_value",
        "stage_needs_value",
        "opportunities",
        DEALS + "\nD1,proposal,C1,S1,,2026-01-01,2026-03-01\n",
    ),
    csv("won_without_date", "stage_needs_date", "opportunities", DEALS + "\nD1,Won,C1,S1,500,2026-01-01,\n"),
    csv(
        "lost_without_value", "lost_without_value", "opportunities", DEALS + "\nD1,lost,C1,S1,,2026-01-01,2026-03-01\n"
    ),
    csv(
        "no_rate",
        "rate_missing",
        "orders",
        ORDER + ",currency\nA1,1,2026-01-05,C1,P1,2,50,100,EUR\n",
        fx_rates="currency,date,rate\nEUR,2026-02-01,7.8\n",
    ),
]
REFERENCES = [
    csv(
        "unknown_customer", "reference_unknown", "orders", order("A2,1,2026-01-07,X9,P1,3,50,150"), customers=CUSTOMERS
    ),
    csv(
        "misspelt_customer",
        "reference_unknown_like",
        "orders",
        order("A2,1,2026-01-07,c1,P1,3,50,150"),
        customers=CUSTOMERS,
    ),
    csv(
        "customer_by_name",
        "reference_unknown_like",
        "orders",
        order("A2,1,2026-01-07,Beta,P1,3,50,150"),
        customers=CUSTOMERS,
    ),
    csv(
        "unknown_region_of_line",
        "reference_blanked",
        "orders",
        ORDER + ",region\nA1,1,2026-01-05,C1,P1,2,50,100,Moon\n",
        regions="region\nN\n",
    ),
    csv(
        "misspelt_region_of_line",
        "reference_blanked_like",
        "orders",
        ORDER + ",region\nA1,1,2026-01-05,C1,P1,2,50,100,Nroth\n",
        regions="region\nNorth\n",
    ),
    csv(
        "region_left_out",
        "reference_left_out",
        "customers",
        "customer,region\nC1,N\n",
        regions="region,parent\nN,S\nS,N\n",
    ),
    csv("nothing_to_check_against", "reference_unchecked", "orders", order("A2,1,2026-01-07,C1,P1,3,50,150")),
    csv(
        "unknown_member",
        "reference_unknown_like",
        "targets",
        "measure,scope,member,period,target\nsales,region,Nort,2026,100\n",
        regions="region\nNorth\n",
    ),
    csv(
        "unknown_party",
        "party_unknown",
        "interactions",
        "interaction,party,salesperson,at\nN1,Z9,S1,2026-01-05\n",
        customers=CUSTOMERS,
    ),
    csv(
        "credit_note_against_nothing",
        "reference_blanked_like",
        "invoices",
        "invoice,customer,date,due_date,amount,kind,against\nINV1,C1,2026-01-01,2026-02-01,100,invoice,\n"
        "INV2,C1,2026-01-09,2026-01-09,-20,credit_note,INV01\n",
    ),
    csv(
        "receipt_of_unknown_invoice",
        "reference_blanked",
        "receipts",
        "receipt,customer,date,amount,invoice\nR1,C1,2026-01-05,100,9999\n",
        invoices="invoice,customer,date,due_date,amount\nI1,C1,2026-01-01,2026-02-01,100\n",
    ),
    csv(
        "credit_of_no_line",
        "credit_of_no_line",
        "order_credits",
        "order,line,salesperson,share\nA9,1,S1,100%\n",
        orders=order(""),
    ),
]
WHOLES = [
    csv("cyclic_regions", "tree_circle", "regions", "region,parent\nN,S\nS,W\nW,N\nE,\n"),
    csv("cyclic_managers", "tree_circle", "salespeople", "salesperson,manager\nS1,S2\nS2,S1\n"),
    csv("own_parent", "tree_self", "org_units", "unit,parent\nHQ,HQ\nN,HQ\n"),
    csv(
        "credits_not_whole",
        "credits_not_whole",
        "order_credits",
        "order,line,salesperson,share\nA1,1,S1,60%\nA1,1,S2,30%\n",
    ),
    csv(
        "weights_not_whole",
        "weights_not_whole",
        "kpis",
        "role,kpi,measure,weight,curve\nrep,a,sales,0.5,c\nrep,b,margin,0.4,c\n",
    ),
    csv(
        "weights_sum_to_zero",
        "weights_zero",
        "kpis",
        "role,kpi,measure,weight,curve\nrep,a,sales,0,c\nrep,b,margin,0,c\n",
    ),
    csv(
        "plan_weights_zero",
        "plan_weights_zero",
        "plan",
        "version,measure,period,region,value,weight\nV1,sales,2026-01,N,5,0\nV1,sales,2026-01,S,5,0\n",
    ),
]
SETTINGS = [
    csv("unknown_setting", "setting_unknown", "settings", "setting,value\nweather,fine\n"),
    csv("misspelt_setting", "setting_unknown_like", "settings", "setting,value\ncurency,EUR\n"),
    csv("setting_not_a_number", "setting_number", "settings", "setting,value\ntax_rate,much\n"),
    csv("thirteenth_month", "setting_bounds", "settings", "setting,value\nfiscal_year_start,13\n"),
    csv("rounding_to_nothing", "setting_low", "settings", "setting,value\nrounding,0\n"),
    csv("setting_not_a_choice", "setting_choice", "settings", "setting,value\nbill_counts_on,never\n"),
    csv("setting_not_a_date", "setting_date", "settings", "setting,value\nas_of,today\n"),
    csv("setting_not_a_flag", "setting_flag", "settings", "setting,value\nprices_include_tax,partly\n"),
    csv("years_backwards", "settings_years", "settings", "setting,value\nfirst_year,2027\nlast_year,2026\n"),
    toml("toml_setting", "setting_bounds", '[settings]\nconfidence = 2.5\n[regions]\nfile = "r.csv"\n', REGIONS),
]
FILES = [
    Case("no_such_source", "source_missing", missing_source),
    Case("source_of_a_strange_kind", "source_kind", single("orders.docx", b"x")),
    Case("no_such_data_folder", "folder_missing", missing_data),
    files("empty_folder", "folder_without_tables", {}),
    files("two_files_for_one_table", "files_several", {"regions.csv": "region\nN\n", "Regions.xlsx": b"x"}),
    files("only_a_misnamed_file", "folder_without_tables", {"oders.csv": "a\n1\n"}),
    files("strange_file", "file_unknown", {"regions.csv": "region\nN\n", "holiday photos.csv": "a\n1\n"}),
    files("misnamed_file", "file_unknown_like", {"regions.csv": "region\nN\n", "oders.csv": "a\n1\n"}),
    denied("locked_file", "file_locked", "read_bytes"),
    denied("vanished_file", "file_missing", "read_bytes", FileNotFoundError(2, "gone")),
    denied("broken_disk", "file_failed", "read_bytes", OSError(5, "Input/output error")),
    denied("locked_folder", "folder_locked", "iterdir"),
    csv(
        "western_letters",
        "encoding_unknown",
        "regions",
        "region,name\nM,München\nK,Köln für größere\n".encode("cp1252"),
    ),
    csv("broken_utf8", "encoding_unknown", "regions", b"region,name\nN,\xff\xc3\x28\n"),
    csv("binary_csv", "file_binary", "regions", b"region\0\1\2\3\n"),
    csv("workbook_named_csv", "csv_is_workbook", "regions", sheet({"S": [["region"], ["N"]]})),
    csv("empty_file", "file_empty", "regions", ""),
    csv("too_many_cells", "row_too_long", "regions", "region,name\nN,North\nS,South,warm\n"),
    csv("lone_quote", "csv_broken", "regions", 'region,name\nN,"North\nS,South\n'),
    csv("decimal_unclear_comma", "decimal_unclear_comma", "budget", "item;period;amount\nads;2026-01;1,234\n"),
    csv("decimal_unclear_point", "decimal_unclear_point", "budget", "item\tperiod\tamount\nads\t2026-01\t1.234\n"),
    files("text_named_xlsx", "workbook_broken", {"regions.xlsx": b"region\nN\n"}),
    files(
        "zip_named_xlsx",
        "workbook_none",
        {"regions.xlsx": sheet({"S": [["r"]]}).replace(b"xl/workbook.xml", b"xl/notebook.xml")},
    ),
    files("truncated_xlsx", "workbook_broken", {"regions.xlsx": sheet({"S": [["region"], ["N"]]})[:-300]}),
    files("half_an_xlsx", "workbook_broken", {"regions.xlsx": sheet({"S": [["region"], ["N"]]})[:2000]}),
    files("password", "workbook_locked_or_old", {"regions.xlsx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)}),
    files("zip_bomb", "workbook_bomb", {"regions.xlsx": bomb(110)}),
    files("empty_workbook", "file_empty", {"regions.xlsx": sheet({"S": []})}),
    files("two_sheets", "sheets_other", {"regions.xlsx": sheet({"S": [["region"], ["N"]], "Notes": [["hello"]]})}),
    toml(
        "sheet_missing",
        "sheet_missing",
        '[regions]\nfile = "b.xlsx"\nsheet = "Z"\n',
        {"b.xlsx": sheet({"S": [["region"]]})},
    ),
    files("truncated_parquet", "parquet_broken", {"regions.parquet": parquet(pd.DataFrame({"region": ["N"]}))[:-20]}),
    Case("book_of_somebody_else", "book_not_ours", single("book.xlsx", sheet({"S": [["region"], ["N"]]}))),
    Case(
        "book_with_mistakes",
        "number_text",
        single(
            "book.xlsx",
            our_book(
                {
                    "customers": [
                        ["customer", "name", "credit_limit"],
                        ["C1", "=cmd|' /C calc'!A0", 100],
                        ["C2", "Beta", "lots"],
                    ],
                    "settings": [["setting", "value"], ["curency", "EUR"]],
                }
            ),
        ),
    ),
]
CATALOGS = [
    toml("broken_toml", "toml_broken", "[regions\nquery = 1\n"),
    toml("toml_in_gb18030", "toml_encoding", '[settings]\ncompany = "东风公司"\n'.encode("gb18030")),
    toml("empty_toml", "catalog_empty", '[settings]\ncompany = "A"\n'),
    toml("toml_unknown_table", "toml_table", '[weather]\nfile = "r.csv"\n', REGIONS),
    toml("toml_misspelt_table", "toml_table_like", '[regoins]\nfile = "r.csv"\n', REGIONS),
    toml("toml_no_section", "toml_entry", 'regions = "r.csv"\n', REGIONS),
    toml("toml_unknown_key", "toml_key", '[regions]\nfile = "r.csv"\nhue = "red"\n', REGIONS),
    toml("toml_misspelt_key", "toml_key_like", '[regions]\nfile = "r.csv"\ncolums = { region = "region" }\n', REGIONS),
    toml("toml_wrong_kind", "toml_value", "[regions]\nfile = 7\n", REGIONS),
    toml("toml_no_source", "toml_one_source", '[regions]\ndecimal = ","\n'),
    toml("toml_unknown_column", "toml_column", '[regions]\nfile = "r.csv"\ncolumns = { weather = "name" }\n', REGIONS),
    toml(
        "toml_misspelt_column",
        "toml_column_like",
        '[regions]\nfile = "r.csv"\ncolumns = { regoin = "region" }\n',
        REGIONS,
    ),
    toml("toml_no_heading", "heading_missing", '[regions]\nfile = "r.csv"\ncolumns = { region = "Gebiet" }\n', REGIONS),
    toml(
        "toml_misspelt_heading",
        "heading_missing_like",
        '[regions]\nfile = "r.csv"\ncolumns = { region = "Regoin" }\n',
        REGIONS,
    ),
    toml("toml_map_of_no_column", "map_column", '[regions]\nfile = "r.csv"\nmap.hue = { a = "b" }\n', REGIONS),
    toml("toml_map", "values_mapped", '[regions]\nfile = "r.csv"\nmap.name = { North = "Nord" }\n', REGIONS),
    toml("toml_map_unused", "map_unused", '[regions]\nfile = "r.csv"\nmap.name = { Nrth = "Nord" }\n', REGIONS),
    toml(
        "toml_encoding_wrong",
        "encoding_named",
        '[regions]\nfile = "r.csv"\nencoding = "ascii"\n',
        {"r.csv": "region\n北\n"},
    ),
    toml("toml_file_of_strange_kind", "file_kind", '[regions]\nfile = "r.docx"\n', {"r.docx": b"x"}),
    toml("toml_file_missing", "file_not_there", '[regions]\nfile = "nothing.csv"\n'),
    toml("toml_file_outside", "file_outside", '[regions]\nfile = "../secret.csv"\n'),
]
QUERIES = [
    toml("sql_path_up", "file_outside", sql("SELECT * FROM '../secret.csv'")),
    toml("sql_absolute_path", "file_outside", sql("SELECT * FROM '/etc/passwd.csv'")),
    toml("sql_web_address", "file_outside", sql("SELECT * FROM 'https://example.com/a.csv'")),
    toml("sql_bucket", "file_outside", sql("SELECT * FROM 's3://bucket/a.parquet'")),
    Case("sql_link_outside", "file_outside", outside_link),
    toml("sql_missing_file", "file_not_there", sql("SELECT * FROM 'nothing.csv'")),
    toml("sql_read_csv", "sql_function", sql("SELECT * FROM read_csv('/etc/passwd')")),
    toml("sql_read_text", "sql_function", sql("SELECT content FROM read_text('/etc/passwd')")),
    toml("sql_glob", "sql_function", sql("SELECT * FROM glob('/etc/*')")),
    toml("sql_getenv", "sql_function", sql("SELECT getenv('HOME') AS region")),
    toml("sql_nested_query", "sql_function", sql("SELECT * FROM query('SELECT 1')")),
    toml("sql_logging", "sql_function", sql("SELECT * FROM enable_logging(storage = 'file')")),
    toml(
        "sql_in_subquery", "sql_function", sql("SELECT (SELECT max(content) FROM read_text('/etc/passwd')) AS region")
    ),
    toml("sql_attach", "sql_not_select", sql("ATTACH '/tmp/other.db'")),
    toml("sql_copy", "sql_not_select", sql("COPY (SELECT 1) TO 'out.csv'")),
    toml("sql_install", "sql_not_select", sql("INSTALL httpfs")),
    toml("sql_load", "sql_not_select", sql("LOAD httpfs")),
    toml("sql_pragma", "sql_not_select", sql("PRAGMA database_list")),
    toml("sql_set", "sql_not_select", sql("SET enable_external_access = true")),
    toml("sql_create", "sql_not_select", sql("CREATE TABLE t AS SELECT 1")),
    toml("sql_call", "sql_not_select", sql("CALL pragma_version()")),
    toml("sql_describe", "sql_not_select", sql("DESCRIBE SELECT 1")),
    toml("sql_export", "sql_not_select", sql("EXPORT DATABASE 'out'")),
    toml("sql_two_statements", "sql_several", sql("SELECT 1 AS region; SELECT 2 AS region")),
    toml("sql_nothing", "sql_empty", sql(" ")),
    toml("sql_program_variable", "sql_table", sql("SELECT * FROM frames")),
    toml("sql_misspelt_column", "sql_failed", sql("SELECT regoin FROM 'r.csv'"), REGIONS),
    toml("sql_broken", "sql_failed", sql("SELECT FROM WHERE"), REGIONS),
    toml("sql_text_sum", "sql_failed", sql("SELECT sum(name) AS region FROM 'r.csv'"), REGIONS),
]

CASES: list[Case] = [*CELLS, *HEADINGS, *ROWS, *REFERENCES, *WHOLES, *SETTINGS, *FILES, *CATALOGS, *QUERIES]
