"""Spreadsheets: workbooks, delimited files and their number formats."""
