"""The reading process: files are read apart from the process that asks."""
