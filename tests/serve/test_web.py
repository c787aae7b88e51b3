"""Health, metrics and alerts: what whoever watches the service is told."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from provisioner import __version__
from provisioner.clock import Clock
from provisioner.keycloak.inspection import is_answering
from provisioner.operations import holds
from provisioner.register import Register
from provisioner.service import metrics as metrics_module
from provisioner.service import web as web_module
from provisioner.service.jobs import JOBS
from provisioner.service.metrics import Metrics, RegisterGauges
from provisioner.service.scheduler import Service
from provisioner.service.web import Health, Web, pages_of
from provisioner.settings import Settings, SettingsError
from tests.serve.parts import Runs, job, runner
from tests.shared.pace import PATIENCE

ALERTS = Path(__file__).parents[2] / "docs" / "alerts.yml"


@contextmanager
def listening(service: Service, ask_keycloak: Callable[[], bool] = lambda: True) -> Iterator[str]:
    web = Web("127.0.0.1:0", pages_of(service, ask_keycloak))
    yield f"http://127.0.0.1:{web.port}"
    web.stop()


def told(register: Register) -> str:
    """What Prometheus reads of a service that has not run yet."""
    metrics = Metrics()
    for real_job in JOBS:
        metrics.know(real_job.name)
    metrics.registry.register(RegisterGauges(register, Clock()))
    return metrics.text().decode()


def test_every_metric_that_an_alert_asks_for_is_there_from_the_start(register: Register) -> None:
    known = set(re.findall(r"^(provisioner_\w+?)(?:_bucket|_sum)?(?:\{.*)? \S+$", told(register), re.MULTILINE))
    named = set(re.findall(r"\bprovisioner_\w+", ALERTS.read_text("utf-8")))
    assert len(named) > 6
    assert named - known <= {"provisioner_last_good_sync_age_seconds"}, named - known  # the alert says `absent` too


def test_labels_that_an_alert_asks_for_are_there_from_the_start(register: Register) -> None:
    series = set(re.findall(r"^provisioner_\w+\{.*\}", told(register), re.MULTILINE))
    for name, labels in re.findall(r"\b(provisioner_\w+)\{([^}]*)\}", ALERTS.read_text("utf-8")):
        wanted = labels.split(",")
        assert any(sample.startswith(name) and all(label in sample for label in wanted) for sample in series), (
            name,
            labels,
        )


def test_the_dashboard_loads_and_every_metric_in_it_is_there(register: Register) -> None:
    dashboard = json.loads((ALERTS.parent / "grafana.json").read_text("utf-8"))
    assert {"title", "panels", "schemaVersion", "templating"} <= dashboard.keys()
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    known = set(re.findall(r"^(provisioner_\w+)(?:\{.*)? \S+$", told(register), re.MULTILINE))
    named = set(re.findall(r"\bprovisioner_\w+", " ".join(asked)))
    assert len(named) > 10
    assert named - known <= {"provisioner_last_good_sync_age_seconds"}, named - known  # absent before the first one
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(places) == len(set(places)), "no panel lies on another one"


def test_a_panel_of_the_dashboard_goes_by_labels_that_its_metric_has(register: Register) -> None:
    text = told(register)
    for panel in json.loads((ALERTS.parent / "grafana.json").read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            (metric,) = set(re.findall(r"\bprovisioner_\w+", target["expr"]))
            asked = re.findall(r"by \(([^)]*)\)|\{(\w+)=|\{\{(\w+)\}\}", f"{target['expr']} {target['legendFormat']}")
            names = {name.strip() for match in asked for part in match for name in part.split(",") if name}
            names = {"job" if name == "exported_job" else name for name in names}  # Prometheus has a `job` of its own
            labels = set(re.findall(r'[{,](\w+)="', "".join(re.findall(rf"^{metric}(\{{.*\}})", text, re.MULTILINE))))
            assert names <= labels, (panel["title"], names - labels)
        if panel["title"] == "Version":
            assert panel["options"]["textMode"] == "name", "the version is a label: the value is always 1"


def test_the_page_of_the_service_names_every_metric(register: Register) -> None:
    page = (ALERTS.parent / "service.md").read_text("utf-8")
    told_names = set(re.findall(r"^# TYPE provisioner(_\w+)", told(register), re.MULTILINE))
    assert {name for name in told_names if f"{name}`" not in page} == set()


def test_the_metrics_say_which_version_runs_and_what_waits_for_a_person(register: Register) -> None:
    holds.pause(register, None, "maintenance", None, "Claire Martin")
    text = told(register)
    assert f'provisioner_build_info{{version="{__version__}"}} 1.0' in text
    assert 'provisioner_waits_for_person{what="pause"} 1.0' in text
    assert 'provisioner_waits_for_person{what="annexe"} 0.0' in text


def test_an_alert_on_two_metrics_of_different_labels_says_by_which_they_meet(register: Register) -> None:
    labelled = set(re.findall(r"^(provisioner_\w+)\{", told(register), re.MULTILINE))
    both = re.findall(
        r"expr: .*\b(provisioner_\w+).* and (on\(instance\) )?.*\b(provisioner_\w+)", ALERTS.read_text()
    )
    assert both
    for metric, on, other in both:
        assert on or (metric in labelled) is (other in labelled), (metric, other)


def test_an_alert_names_a_job_of_ours_by_the_label_that_prometheus_leaves_it() -> None:
    assert "$labels.job " not in ALERTS.read_text("utf-8")


def test_a_pause_by_the_clock_and_its_age_show_in_the_metrics(register: Register) -> None:
    holds.pause(register, None, "clock", None, "serve")
    text = told(register)
    assert 'provisioner_held{kind="pause"} 1.0' in text
    assert "provisioner_clock_paused 1.0" in text


def test_a_pause_by_a_person_is_not_the_clocks(register: Register) -> None:
    holds.pause(register, None, "maintenance", None, "Claire Martin")
    text = told(register)
    assert 'provisioner_held{kind="pause"} 1.0' in text
    assert "provisioner_clock_paused 0.0" in text
    assert "maintenance" not in text
    assert "Claire" not in text


def test_a_service_that_has_not_had_an_answer_of_keycloak_is_not_ready(
    settings: Settings, register: Register
) -> None:
    job_runner = runner(settings, register)
    service = Service(job_runner, [job(Runs())])
    with listening(service) as url:
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{url}/health/ready")
        job_runner.answered_at = time.monotonic()
        assert urllib.request.urlopen(f"{url}/health/ready").status == 200
        job_runner.answered_at -= 3600  # twice the quarter of an hour, and another one
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{url}/health/ready")


def test_keycloak_itself_is_asked_and_not_only_the_last_run(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake: the real Keycloak cannot be made to be away from one question to the next."""
    answers = iter([True, False])
    job_runner = runner(settings, register)
    job_runner.answered_at = time.monotonic()
    with listening(Service(job_runner, []), lambda: next(answers)) as url:
        for _ in range(3):
            ready = json.loads(urllib.request.urlopen(f"{url}/health/ready").read())
            assert ready["keycloak_answers"] is True, "one question serves for half a minute"
        monkeypatch.setattr(web_module, "ASK_SECONDS", -1)
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(f"{url}/health/ready")
    assert is_answering(settings.keycloak.model_copy(update={"url": "http://127.0.0.1:9"})) is False


