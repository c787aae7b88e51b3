"""What a release is made of, into a folder: SBOM (CycloneDX), licences (a table), known holes (OpenVEX).

The SBOM has the packages of requirements.txt with the hashes that hold their installation, the images of compose.yml
and those that ours begin with, and the Debian packages of the service's where a container engine has it. Packages for
other systems only are left out.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tomllib
import uuid
from datetime import UTC, datetime, time
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from provisioner import __version__

ROOT = Path(__file__).parents[1]
RULES = tomllib.loads((ROOT / "deploy" / "release.toml").read_text("utf-8"))

#: An image as compose.yml or a Dockerfile names it, be it what stands where a variable is not set.
IMAGE = re.compile(r"^(?: +image: |ARG \w+_IMAGE=)(?:\$\{\w+:-)?([^\s:]+):([^\s}]+)\}?$", re.MULTILINE)

PURL = f"pkg:pypi/provisioner@{__version__}"


def _cyclonedx(*arguments: str) -> Any:
    command = [Path(sys.executable).with_name("cyclonedx-py"), *arguments, "--output-reproducible", "--no-validate"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)


def not_as_locked(requirements: str) -> list[str]:
    """What these requirements ask of this system and is not installed so: an SBOM made here would leave it out."""
    installed = {canonicalize_name(distribution.name): distribution.version for distribution in distributions()}
    asked = [Requirement(line.rstrip(" \\")) for line in requirements.splitlines() if re.match(r"\w\S*==", line)]
    here = [each for each in asked if each.marker is None or each.marker.evaluate()]
    return [
        str(each)
        for each in here
        if not each.specifier.contains(installed.get(canonicalize_name(each.name), "0"), prereleases=True)
    ]


def packages() -> Any:
    """The SBOM of what requirements.txt locks, as installed here: that tells licences and who needs whom."""
    sbom = _cyclonedx("environment", "--pyproject", "pyproject.toml", sys.executable)
    lines = _cyclonedx("requirements", "requirements.txt")["components"]
    locked = {(canonicalize_name(line["name"]), line["version"]): line["externalReferences"] for line in lines}
    components = [part for part in sbom["components"] if (canonicalize_name(part["name"]), part["version"]) in locked]
    for part in components:
        part.setdefault("externalReferences", []).extend(locked[canonicalize_name(part["name"]), part["version"]])
    sbom["metadata"]["component"] |= {"version": __version__, "purl": PURL}
    refs = {"root-component", *(part["bom-ref"] for part in components)}
    needs = [needs for needs in sbom["dependencies"] if needs["ref"] in refs]
    needs = [{**need, "dependsOn": sorted(refs.intersection(need.get("dependsOn", ())))} for need in needs]
    return sbom | {"components": components, "dependencies": needs}


def images() -> list[dict[str, Any]]:
    """The images that compose.yml names, those that ours begin with, and what of Debian is in ours."""
    files = [ROOT / "compose.yml", *(ROOT / "deploy").glob("Dockerfile*")]
    named = {image for file in files for image in IMAGE.findall(file.read_text("utf-8"))}
    parts = [
        {"type": "container", "name": name, "version": tag, "purl": f"pkg:oci/{name.rpartition('/')[2]}?tag={tag}"}
        for name, tag in sorted(named)
    ]
    run = ["docker", "run", "--rm", "--network=none", "--pull=never", "--entrypoint=dpkg-query"]
    query = ["--show", "--showformat=${Package} ${Version} ${Architecture}\n"]
    try:
        ours = f"provisioner:{__version__}"
        done = subprocess.run([*run, ours, *query], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        sys.stderr.write(f"Not in the SBOM: the Debian packages of {ours}, which is not here.\n")
        return parts
    for name, version, architecture in (line.split() for line in done.stdout.splitlines()):
        purl = str(PackageURL("deb", "debian", name, version, {"arch": architecture}))
        parts.append({"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl})
    return parts


def licence_of(package: dict[str, Any]) -> str:
    """Its licence in SPDX's words; what a person read stands before what its metadata say. Empty: nobody knows."""
    read: str | None = RULES["licences"]["read"].get(canonicalize_name(package["name"]))
    told = (each.get("expression") or each["license"].get("id") for each in package.get("licenses", ()))
    return read or " AND ".join(sorted(filter(None, set(told))))


def is_allowed(licence: str) -> bool:
    """Whether each licence that is named is an allowed one: of alternatives too, so that nobody has to choose."""
    return set(re.findall(r"[^ ()]+", licence)) - {"AND", "OR"} <= {*RULES["licences"]["allowed"]} and licence != ""


def openvex(parts: list[dict[str, Any]], issued: datetime) -> dict[str, Any]:
    """What is known of holes in these parts. A statement about what is no longer among them is a KeyError."""
    by_name = {part["name"]: part["purl"] for part in reversed(parts)}
    statements = [
        {
            **{name: rule[name] for name in rule if name not in ("component", "since")},
            "vulnerability": {"name": rule["vulnerability"]},
            "products": [_product(by_name[rule["component"]])],
            "timestamp": datetime.combine(rule["since"], time(), UTC).isoformat(),
        }
        for rule in RULES["statement"]
    ]
    vex = {"@context": "https://openvex.dev/ns/v0.2.0", "@id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, PURL)}"}
    return {**vex, "author": "provisioner", "timestamp": issued.isoformat(), "version": 1, "statements": statements}


def _product(purl: str) -> dict[str, Any]:
    return {"@id": purl} if purl.startswith("pkg:oci/") else {"@id": PURL, "subcomponents": [{"@id": purl}]}


def main(folder: Path) -> None:
    """Writes the three. Other packages than the locked ones, an SBOM that CycloneDX would not take, a licence that is
    not allowed: exit status 1.
    """
    if missing := not_as_locked((ROOT / "requirements.txt").read_text("utf-8")):
        sys.exit(f"Not installed here as requirements.txt locks it: {', '.join(missing)}")
    folder.mkdir(parents=True, exist_ok=True)
    sbom = packages()
    licences = sorted((package["name"], package["version"], licence_of(package)) for package in sbom["components"])
    sbom["components"] += images()
    issued = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", datetime.now(UTC).timestamp())), UTC)
    texts = [json.dumps(each, ensure_ascii=False, indent=1) for each in (sbom, openvex(sbom["components"], issued))]
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(texts[0]):
        sys.exit(f"The SBOM is not as CycloneDX says: {wrong}")
    for name, text in zip(("sbom.cdx.json", "openvex.json"), texts, strict=True):
        (folder / name).write_text(text + "\n", "utf-8")
    with (folder / "licences.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("package", "version", "licence"), *licences])
    if refused := [f"{name}: {licence or 'none known'}" for name, _, licence in licences if not is_allowed(licence)]:
        sys.exit("Licences that deploy/release.toml does not allow:\n" + "\n".join(refused))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
