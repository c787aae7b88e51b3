"""The pages that are handed out, in a browser: on a narrow screen, on a wide one, on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from provisioner.domain.access.person_file import PersonFile
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Row, Severity
from provisioner.domain.connections.held import HeldConnections
from provisioner.domain.connections.record import ConnectionRecord, Coverage
from provisioner.domain.connections.report import ConnectionCounts, ConnectionReport, HourCount, Period, report_of
from provisioner.settings import Settings
from provisioner.views.annexe_state import state_document
from provisioner.views.answers.connection_reports import CafConnectionsAnswer, PartnerConnectionsAnswer
from provisioner.views.answers.persons import PersonAnswer
from provisioner.views.registre import Registre
from provisioner.views.report import Report, report_page
from tests.shared.examples import LYS, email, habilitation, records

NOW = datetime(2027, 3, 1, 11, tzinfo=UTC)
OPENED = datetime(2026, 6, 1, tzinfo=UTC)
ACCESSES = [
    habilitation(f"prenom-compose.nom-de-famille-compose-{id_}", id=id_, opened_at=OPENED) for id_ in range(1, 12)
]
ACCESSES.append(habilitation("annesophie.vandenbroucke", id=12, opened_at=OPENED))  # nowhere to break it


def _report() -> ConnectionReport:
    return report_of(
        records(*ACCESSES),
        Period(date(2026, 5, 1), date(2027, 2, 28)),
        LYS,
        counts=ConnectionCounts(hours=[HourCount(1, datetime(2027, 2, 2, 9, tzinfo=UTC), 7)]),
        coverage=Coverage(begun_at=OPENED, read_until=NOW),
        suspensions=(),
        keep_days=365,
        now=NOW,
    )


def _person() -> PersonAnswer:
    came = ConnectionRecord(
        id="event", at=NOW - timedelta(days=1), kind="login", address="2001:db8:0:0:1:0:0:1", client="cooperation"
    )
    address = email("leroy")
    access = habilitation("leroy", id=1, opened_at=OPENED)
    connections = HeldConnections(records=(came,))
    return PersonAnswer.of(
        PersonFile(asked=address, email=address, now=NOW, records=records(access), connections=connections)
    )


def _annexe() -> Annexe:
    address = "jean.nom-de-famille-compose@agglo-lys.example"
    on = date(2027, 2, 1)
    rows = (
        Row(1, 1, "Nom-de-Famille", "Jean", "Responsable", email(address), on),
        Row(2, 1, "Petit", "Anne", "Agente", email("petit"), on),
    )
    return Annexe(on, rows, ())


def _report_of_check() -> str:
    kinds = {
        "email-domain": Severity.ERROR,
        "email-consumer": Severity.WARNING,
    }
    findings = [Finding(code, severity, 1, 1, Column.EMAIL, "jean@x.example") for code, severity in kinds.items()]
    return report_page(
        Report(
            file="annexe-1.docx",
            sha256="0" * 64,
            partner="Agglo de la Lys",
            checked_on=NOW.date(),
            annexe=_annexe(),
            findings=tuple(findings),
        )
    )


def _state() -> str:
    return state_document(
        "Agglo de la Lys",
        Check(file="annexe-1.docx", sha256="0" * 64, partner=LYS.code, annexe=_annexe(), findings=()),
        "0" * 64,
        NOW.date(),
    ).content.decode()


PAGES: dict[str, Callable[[], str]] = {
    "check": _report_of_check,
    "annexe-state": _state,
    "caf": lambda: CafConnectionsAnswer.of(_report()).page(),
    "partner": lambda: PartnerConnectionsAnswer.of(_report()).page(),
    "person": lambda: _person().page(),
    "registre": lambda: Registre(Settings(), None, NOW.date()).sheet(),
    "mentions": lambda: Registre(Settings(), None, NOW.date()).notice(),
}


@pytest.mark.rule("D5")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_no_sideways_scrolling_on_a_phone_loads_nothing_and_prints(browser: Browser, name: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(PAGES[name]())
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1009, "height": 800})  # A4 across within its margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 1009
    assert page.locator("script").count() == 0
    assert asked == []
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_grave_fault_of_accessibility(browser: Browser, name: str) -> None:
    page = browser.new_page()
    page.set_content(PAGES[name]())
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "resultTypes": ["violations"]})
    grave = [v for v in found.response["violations"] if v["impact"] in ("serious", "critical")]
    assert grave == [], found.generate_report()
    page.close()


@pytest.mark.rule("D4")
def test_a_chart_is_told_to_a_screen_reader_and_its_figures_stand_in_a_table(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PAGES["partner"]())
    chart = page.get_by_role("img", name="Connexions par mois")
    assert "février 2027\N{NO-BREAK SPACE}: 7" in (chart.locator("desc").text_content() or "")
    page.set_viewport_size({"width": 320, "height": 800})
    row = page.get_by_role("row", name="février 2027 7", exact=True)
    assert row.get_by_role("cell").all_inner_texts() == ["février 2027", "7"]
    page.close()