def test_a_register_that_does_not_answer_is_told_at_once_to_whoever_asks_next(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fake: no real database hangs until a test lets go of it."""
    asked, answers, read = threading.Event(), threading.Event(), register.read

    @contextmanager
    def hanging() -> Iterator[Connection]:
        asked.set()
        assert answers.wait(PATIENCE)
        with read() as connection:
            yield connection

    monkeypatch.setattr(register, "read", hanging)
    monkeypatch.setattr(web_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(metrics_module, "LOOK_SECONDS", 0.01)
    health, gauges = Health(Service(runner(settings, register), [])), RegisterGauges(register, Clock())
    for ask in (lambda: json.loads(health.ready()[2])["register"], lambda: len(list(gauges.collect())) > 1):
        asked.clear()
        answers.clear()
        with ThreadPoolExecutor(1) as first:
            waits = first.submit(ask)
            assert asked.wait(PATIENCE)
            assert ask() is False
            answers.set()
            assert waits.result(PATIENCE) is True


def test_only_the_known_pages_are_answered(settings: Settings, register: Register) -> None:
    with listening(Service(runner(settings, register), [])) as url:
        for path in ("/", "/health", "/../etc/passwd"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(url + path)
        with pytest.raises(urllib.error.HTTPError, match="501"):
            urllib.request.urlopen(f"{url}/health/ready", data=b"POST")


def test_an_address_that_is_taken_is_a_setting_to_change() -> None:
    web = Web("127.0.0.1:0", {})
    with pytest.raises(SettingsError, match="PROVISIONER_SERVICE__LISTEN"):
        Web(f"127.0.0.1:{web.port}", {})
    web.stop()


def test_what_a_run_did_is_counted() -> None:
    metrics = Metrics()
    metrics.did({("invite", "done"): 3, ("invite", "failed"): 1, ("close", "done"): 2, ("notice", "sent"): 4})
    text = metrics.text().decode()
    assert 'provisioner_changes_total{action="close",outcome="done"} 2.0' in text
    assert 'provisioner_emails_total{kind="link",outcome="sent"} 3.0' in text
    assert 'provisioner_emails_total{kind="link",outcome="failed"} 1.0' in text
    assert 'provisioner_emails_total{kind="notice",outcome="sent"} 4.0' in text
