"""The script that Alembic calls: runs the migrations on the connection from :mod:`index.catalog.schema`."""

from alembic import context

# Alembic executes this file as a script and nothing imports it, so it may act at once.
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
