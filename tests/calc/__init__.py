"""The second host: a real LibreOffice Calc."""
