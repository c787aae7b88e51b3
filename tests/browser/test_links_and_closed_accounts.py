"""What no longer opens: a used link, an expired link, a closed account."""

from __future__ import annotations

import time

import pytest

from tests.browser.conftest import People
from tests.browser.person import (
    PASSWORD,
    Person,
    expect_dead_link,
    expect_login_page,
    expect_on_platform,
    expect_refused,
    proceed,
)
from tests.browser.screen import Look
from tests.shared.console import Console
from tests.shared.office import FIRST_DAY, Office, annexe_csv
from tests.shared.pace import PATIENCE


@pytest.mark.rule("P2")
def test_the_invitation_link_serves_once(active: Person, look: Look) -> None:
    active.page.goto(active.link())
    expect_dead_link(active.page)
    another = active.elsewhere()
    another.page.goto(active.link())
    expect_dead_link(another.page)


@pytest.mark.rule("P2")
@pytest.mark.rule("P5")
def test_an_expired_invitation_is_refused_and_the_login_page_gives_another_link(
    office: Office, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.add_partner("tardif", "tardif.example")
    annexe = annexe_csv(office.home / "tardif.csv", {"lambert": "2026-06-10"}, {}, "2026-06-15", "tardif.example")
    monkeypatch.setitem(office.environment, "PROVISIONER_INVITATION__LIFESPAN_HOURS", "0.0003")
    office.apply(annexe, today=FIRST_DAY, partner="tardif")

    late = people.person("lambert@tardif.example")
    until = time.monotonic() + PATIENCE
    late.page.goto(late.link())
    while proceed(late.page).count() and time.monotonic() < until:
        late.page.goto(late.link())
    expect_dead_link(late.page)

    late.ask_for_new_password()
    late.page.goto(late.link(2))
    late.choose_password(PASSWORD)
    expect_on_platform(late.page)


@pytest.mark.rule("A3")
@pytest.mark.rule("A6")
def test_a_closed_account_opens_nothing_any_more(office: Office, people: People) -> None:
    names = {"morel": "2026-06-10", "noel": "2026-06-10"}
    office.add_partner("quitte", "quitte.example")
    first = annexe_csv(office.home / "quitte-1.csv", names, {}, "2026-06-15", "quitte.example")
    office.apply(first, today=FIRST_DAY, partner="quitte")
    gone, never_came = (people.person(f"{name}@quitte.example") for name in names)
    Console(office).allow_offline()
    gone.activate()
    gone.log_in()
    online = gone.platform.tokens(gone.page)["refresh_token"]
    gone.page.goto(gone.platform.url("openid offline_access"))
    offline = gone.platform.tokens(gone.page)["refresh_token"]
    for token in (online, offline):
        assert gone.platform.refresh(gone.page, token)[0] == 200

    last = annexe_csv(
        office.home / "quitte-2.csv", {}, dict.fromkeys(names, "2026-06-30"), "2026-07-01", "quitte.example"
    )
    office.apply(last, today="2026-07-02", partner="quitte")

    for token in (online, offline):
        status, answer = gone.platform.refresh(gone.page, token)
        assert (status, answer["error"]) == (400, "invalid_grant")
    gone.page.goto(gone.platform.url())
    expect_login_page(gone.page)
    gone.fill_login(PASSWORD)
    expect_refused(gone.page, "Compte désactivé")
    never_came.page.goto(never_came.link())
    expect_refused(never_came.page, "Compte désactivé")
