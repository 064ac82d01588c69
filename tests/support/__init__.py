"""Files, servers, libraries and scripted replies that tests share."""
