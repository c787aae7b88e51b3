"""The register's migrations and the one that this version asks for."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from provisioner.register import engine


def test_a_register_is_brought_to_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(engine.__file__).with_name("migrations")))
    assert ScriptDirectory.from_config(config).get_current_head() == engine.REVISION
