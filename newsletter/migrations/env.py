"""What Alembic runs for every command: the migrations, on the connection that it was handed."""

from alembic import context

from newsletter.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite too: our transactions begin before the first statement
)
with context.begin_transaction():
    context.run_migrations()
