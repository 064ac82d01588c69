"""ZIP archives of office files: unpacking, their XML parts and core properties."""
