"""Makes workbooks from tables, results and problems."""
