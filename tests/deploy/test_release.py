"""What a release says of itself: its licences, the known holes, and when there is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def script(name: str) -> ModuleType:
    """One of scripts/, as a module."""
    spec = spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def parts() -> list[dict[str, Any]]:
    """What the SBOM lists, on a machine without our image."""
    sbom = script("sbom")
    return [*sbom.packages()["components"], *sbom.images()]


def test_every_locked_package_is_listed_with_its_hashes_and_an_allowed_licence(parts: list[dict[str, Any]]) -> None:
    sbom = script("sbom")
    packages = [part for part in parts if part.get("purl", "").startswith("pkg:pypi/")]

    locked = (ROOT / "requirements.txt").read_text("utf-8")
    assert sbom.not_as_locked(locked) == []
    listed = {(canonicalize_name(part["name"]), part["version"]) for part in packages}
    lines = [line.split() for line in locked.splitlines() if "==" in line]
    assert {tuple(line[0].split("==")) for line in lines if ";" not in line} <= listed
    assert all(any(ref.get("hashes") for ref in part["externalReferences"]) for part in packages)
    licences = {part["name"]: sbom.licence_of(part) for part in packages}
    assert {name: licence for name, licence in licences.items() if not sbom.is_allowed(licence)} == {}


def test_no_sbom_is_made_where_another_version_is_installed_than_the_locked_one() -> None:
    lines = ["lxml==1.0 \\", "invented==1.0", "colorama==0.4.6 ; sys_platform == 'invented' \\"]

    assert script("sbom").not_as_locked("\n".join(lines)) == ["lxml==1.0", "invented==1.0"]


def test_the_images_that_ours_begin_with_are_listed(parts: list[dict[str, Any]]) -> None:
    images = {part["name"] for part in parts if part["type"] == "container"}

    assert images >= {"provisioner", "provisioner-keycloak", "python", "keycloak/keycloak", "postgres"}


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "MIT AND AGPL-3.0-or-later", "MIT OR GPL-3.0-only", ""])
def test_a_licence_that_nobody_allowed_is_refused(licence: str) -> None:
    assert not script("sbom").is_allowed(licence)


def test_the_statements_about_known_holes_are_as_openvex_says(parts: list[dict[str, Any]]) -> None:
    schema = json.loads((ROOT / "tests" / "data" / "openvex.schema.json").read_text("utf-8"))
    vex = script("sbom").openvex(parts, datetime(2026, 11, 30, tzinfo=UTC))

    assert [error.message for error in Draft202012Validator(schema).iter_errors(vex)] == []


AUDITS: dict[str, tuple[Any, str]] = {
    "no connection": ("", "could not be asked: no answer"),
    "no answer": (
        {"name": "lxml", "skip_reason": "not found"},
        "could not be asked: no answer for 1 of 1 packages (lxml…)",
    ),
    "nothing": ({"name": "lxml", "vulns": []}, ""),
    "a settled hole": ({"name": "lxml", "vulns": [{"id": "GHSA-1", "aliases": ["CVE-2026-41066"]}]}, ""),
    "an open hole": ({"name": "lxml", "vulns": [{"id": "GHSA-2", "aliases": ["CVE-2026-1"]}]}, "lxml GHSA-2"),
}


@pytest.mark.parametrize("case", AUDITS)
def test_an_audit_that_nobody_answered_is_not_one_that_found_nothing(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, said = AUDITS[case]
    answer = json.dumps({"dependencies": [package]}) if package else ""
    done = subprocess.CompletedProcess([], 0, stdout=answer, stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: done)

    assert script("release").audit() == said


def test_there_is_no_release_of_a_changed_tree_of_a_tagged_version_or_of_one_without_a_changelog(
    tmp_path: Path,
) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "release.py").write_bytes((ROOT / "scripts" / "release.py").read_bytes())
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.5.0 (unreleased)\n\n## 0.4.0 (2026-11-30)\n", "utf-8")

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Essai", "-c", "user.email=essai@caf.example")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def refused(version: str) -> str:
        command = [sys.executable, str(tmp_path / "scripts" / "release.py"), version]
        ended: subprocess.CompletedProcess[str] = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        return ended.stderr

    git("init", "--quiet")
    assert "Not committed" in refused("0.5.0")
    git("add", ".")
    git("commit", "--quiet", "--message=Essai")
    assert "CHANGELOG.md" in refused("0.6.0")
    assert "CHANGELOG.md" in refused("0.4.0")  # released on its day
    git("tag", "v0.5.0")
    assert "tag v0.5.0" in refused("0.5.0")


def test_commit_and_tag_of_a_release_are_by_whoever_this_clone_names_and_come_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    release, here = script("release"), tmp_path / "here"
    monkeypatch.setattr(release, "ROOT", here)
    (here / "provisioner").mkdir(parents=True)
    (here / "provisioner" / "__init__.py").write_text('__version__ = "0.4.0"\n', "utf-8")
    (here / "compose.yml").write_text("  image: provisioner:0.4.0\n", "utf-8")
    (here / "CHANGELOG.md").write_text("# Changelog\n\n## 0.5.0 (unreleased)\n", "utf-8")
    release.git("init", "--quiet", cwd=here)
    release.git("config", "user.name", "Essai", cwd=here)
    release.git("config", "user.email", "essai@caf.example", cwd=here)
    release.git("add", ".", cwd=here)
    release.git("commit", "--quiet", "--message=Essai", cwd=here)

    release.commit(tmp_path / "tree", "0.5.0")
    assert release.git("log", "--format=%s", cwd=here) == "Essai"
    release.bring_back(tmp_path / "tree", "0.5.0")

    assert release.git("log", "-1", "--format=%an <%ae>: %s", cwd=here) == "Essai <essai@caf.example>: Version 0.5.0"
    assert release.git("describe", "--exact-match", cwd=here) == "v0.5.0"
    assert (here / "compose.yml").read_text("utf-8") == "  image: provisioner:0.5.0\n"
