"""The pages that are handed out, in a browser: on a narrow screen, on a wide one, on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from provisioner.domain.access.person_file import PersonFile
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Row, Severity
from provisioner.domain.caf_review import Access, CafReview, Grant, Kind, Line
from provisioner.domain.connections.held import HeldConnections
from provisioner.domain.connections.record import ConnectionRecord, Coverage
from provisioner.domain.connections.report import ConnectionCounts, ConnectionReport, HourCount, Period, report_of
from provisioner.domain.convention import Audience
from provisioner.domain.evidence_file import Asked, Known
from provisioner.domain.evidence_tables import Gathering
from provisioner.domain.journal import Head
from provisioner.settings import Settings
from provisioner.views.annexe_state import state_document
from provisioner.views.answers.caf_review import CafReviewAnswer
from provisioner.views.answers.connection_reports import CafConnectionsAnswer, PartnerConnectionsAnswer
from provisioner.views.answers.persons import PersonAnswer
from provisioner.views.answers.plans import Documented, PlanAnswer
from provisioner.views.answers.review_report import ControlledPartner, ControlReportAnswer
from provisioner.views.evidence_file import index_page
from provisioner.views.registre import Registre
from provisioner.views.report import Report, report_page
from tests.browser.screen import DESK, PHONE, SCREENSHOTS
from tests.shared.examples import LYS, TODAY, email, end, habilitation, records, remote, snapshot
from tests.unit.test_plan import plan

NOW = datetime(2027, 3, 1, 11, tzinfo=UTC)
OPENED = datetime(2026, 6, 1, tzinfo=UTC)
LONG_NAME = "jean.nom-de-famille-compose"
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
        suspensions={},
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
    file = PersonFile(asked=address, email=address, now=NOW, records=records(access), connections=connections)
    return PersonAnswer.of(file, frozenset())


def _plan() -> str:
    """Two long addresses to open, one account to close."""
    leaves = habilitation("vasseur", id=3, opened_at=OPENED, end=end(TODAY - timedelta(days=1)))
    addresses = ("annesophie.vandenbroucke-de-la-communaute", "prenom-compose.nom-de-famille-compose")
    known = records(*(habilitation(name, id=id_) for id_, name in enumerate(addresses, 1)), leaves)
    return PlanAnswer.of(TODAY, plan(known, snapshot(remote(leaves))), Documented()).page()


def _annexe() -> Annexe:
    on = date(2027, 2, 1)
    rows = (
        Row(1, 1, "Nom-de-Famille", "Jean", "Responsable", email(LONG_NAME), on),
        Row(2, 1, "Petit", "Anne", "Agente", email("petit"), on),
    )
    return Annexe(on, rows, ())


def _report_of_check() -> str:
    kinds = {
        "email-domain": Severity.ERROR,
        "email-consumer": Severity.WARNING,
    }
    address = email(LONG_NAME)
    findings = [Finding(code, severity, 1, 1, Column.EMAIL, address) for code, severity in kinds.items()]
    findings.append(Finding("transmission-date-missing", Severity.WARNING))
    return report_page(
        Report(
            check=Check(
                file="annexe-1.docx",
                sha256="0" * 64,
                partner="agglo-lys",
                annexe=_annexe(),
                findings=tuple(findings),
            ),
            partner="Agglo de la Lys",
            checked_on=NOW.date(),
        )
    )


def _review() -> str:
    shell = Access(kind=Kind.MACHINE_SHELL, name=None)
    grants = (Grant("aide-niveau-2", ("realm-management/manage-users",), "/equipe", "/equipe/nuit"), Grant("aide"))
    team = Access(kind=Kind.ADMINISTRATOR, name=email("camille"), realm="caf", subject="a", grants=grants)
    lines = [Line(id=number, access=access) for number, access in enumerate((team, shell), 1)]
    last = replace(lines[0], signed_at=OPENED, signed_by="Claire Martin", access=replace(team, subject="b"))
    earlier = CafReview(id=1, begun_at=OPENED, completed_at=OPENED, lines=(last,))
    draft = CafReview(id=2, begun_at=NOW, read_at=NOW, lines=tuple(lines))
    return CafReviewAnswer.of(draft, earlier, date(2027, 2, 1), NOW.date()).page()


def _control_report() -> ControlReportAnswer:
    counts: dict[str, Any] = {
        **{"in_force": True, "open": 12, "last_review_on": None, "review_due_on": NOW.date(), "departures": 4},
        **{"on_time": 3, "longest_days": 40, "never_used": 2, "unused": 1, "unknown": 0, "grave": 1},
        **{"destructions": 3, "on_hold": 1},
    }
    partners = tuple(
        ControlledPartner(
            partner=f"communaute-de-communes-{number}", name="Communauté", days_late=number, controls=number, **counts
        )
        for number in range(12)
    )
    return ControlReportAnswer(
        as_of=NOW.date(), departure_days=7, partners=partners, other_controls=2, title="Contrôle des partenaires"
    )


def _state() -> str:
    return state_document(
        "Agglo de la Lys",
        Check(file="annexe-1.docx", sha256="0" * 64, partner=LYS.code, annexe=_annexe(), findings=()),
        "0" * 64,
        NOW.date(),
    ).content.decode()


def _evidence() -> str:
    asked = Asked(partner=LYS.code, year=2026, audience=Audience.CAF, made_on=NOW.date())
    known = Known(records=records(*ACCESSES), head=Head(42, "a" * 64), rows=(), decisions={})
    return index_page(Gathering(asked, known).evidence(), "Agglo de la Lys")


PAGES: dict[str, Callable[[], str]] = {
    "check": _report_of_check,
    "annexe-state": _state,
    "caf": lambda: CafConnectionsAnswer.of(_report()).page(),
    "partner": lambda: PartnerConnectionsAnswer.of(_report()).page(),
    "evidence": _evidence,
    "person": lambda: _person().page(),
    "plan": _plan,
    "review-caf": _review,
    "review-report": lambda: _control_report().page(),
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
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=SCREENSHOTS / "pages" / f"{name}-{width}.png", full_page=True)
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
    result = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"], "resultTypes": ["violations"]})
    grave = [v for v in result.response["violations"] if v["impact"] in ("serious", "critical")]
    assert grave == [], result.generate_report()
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


@pytest.mark.rule("V2")
def test_each_chart_of_the_control_report_is_told_and_shows_those_with_the_most(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(PAGES["review-report"]())
    late = page.get_by_role("img", name="Revues : jours de retard")
    told = late.locator("desc").text_content() or ""
    assert told.startswith("communaute-de-communes-11\N{NO-BREAK SPACE}: 11\N{NO-BREAK SPACE};")
    assert late.locator("rect").count() == 10
    assert "communaute-de-communes-1\N{NO-BREAK SPACE}" not in told, "the table beside it has them all"
    assert page.get_by_role("img").count() == 3
    page.close()
