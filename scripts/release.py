"""`make release VERSION=0.5.0`: the commit, the tag and the files of a release, these in dist/0.5.0.

All is made in a copy of the last commit: what stops half way has changed nothing here. `--dry-run` keeps the files,
and brings back neither commit nor tag. `--without-audit` is for where nobody can be asked about known holes; those
that are found need a statement in deploy/release.toml.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import move, rmtree

ROOT = Path(__file__).parents[1]


def git(*arguments: str, cwd: Path | None = None) -> str:
    """What git answers; what it refuses ends the release."""
    done = subprocess.run(["git", *arguments], cwd=cwd or ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def refusal(version: str) -> str | None:
    """Why there can be no such release of the tree as it is."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        return f"No version: {version}"
    if changed := git("status", "--porcelain"):
        return f"Not committed:\n{changed}"
    if git("tag", "--list", f"v{version}"):
        return f"There is a tag v{version}."
    if f"\n## {version} (unreleased)\n" not in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        return f"CHANGELOG.md has no section « {version} (unreleased) »."
    return None


def audit() -> str:
    """What the audit of the locked packages leaves to be said: nothing, open holes, or that it could not be asked."""
    options = ("--disable-pip", "--require-hashes", "--requirement=requirements.txt", "--format=json")
    command = [Path(sys.executable).with_name("pip-audit"), *options, "--progress-spinner=off"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return "could not be asked: " + (done.stderr.strip() or "no answer").splitlines()[-1]
    if unknown := [package["name"] for package in packages if "vulns" not in package]:  # and pip-audit ends with 0
        return f"could not be asked: no answer for {len(unknown)} of {len(packages)} packages ({unknown[0]}…)"
    rules = tomllib.loads((ROOT / "deploy" / "release.toml").read_text("utf-8"))["statement"]
    settled = {rule["vulnerability"] for rule in rules if rule["status"] in ("fixed", "not_affected")}
    holes = [(package["name"], hole["id"], hole["aliases"]) for package in packages for hole in package["vulns"]]
    return ", ".join(f"{name} {id_}" for name, id_, aliases in holes if settled.isdisjoint({id_, *aliases}))


def set_version(tree: Path, version: str) -> None:
    """The version where the package and compose.yml have it, and its day in the changelog."""
    for name, old, new in (
        ("provisioner/__init__.py", r"__version__ = .*", f'__version__ = "{version}"'),
        ("compose.yml", r"image: provisioner:\S+", f"image: provisioner:{version}"),
        ("CHANGELOG.md", rf"## {version} \(unreleased\)", f"## {version} ({datetime.now(UTC):%Y-%m-%d})"),
    ):
        (tree / name).write_text(re.sub(old, new, (tree / name).read_text("utf-8"), count=1), "utf-8")


def commit(tree: Path, version: str) -> None:
    """A copy of the last commit, and in it the commit and the tag of the release, by whoever makes commits here."""
    name, email = git("var", "GIT_COMMITTER_IDENT").rpartition(">")[0].split(" <", 1)
    git("clone", "--quiet", f"--config=user.name={name}", f"--config=user.email={email}", str(ROOT), str(tree))
    set_version(tree, version)
    git("commit", "--quiet", "--all", "--allow-empty", f"--message=Version {version}", cwd=tree)
    git("tag", "--annotate", f"v{version}", f"--message=Version {version}", cwd=tree)


def bring_back(tree: Path, version: str) -> None:
    """Commit and tag of the copy, at once: no commit is left without its tag."""
    git("pull", "--quiet", "--ff-only", str(tree), "tag", f"v{version}")


def digests(folder: Path) -> dict[str, str]:
    """Each file's SHA-256."""
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def build(tree: Path, folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """The wheel and the sdist of a tree; the digest of each."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True, text=True)
    return digests(folder)


def build_images(tree: Path) -> str:
    """The images of compose.yml that are ours, built as compose.yml says (COMPOSE_FILE adds to it), where an engine
    answers.
    """
    try:
        subprocess.run(["docker", "info"], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "not built, as no container engine answers here"
    subprocess.run(["docker", "compose", "--env-file", ".env.example", "build"], cwd=tree, check=True)
    return ", ".join(dict.fromkeys(re.findall(r"image: (provisioner\S+)", (tree / "compose.yml").read_text("utf-8"))))


def main() -> None:
    """Makes the release, or says why not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("version")
    for option in ("--dry-run", "--without-audit"):
        parser.add_argument(option, action="store_true")
    asked = parser.parse_args()
    if why_not := refusal(asked.version):
        sys.exit(why_not)
    holes = audit()
    sys.stdout.write(f"Audit: {holes or 'nothing found'}\n")
    if holes and not (asked.without_audit and holes.startswith("could not be asked")):
        sys.exit("No release.")
    with tempfile.TemporaryDirectory() as place:
        tree, other, folder = Path(place) / "tree", Path(place) / "other", Path(place) / asked.version
        commit(tree, asked.version)
        git("clone", "--quiet", str(tree), str(other))
        epoch = git("log", "-1", "--format=%ct", cwd=tree)
        environment = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "PYTHONPATH": str(tree)}
        if build(tree, folder, environment) != build(other, Path(place) / "dist", environment):
            sys.exit("Built twice, the wheel or the sdist differs.")
        sys.stdout.write(f"Images: {build_images(tree)}\n")
        subprocess.run([sys.executable, tree / "scripts/sbom.py", folder], env=environment, check=True)
        (folder / "requirements.txt").write_bytes((tree / "requirements.txt").read_bytes())
        sums = [f"{digest}  {name}\n" for name, digest in digests(folder).items()]
        (folder / "SHA256SUMS").write_text("".join(sums), "utf-8")
        made = ROOT / "dist" / asked.version
        rmtree(made, ignore_errors=True)  # of a trial
        made.parent.mkdir(exist_ok=True)
        move(folder, made)
        if not asked.dry_run:
            bring_back(tree, asked.version)
    sys.stdout.write(f"{'Tried' if asked.dry_run else 'Made'}: {made}\n")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as failed:
        sys.exit(
            f"{failed.stderr or ''}No release: it ended with {failed.returncode}: {' '.join(map(str, failed.cmd))}"
        )
