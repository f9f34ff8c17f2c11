"""Where a workbook lives: Excel, Calc, or a file that no program has open."""
