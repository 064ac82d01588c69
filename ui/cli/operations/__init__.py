"""Commands for those who operate a server."""
