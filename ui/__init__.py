"""Everything that a person or a program touches: command, HTTP, browser."""
