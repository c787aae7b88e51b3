"""The agents' realm in a real browser: neither a mailbox nor a password alone gets in; with a factor, they do."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from provisioner.keycloak.realm import apply_agents_realm
from provisioner.settings import Settings
from tests.browser.agent import PASSWORD, Agent, OfficersPage, expect_done, expect_refused_for_want_of_a_factor
from tests.browser.person import expect_french, proceed
from tests.browser.platform import PlatformSite
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mailbox
from tests.shared.pace import PATIENCE

_numbers = itertools.count(1)

LINK = ["VERIFY_EMAIL", "CONFIGURE_TOTP", "UPDATE_PASSWORD"]
PASSKEY_LINK = ["VERIFY_EMAIL", "UPDATE_PASSWORD", "webauthn-register"]


@pytest.fixture(scope="module")
def settings(
    new_settings: Callable[..., Settings], platform: PlatformSite, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """An installation whose officer's page has an address."""
    web = {"WEB__URL": platform.url, "WEB__CLIENT_SECRET": "page-des-gestionnaires"}
    settings = new_settings(tmp_path_factory.mktemp("agents"), **web)
    apply_agents_realm(settings)
    return settings


@pytest.fixture(scope="module")
def path(settings: Settings) -> str:
    return f"admin/realms/{settings.keycloak.realm}-agents"


@pytest.fixture
def agent(settings: Settings, admin: Administrator, path: str, new_page: Callable[[], Page]) -> Agent:
    """An agent with the role, without a password and a factor."""
    email = f"agent-{next(_numbers)}@caf.example"
    person = {"username": email, "email": email, "enabled": True, "firstName": "Anne", "lastName": "Martin"}
    admin.request("post", f"{path}/users", person)
    account = _account(admin, path, email)
    role = admin.get(f"{path}/roles/officer")
    admin.request("post", f"{path}/users/{account['id']}/role-mappings/realm", [role])
    return Agent(email, new_page(), OfficersPage(settings), new_page)


def _account(admin: Administrator, path: str, email: str) -> Any:
    (account,) = admin.get(f"{path}/users", email=email, exact="true")
    return account


def _link(admin: Administrator, path: str, mailbox: Mailbox, email: str, actions: list[str]) -> str:
    """The link of the e-mail that an administrator has the console send."""
    before = len(mailbox.messages(email))
    where = f"{path}/users/{_account(admin, path, email)['id']}/execute-actions-email"
    admin.request("put", where, actions)
    return mailbox.wait_for(before + 1, email)[-1].links[0]


def _set_password(admin: Administrator, path: str, email: str) -> None:
    where = f"{path}/users/{_account(admin, path, email)['id']}/reset-password"
    admin.request("put", where, {"type": "password", "value": PASSWORD, "temporary": False})


def _press(page: Page, button: str) -> None:
    """Once the page's script, which the button waits for, is there."""
    expect(page.locator(button)).to_be_visible()
    page.wait_for_load_state("load")
    page.click(button)


def test_password_and_application_of_the_mailed_link_get_in_with_the_role(
    agent: Agent, admin: Administrator, path: str, mailbox: Mailbox
) -> None:
    agent.enrol(_link(admin, path, mailbox, agent.email, LINK))

    agent.give_password()
    agent.give_code()

    identity = agent.site.identity(agent.page)
    assert (identity["email"], identity["roles"]) == (agent.email, ["officer"])


def test_a_password_alone_is_refused_and_enrols_nothing(agent: Agent, admin: Administrator, path: str) -> None:
    _set_password(admin, path, agent.email)

    agent.give_password()

    expect_refused_for_want_of_a_factor(agent.page)
    credentials = admin.get(f"{path}/users/{_account(admin, path, agent.email)['id']}/credentials")
    assert [credential["type"] for credential in credentials] == ["password"]


@pytest.mark.parametrize("action", ["CONFIGURE_TOTP", "webauthn-register"])
def test_nothing_that_is_asked_for_at_login_leads_a_password_alone_to_a_factor(
    agent: Agent, admin: Administrator, path: str, action: str
) -> None:
    _set_password(admin, path, agent.email)
    account = _account(admin, path, agent.email)
    admin.request("put", f"{path}/users/{account['id']}", {"requiredActions": [action]})

    agent.give_password(kc_action=action)

    expect_refused_for_want_of_a_factor(agent.page)


