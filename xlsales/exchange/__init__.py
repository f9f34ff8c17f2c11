"""The plan on its way to the managers and back: one small workbook each, read again with every doubt spoken."""
