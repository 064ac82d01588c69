"""HTML pages, and the blocks of other formats that are read as HTML."""
