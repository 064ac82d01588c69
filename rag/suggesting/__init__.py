"""Questions to ask after an answer."""
