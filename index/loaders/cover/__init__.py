"""Reads from the words of a first page: dates of publication, kinds of filings, issuers, forms of titles."""
