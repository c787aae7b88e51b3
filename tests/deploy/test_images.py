"""The Dockerfiles and compose.yml: linted, checked against the Compose schema. `make test-containers` runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from provisioner import __version__
from provisioner.sandbox.distribution import KEYCLOAK_VERSION
from provisioner.sandbox.keycloak import KEYCLOAK_IMAGE
from provisioner.settings import load_settings

ROOT = Path(__file__).parents[2]
DOCKERFILES = ["deploy/Dockerfile", "deploy/Dockerfile.keycloak"]


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(name)
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def instructions(file: str) -> list[tuple[str, str]]:
    """Each instruction with its argument, continued lines joined."""
    lines = [line for line in (ROOT / file).read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    parsed = [(name, rest) for line in joined.splitlines() if line for name, _, rest in [line.partition(" ")]]
    arguments = dict(rest.split("=", 1) for name, rest in parsed if name == "ARG")
    return [(name, re.sub(r"\$\{(\w+)\}", lambda used: arguments[used[1]], rest)) for name, rest in parsed]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """compose.yml as it is read, its shared parts merged in."""
    read: dict[str, Any] = YAML(typ="safe").load(ROOT / "compose.yml")
    return read


@pytest.mark.parametrize("file", DOCKERFILES)
def test_the_linter_finds_nothing_to_say_about_an_image(file: str) -> None:
    done = tool("hadolint", "--failure-threshold", "style", file)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("file", DOCKERFILES)
def test_an_image_begins_with_an_exact_version_and_runs_as_a_number_that_is_not_root(file: str) -> None:
    dockerfile = instructions(file)

    bases = [rest.split()[0] for name, rest in dockerfile if name == "FROM"]
    assert all(re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+[a-z-]*(@sha256:[0-9a-f]{64})?", base) for base in bases), bases
    last = max(index for index, (name, _) in enumerate(dockerfile) if name == "FROM")
    users = [rest for name, rest in dockerfile[last:] if name == "USER"]
    assert users
    assert all(re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", user) for user in users)


def test_what_an_image_begins_with_can_be_named_in_the_settings_of_compose(compose: dict[str, Any]) -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    for service in (service for service in compose["services"].values() if "build" in service):
        asked = [rest.split("=")[0] for name, rest in instructions(service["build"]["dockerfile"]) if name == "ARG"]
        assert service["build"]["args"] == asked
        assert all(f"{name}=" in example for name in asked)


def test_packages_enter_the_image_by_their_hashes_and_its_health_is_the_services_own() -> None:
    dockerfile = instructions("deploy/Dockerfile")

    runs = [rest for name, rest in dockerfile if name == "RUN"]
    for step in (step for run in runs for step in re.split(r"\s*&&\s*", run)):
        if re.match(r"pip install|uv pip (sync|install)|uv build", step):
            assert "--require-hashes" in step or "--no-deps" in step, step
    health = next(rest for name, rest in dockerfile if name == "HEALTHCHECK")
    assert f"http://{load_settings(environment={}).service.listen}/health/live" in health
    assert "curl" not in health


def test_only_what_the_image_needs_is_sent_to_its_build() -> None:
    ignored, *admitted = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = [rest.split()[:-1] for name, rest in instructions("deploy/Dockerfile") if name == "COPY"]

    assert ignored == "*"
    wanted = {path for paths in copied for path in paths if not path.startswith(("--from", "/"))}
    assert {line.removeprefix("!") for line in admitted if line.startswith("!")} == wanted
    assert all((ROOT / path).exists() for path in wanted)


@pytest.mark.parametrize("file", ["compose.yml", "deploy/compose.authority.yml", "tests/containers/compose.yml"])
def test_compose_is_valid(file: str) -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)

    assert done.returncode == 0, done.stdout


def test_what_compose_names_is_there(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for name, service in services.items():
        secrets = {secret["source"] if isinstance(secret, dict) else secret for secret in service.get("secrets", [])}
        assert secrets <= set(compose["secrets"]), name
        assert set(service["networks"]) <= set(compose["networks"]), name
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"]), name
        assert set(service.get("depends_on", {})) <= set(services), name
        if "build" in service:
            assert (ROOT / service["build"]["context"] / service["build"]["dockerfile"]).is_file() or (
                ROOT / service["build"]["dockerfile"]
            ).is_file()


def test_each_container_is_of_an_exact_version_and_shut_in(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        image = re.sub(r"\$\{\w+:-([^}]+)\}", r"\1", service["image"])
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+(\.\d+)?[a-z0-9.-]*", image), name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert compose["services"]["provisioner"]["image"] == f"provisioner:{__version__}"


def test_keycloak_is_the_tested_version_in_production_mode_without_impersonation(compose: dict[str, Any]) -> None:
    dockerfile = instructions("deploy/Dockerfile.keycloak")
    keycloak = compose["services"]["keycloak"]

    assert {rest.split()[0] for name, rest in dockerfile if name == "FROM"} == {KEYCLOAK_IMAGE}
    assert keycloak["image"].endswith(f":{KEYCLOAK_VERSION}")
    assert f"tested with {KEYCLOAK_VERSION}." in (ROOT / "docs" / "production.md").read_text("utf-8")
    assert ("CMD", '["start", "--optimized"]') in dockerfile
    built = " ".join(rest for name, rest in dockerfile if name == "ENV")
    assert re.search(r"KC_FEATURES_DISABLED=\S*impersonation", built)
    assert "KC_HEALTH_ENABLED=true" in built
    assert {"KC_HOSTNAME", "KC_PROXY_HEADERS"} <= set(keycloak["environment"])


def test_each_waits_for_what_it_needs_and_the_realm_is_put_once(compose: dict[str, Any]) -> None:
    services = compose["services"]

    assert services["keycloak"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["realm"]["depends_on"] == {"keycloak": {"condition": "service_healthy"}}
    assert services["provisioner"]["depends_on"] == {"realm": {"condition": "service_completed_successfully"}}
    assert (services["realm"]["command"], services["realm"]["restart"]) == (["realm", "apply", "--unless-used"], "no")
    assert all("healthcheck" in services[name] for name in ("database", "keycloak", "mail"))
    assert services["realm"]["healthcheck"] == {"disable": True}, "it ends: the image's check is that of `serve`"


def test_an_image_of_ours_is_never_looked_for_in_a_registry(compose: dict[str, Any]) -> None:
    """Somebody else may have put one of that name there."""
    ours = {
        name: service for name, service in compose["services"].items() if service["image"].startswith("provisioner")
    }

    assert {service["image"] for service in ours.values() if "build" in service} == {
        service["image"] for service in ours.values()
    }
    assert {service["pull_policy"] for service in ours.values()} == {"never"}


def test_no_secret_stands_in_a_file_of_the_project(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or name.endswith("_FILE"), name
            assert "SECRET" not in name or value == "/run/secrets", name
    assert not re.search(r"PASSWORD|SECRET", (ROOT / ".env.example").read_text("utf-8"))
    only_there = [
        name for name, settings in compose["services"].items() if "keycloak_admin_password" in str(settings)
    ]
    assert only_there == ["keycloak", "realm"]


@pytest.mark.parametrize("service", ["realm", "provisioner"])
def test_provisioner_takes_the_settings_of_compose(compose: dict[str, Any], service: str, tmp_path: Path) -> None:
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    environment = {
        name: re.sub(r"\$\{(\w+):[?-][^}]*\}", lambda match: example[match[1]], value)
        for name, value in compose["services"][service]["environment"].items()
    }
    for secret in compose["services"][service]["secrets"]:
        (tmp_path / secret["target"]).write_text("invented\n", "utf-8")

    settings = load_settings(environment={**environment, "PROVISIONER_SECRETS_DIR": str(tmp_path)})

    assert settings.keycloak.client_secret is not None
    assert settings.smtp.is_set
    assert (settings.keycloak.admin_password is None) == (service == "provisioner")


@pytest.mark.parametrize("is_ours", [True, False])
def test_the_tests_engine_is_ended_by_its_own_command_line_not_by_its_number(tmp_path: Path, is_ours: bool) -> None:
    """After a restart the number may be that of the machine's own engine."""
    cache = tmp_path / "provisioner" / "containers"
    cache.mkdir(parents=True)
    engine = tmp_path / "dockerd"
    engine.symlink_to(Path(sys.executable).resolve())  # the name that the kernel shows
    asleep = "import signal; print(flush=True); signal.pause()"
    files = str(cache / "engine.pid") if is_ours else "/var/run/docker.pid"
    with subprocess.Popen([engine, "-c", asleep, "--pidfile", files], stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        (cache / "engine.pid").write_text(str(started.pid), "utf-8")

        # Not waited for in between, as on a machine whose first process waits for nobody's children.
        stop = [str(ROOT / "scripts" / "container-engine.sh"), "stop"]
        subprocess.run(stop, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, check=True, timeout=60)

        assert (started.poll() is not None) == is_ours
        started.kill()
