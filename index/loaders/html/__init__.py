"""HTML pages, and the blocks that other prose formats are read into."""
