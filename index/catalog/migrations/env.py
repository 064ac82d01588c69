"""Alembic's entry: runs the migrations on the connection that ``index.catalog.database`` hands over."""

from alembic import context

# Alembic executes this file as a script; there is no import in which nothing should happen.
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
