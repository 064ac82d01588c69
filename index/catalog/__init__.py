"""The catalog: the SQL database that holds everything a library keeps."""
