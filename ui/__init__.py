"""The interfaces for people and programs: command line, HTTP, chat page and exported files."""
