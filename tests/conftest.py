"""Databases for tests: one migrated template a session, and a fresh copy of it for every test."""

import importlib.util
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from sqlalchemy import Engine

from subscribers.database import open_engine
from tests import postgres
from tests.databases import prepare
from tests.requirements import require

# No test asserts on wall-clock time: an example that a busy machine makes slow is no failure.
hypothesis.settings.register_profile("newsletter", deadline=None)
hypothesis.settings.load_profile("newsletter")


@pytest.fixture
def now() -> datetime:
    """A moment at which a test takes place."""
    return datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the migrated tables and this site's keys."""
    path = tmp_path_factory.mktemp("template") / "newsletter.db"
    prepare(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A fresh SQLite database, migrated, with keys."""
    path = tmp_path / "newsletter.db"
    shutil.copyfile(sqlite_template, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server for this session."""
    binaries = postgres.find_binaries()
    require("PostgreSQL", binaries)
    require("psycopg", importlib.util.find_spec("psycopg"))
    assert binaries is not None
    with postgres.running(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_template(postgres_cluster: postgres.Cluster) -> str:
    """The name of a PostgreSQL database with the migrated tables and this site's keys."""
    prepare(postgres_cluster.create("migrated"))
    return "migrated"


@pytest.fixture
def empty_postgres_url(postgres_cluster: postgres.Cluster) -> Iterator[str]:
    """The URL of a fresh PostgreSQL database with nothing in it."""
    name = f"test_{uuid4().hex}"
    yield postgres_cluster.create(name)
    postgres_cluster.drop(name)


@pytest.fixture
def postgres_engine(postgres_cluster: postgres.Cluster, postgres_template: str) -> Iterator[Engine]:
    """A fresh PostgreSQL database, migrated, with keys."""
    name = f"test_{uuid4().hex}"
    engine = open_engine(postgres_cluster.create(name, template=postgres_template))
    yield engine
    engine.dispose()
    postgres_cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A fresh database, migrated, with keys; the test runs once on each engine."""
    found: Engine = request.getfixturevalue(
        "sqlite_engine" if request.param == "sqlite" else "postgres_engine"
    )
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A fresh database with nothing in it; the test runs once on each engine."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        url = request.getfixturevalue("empty_postgres_url")
    engine = open_engine(url)
    yield engine
    engine.dispose()
