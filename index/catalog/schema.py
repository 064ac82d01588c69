"""The catalog's tables in SQLAlchemy Core, and the migration of a database to them."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

import sqlalchemy as sa

from index.catalog.dialects import database_of
from index.errors import SchemaError

HEAD = "0001"  # The schema revision of this code: the newest file of ``migrations/versions``.

MIGRATIONS = Path(__file__).parent / "migrations"

metadata = sa.MetaData()

# PostgreSQL orders it by code points, as SQLite does, regardless of the server's language.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# Eight bytes: SQLite's Integer has up to eight, PostgreSQL's only four.
_NUMBER = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
meta = sa.Table(
    "meta", metadata, sa.Column("key", TEXT, primary_key=True), sa.Column("value", TEXT, nullable=False)
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("folder", TEXT, primary_key=True),
    # False for a folder of a restored backup, until a user confirms it.
    sa.Column("confirmed", sa.Boolean, nullable=False, server_default=sa.true()),
)

failures = sa.Table(
    # Files and folders that the last sync could not read.
    "failures",
    metadata,
    # Never reused, so that a user cannot dismiss a failure other than the one on the screen.
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("source", TEXT, nullable=False),
    sa.Column("path", TEXT, nullable=False),
    sa.Column("cause", TEXT, nullable=False),
    sa.Column("since", TEXT, nullable=False),
    sa.Column("dismissed", sa.Boolean, nullable=False),
    sa.UniqueConstraint("source", "path", name="failures_by_place"),
    sqlite_autoincrement=True,
)

documents = sa.Table(
    "documents",
    metadata,
    # Never reused, so that a link to a deleted document never leads to another one.
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("source", TEXT, nullable=False),
    sa.Column("path", TEXT, nullable=False),
    sa.Column("version", _NUMBER, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("mtime_ns", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("source", "path", name="documents_by_place"),
    sqlite_autoincrement=True,
)

versions = sa.Table(
    "versions",
    metadata,
    sa.Column("document_id", _NUMBER, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", _NUMBER, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("added", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("title", TEXT, nullable=False),
    sa.Column("publisher", TEXT),
    sa.Column("published", TEXT),
    sa.Column("language", TEXT, nullable=False),
    sa.Column("page_starts", sa.JSON, nullable=False),
    # One for each page, or an empty list; null for a page without a known printed number.
    sa.Column("page_labels", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("characters", _NUMBER, nullable=False),
    sa.Column("passages", _NUMBER, nullable=False),
    sa.Column("text", TEXT, nullable=False),
    sa.Column("author", TEXT),
    sa.Column("origins", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("sections", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("mended", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("unread_pages", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("recognised_pages", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("recognised_in", TEXT, nullable=False, server_default=""),
    sa.Column("reading", _NUMBER, nullable=False, server_default="0"),
    sa.Column("collection", TEXT),
    # Columns after the text are slow to read, but a search reads the collection from this index alone.
    sa.Index("versions_by_collection", "collection", "document_id", "version"),
)

uploaders = sa.Table(
    # The keys of the viewers who uploaded the present files. A file of an unknown viewer has no row.
    "uploaders",
    metadata,
    sa.Column("document_id", _NUMBER, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("viewer", TEXT, nullable=False),
    sa.Index("uploaders_by_viewer", "viewer"),
)

details = sa.Table(
    # Details that users have given with an upload or by an edit.
    "details",
    metadata,
    sa.Column("document_id", _NUMBER, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", TEXT, primary_key=True),
    sa.Column("value", TEXT, nullable=False),
    sa.Column("origin", TEXT, nullable=False),
    # The file's own value. It applies again when the user removes the detail.
    sa.Column("beneath", TEXT),
    sa.Column("beneath_origin", TEXT),
)

layouts = sa.Table(
    "layouts",
    metadata,
    sa.Column("document_id", _NUMBER, primary_key=True),
    sa.Column("version", _NUMBER, primary_key=True),
    sa.Column("page", _NUMBER, primary_key=True),
    sa.Column("width", sa.Float, nullable=False),
    sa.Column("height", sa.Float, nullable=False),
    # Compressed by zlib to about a third.
    sa.Column("boxes", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(
        ["document_id", "version"], ["versions.document_id", "versions.version"], ondelete="CASCADE"
    ),
)

signatures = sa.Table(
    # A separate table, so that reading all signatures does not read all texts.
    "signatures",
    metadata,
    sa.Column("document_id", _NUMBER, primary_key=True),
    sa.Column("version", _NUMBER, primary_key=True),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(
        ["document_id", "version"], ["versions.document_id", "versions.version"], ondelete="CASCADE"
    ),
)

chunks = sa.Table(
    "chunks",
    metadata,
    # Never reused: FAISS and tantivy know passages by this id.
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("document_id", _NUMBER, sa.ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    sa.Column("start", _NUMBER, nullable=False),
    sa.Column("end", _NUMBER, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),
    sa.Column("vector", sa.String(64), nullable=False),
    sa.Column("header", sa.JSON(none_as_null=True)),
    sa.Column("build", _NUMBER, nullable=False),
    sa.Index("chunks_by_document", "document_id"),
    sa.Index("chunks_by_vector", "vector"),
    sqlite_autoincrement=True,
)

builds = sa.Table(
    # Each build is all passages of the library, cut and embedded by one recipe. The row `build` of `meta` has
    # the number of the build that searches use.
    "builds",
    metadata,
    # Never reused: the number names the folder of the build's caches.
    sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("encoder", TEXT, nullable=False),
    sa.Column("model", TEXT, nullable=False),
    sa.Column("max_chunk_tokens", _NUMBER, nullable=False),
    sa.Column("title_tokens", _NUMBER, nullable=False),
    sa.Column("chunking", _NUMBER, nullable=False),
    sqlite_autoincrement=True,
)

ranges = sa.Table(
    # The chunks of a document in a build. One transaction writes these chunks, so their ids are consecutive.
    "ranges",
    metadata,
    sa.Column("build", _NUMBER, sa.ForeignKey("builds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("document_id", _NUMBER, sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", _NUMBER, nullable=False),
    # The id of the first chunk, and the id after the last chunk; equal if there is no chunk.
    sa.Column("first", _NUMBER, nullable=False),
    sa.Column("beyond", _NUMBER, nullable=False),
    sa.Index("ranges_by_document", "document_id"),
    sa.Index("ranges_by_end", "build", "beyond"),
)

removals = sa.Table(
    # The removed chunks. A row stays until no cache is older than its generation.
    "removals",
    metadata,
    sa.Column("chunk", _NUMBER, primary_key=True),
    sa.Column("generation", _NUMBER, nullable=False),
    sa.Index("removals_by_generation", "generation"),
)

vectors = sa.Table(
    "vectors",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
)

sentence_vectors = sa.Table(
    # A separate table: a search reads hundreds of passage vectors, but only its hits' sentence vectors.
    "sentence_vectors",
    metadata,
    sa.Column("digest", sa.String(64), sa.ForeignKey("vectors.digest", ondelete="CASCADE"), primary_key=True),
    sa.Column("packed", sa.LargeBinary, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    # Rises in the order of the requests.
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    # The process that runs the job.
    sa.Column("owner", TEXT, nullable=False),
    sa.Column("created", TEXT, nullable=False),
    sa.Column("started", TEXT),
    # The time of the last update.
    sa.Column("heard", TEXT, nullable=False),
    sa.Column("ended", TEXT),
    sa.Column("cancelling", sa.Boolean, nullable=False),
    sa.Column("stage", TEXT),
    sa.Column("files_done", _NUMBER, nullable=False),
    sa.Column("files_of", _NUMBER, nullable=False),
    sa.Column("passages_done", _NUMBER, nullable=False),
    sa.Column("passages_of", _NUMBER, nullable=False),
    sa.Column("seconds_left", sa.Float),
    sa.Column("message", TEXT),
    sa.Column("result", sa.JSON(none_as_null=True)),
    # The key of the viewer who requested the job; null for a job of nobody.
    sa.Column("sender", TEXT),
    sa.UniqueConstraint("id", name="jobs_by_id"),
    sqlite_autoincrement=True,
)

kept = sa.Table(
    # Stored answers, as texts that this package does not interpret; a series is a conversation.
    "kept",
    metadata,
    # Rises in the order of storing.
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("series", TEXT),
    sa.Column("created", TEXT, nullable=False),
    sa.Column("body", TEXT, nullable=False),
    sa.UniqueConstraint("id", name="kept_by_id"),
    sa.Index("kept_by_series", "series", "number"),
    sqlite_autoincrement=True,
)

kept_words = sa.Table(
    # A separate table: a search for words reads all of its rows, but no stored text.
    "kept_words",
    metadata,
    sa.Column("number", _NUMBER, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("heading", TEXT, nullable=False),
    # Folded by index.text.find.
    sa.Column("folded", TEXT, nullable=False),
)

kept_references = sa.Table(
    # The documents that stored texts cite. The rows outlive their documents, which a user may restore.
    "kept_references",
    metadata,
    sa.Column("number", _NUMBER, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("document_id", _NUMBER, primary_key=True),
    sa.Column("version", _NUMBER, primary_key=True),
    sa.Index("kept_references_by_document", "document_id", "number"),
)

withdrawals = sa.Table(
    # Stored texts that a replacement removed from their series. They are deleted with the series.
    "withdrawals",
    metadata,
    sa.Column("number", _NUMBER, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("series", TEXT, nullable=False),
    sa.Index("withdrawals_by_series", "series"),
)

series_names = sa.Table(
    # The names that users have given to series. Series of two owners may have the same id.
    "series_names",
    metadata,
    sa.Column("series", TEXT, primary_key=True),
    # The owner's key; empty for a series without an owner.
    sa.Column("owner", TEXT, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    # Folded by index.text.find.
    sa.Column("folded", TEXT, nullable=False),
)

kept_owners = sa.Table(
    # The owners of stored texts. A text without a row has no owner.
    "kept_owners",
    metadata,
    sa.Column("number", _NUMBER, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner", TEXT, nullable=False),
    # Whether other viewers may read the text.
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Index("kept_owners_by_owner", "owner", "number"),
)

kept_documents = sa.Table(
    # The documents whose words or titles a stored text may contain, cited or not. The rows outlive them.
    "kept_documents",
    metadata,
    sa.Column("number", _NUMBER, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
    sa.Column("document_id", _NUMBER, primary_key=True),
    # The collection in which the document was when it was last deleted.
    sa.Column("collection", TEXT),
    sa.Index("kept_documents_by_document", "document_id", "number"),
)

kept_names = sa.Table(
    # The names by which a stored text filtered documents.
    "kept_names",
    metadata,
    sa.Column("number", _NUMBER, sa.ForeignKey("kept.number", ondelete="CASCADE"), primary_key=True),
    # A column of ``versions``: ``collection`` or ``publisher``.
    sa.Column("kind", TEXT, primary_key=True),
    sa.Column("name", TEXT, primary_key=True),
)

feedback = sa.Table(
    # Users' judgements of stored texts, in the order of arrival. This package does not interpret them.
    "feedback",
    metadata,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("question", TEXT, nullable=False),
    sa.Column("verdict", TEXT, nullable=False),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("note", TEXT),
    sa.Column("given_at", TEXT, nullable=False),
    sa.Column("answer_id", TEXT),
    # The key of the viewer who gave the judgement.
    sa.Column("owner", TEXT),
    sa.Index("feedback_by_answer", "answer_id"),
    sqlite_autoincrement=True,
)

limits = sa.Table(
    # Collections that only some viewers, or none, may see.
    "limits",
    metadata,
    sa.Column("collection", TEXT, primary_key=True),
)

limit_viewers = sa.Table(
    # The keys of the viewers who may see a limited collection.
    "limit_viewers",
    metadata,
    sa.Column("collection", TEXT, sa.ForeignKey("limits.collection", ondelete="CASCADE"), primary_key=True),
    sa.Column("viewer", TEXT, primary_key=True),
)


_migrating = Lock()  # Alembic keeps its state in module globals, so only one thread may run it.


def migrate(engine: sa.Engine) -> None:
    """Migrate to :data:`HEAD` in one transaction. Raises SchemaError if a newer program wrote the catalog."""
    with engine.connect() as connection:
        found = _revision(connection)
    if found == HEAD:
        return
    # Imported here: importing Alembic takes longer than the whole `status` command.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # Alembic's configuration parser interprets a single %.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with _migrating, engine.begin() as connection:
        database_of(connection).begin_migrating(connection)
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, HEAD)
        except CommandError as error:
            raise SchemaError(
                f"the catalog has revision {found!r}, but this program supports only revisions up to "
                f"{HEAD!r}; update footnoted, or choose another --home"
            ) from error


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return revision