def test_with_a_factor_a_password_alone_does_not_get_further_than_the_code(
    agent: Agent, admin: Administrator, path: str, mailbox: Mailbox
) -> None:
    agent.enrol(_link(admin, path, mailbox, agent.email, LINK))
    agent.page = agent.new_page()

    agent.give_password(kc_action="CONFIGURE_TOTP")
    agent.page.fill("#otp", "000000")
    agent.page.click("#kc-login")

    expect(agent.page.locator("#otp")).to_be_visible()
    expect(agent.page.locator("#kc-totp-secret-key, #mode-manual")).to_have_count(0)


def test_a_mailbox_alone_gets_no_link(agent: Agent, admin: Administrator, path: str, mailbox: Mailbox) -> None:
    agent.enrol(_link(admin, path, mailbox, agent.email, LINK))
    agent.page = agent.new_page()

    agent.page.goto(agent.site.sign_in_url())
    expect(agent.page.locator("#kc-form-login")).to_be_visible()
    expect(agent.page.get_by_role("link", name="oublié")).to_have_count(0)
    forgotten = f"{agent.site.realm_url}/login-actions/reset-credentials?client_id=provisioner-web"
    agent.page.goto(forgotten)
    expect(agent.page.locator("form")).to_have_count(0)

    admin.request("put", path, {"resetPasswordAllowed": True})  # by hand: what the link leads to is closed too
    try:
        agent.page.goto(agent.site.sign_in_url())
        agent.page.get_by_role("link", name="oublié").click()
        expect(agent.page.get_by_text("lui seul peut vous envoyer un nouveau lien")).to_be_visible()
        expect_french(agent.page)
    finally:
        admin.request("put", path, {"resetPasswordAllowed": False})
    assert len(mailbox.messages(agent.email)) == 1


def test_a_mailbox_with_the_links_that_were_used_gets_nothing(
    agent: Agent, admin: Administrator, path: str, mailbox: Mailbox
) -> None:
    link = _link(admin, path, mailbox, agent.email, LINK)
    agent.enrol(link)
    agent.page = agent.new_page()

    agent.page.goto(link)

    expect(agent.page.get_by_text("Demandez-en un nouveau à l’administrateur")).to_be_visible()
    expect(proceed(agent.page)).to_have_count(0)


def test_a_new_password_by_the_mailbox_alone_still_needs_the_factor(
    agent: Agent, admin: Administrator, path: str, mailbox: Mailbox
) -> None:
    agent.enrol(_link(admin, path, mailbox, agent.email, LINK))
    agent.page = agent.new_page()
    agent.page.goto(_link(admin, path, mailbox, agent.email, ["UPDATE_PASSWORD"]))
    proceed(agent.page).click()
    agent.choose_password()
    expect_done(agent.page)

    agent.give_password()

    expect(agent.page.locator("#otp")).to_be_visible()


def test_a_passkey_of_the_mailed_link_is_a_factor(
    agent: Agent, admin: Administrator, path: str, mailbox: Mailbox
) -> None:
    session = agent.page.context.new_cdp_session(agent.page)
    session.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options = {**key, "isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    agent.page.on("dialog", lambda dialog: dialog.accept("Clé"))
    agent.page.goto(_link(admin, path, mailbox, agent.email, PASSKEY_LINK))
    proceed(agent.page).click()
    agent.choose_password()
    _press(agent.page, "#registerWebAuthn")
    expect_done(agent.page)

    agent.give_password()
    _press(agent.page, "#authenticateWebAuthnButton")

    assert agent.site.identity(agent.page)["roles"] == ["officer"]


def test_no_token_without_the_login_page(agent: Agent, admin: Administrator, path: str) -> None:
    """Nor by a client that somebody opens for it by hand."""
    _set_password(admin, path, agent.email)
    admin.request(
        "post",
        f"{path}/clients",
        {"clientId": "outil", "publicClient": True, "directAccessGrantsEnabled": True, "enabled": True},
    )
    for client in ("admin-cli", "account", "account-console", "security-admin-console", "outil"):
        form = {"grant_type": "password", "client_id": client, "username": agent.email, "password": PASSWORD}
        answer = requests.post(f"{agent.site.realm_url}/protocol/openid-connect/token", data=form, timeout=PATIENCE)
        assert answer.status_code in (400, 401), client
        assert "access_token" not in answer.text
    (tool,) = admin.get(f"{path}/clients", clientId="outil")
    admin.request("delete", f"{path}/clients/{tool['id']}")


@pytest.mark.parametrize("console", ["account", "console"])
def test_no_console_of_keycloak_signs_anybody_in(agent: Agent, console: str) -> None:
    base = agent.site.realm_url
    where = f"{base}/account/" if console == "account" else base.replace("/realms/", "/admin/") + "/console/"

    agent.page.goto(where)

    expect(agent.page.locator("#kc-error-message")).to_be_visible()
    expect(agent.page.locator("#username")).to_have_count(0)


class Provider:
    """Another realm of the same server, which vouches for its persons to the agents' realm."""

    def __init__(self, admin: Administrator, path: str, settings: Settings) -> None:
        self.admin, self.agents = admin, path
        self.name = f"{settings.keycloak.realm}-fournisseur"
        self.url = f"{settings.keycloak.url}/realms/{self.name}"
        endpoint = f"{settings.keycloak.url}/realms/{settings.keycloak.realm}-agents/broker/caf/endpoint"
        realm = {"realm": self.name, "enabled": True, "registrationEmailAsUsername": True}
        admin.request("post", "admin/realms", realm)
        client = {"clientId": "agents", "secret": "fournisseur", "redirectUris": [endpoint], "enabled": True}
        admin.request("post", f"admin/realms/{self.name}/clients", client)
        openid = f"{self.url}/protocol/openid-connect"
        config = {
            "clientId": "agents",
            "clientSecret": "fournisseur",
            "clientAuthMethod": "client_secret_post",
            "authorizationUrl": f"{openid}/auth",
            "tokenUrl": f"{openid}/token",
            "defaultScope": "openid email profile",
            "validateSignature": "false",
            "syncMode": "IMPORT",
        }
        provider = {"alias": "caf", "providerId": "oidc", "enabled": True, "trustEmail": True, "config": config}
        admin.request("post", f"{path}/identity-provider/instances", provider)

    def person(self, email: str) -> None:
        """Somebody whom the provider knows, with PASSWORD."""
        credential = {"type": "password", "value": PASSWORD, "temporary": False}
        admin, names = self.admin, {"firstName": "Louis", "lastName": "Petit", "emailVerified": True, "enabled": True}
        body = {"username": email, "email": email, **names, "credentials": [credential]}
        admin.request("post", f"admin/realms/{self.name}/users", body)

    def sign_in(self, page: Page, site: OfficersPage, email: str) -> None:
        """By the provider, from the officer's page."""
        page.goto(site.sign_in_url(kc_idp_hint="caf"))
        page.click("#social-caf")
        page.fill("#username", email)
        page.fill("#password", PASSWORD)
        page.click("#kc-login")


@pytest.fixture(scope="module")
def provider(admin: Administrator, path: str, settings: Settings) -> Provider:
    return Provider(admin, path, settings)


def test_who_comes_by_an_identity_provider_has_no_role_until_it_is_given_by_hand(
    settings: Settings, admin: Administrator, path: str, provider: Provider, new_page: Callable[[], Page]
) -> None:
    email, site, page = f"louis-{next(_numbers)}@caf.example", OfficersPage(settings), new_page()
    provider.person(email)

    provider.sign_in(page, site, email)

    assert site.identity(page).get("roles", []) == []
    role = admin.get(f"{path}/roles/viewer")
    admin.request("post", f"{path}/users/{_account(admin, path, email)['id']}/role-mappings/realm", [role])
    again = new_page()
    provider.sign_in(again, site, email)
    assert site.identity(again)["roles"] == ["viewer"]


def test_an_identity_provider_is_never_linked_to_an_account_by_its_address(
    agent: Agent, admin: Administrator, path: str, provider: Provider, mailbox: Mailbox
) -> None:
    provider.person(agent.email)

    provider.sign_in(agent.page, agent.site, agent.email)

    expect(agent.page.get_by_text("Un compte existe déjà avec cette adresse")).to_be_visible()
    expect_french(agent.page)
    expect(agent.page.locator("form")).to_have_count(0)
    account = _account(admin, path, agent.email)
    assert admin.get(f"{path}/users/{account['id']}/federated-identity") == []
    assert mailbox.messages(agent.email) == []
