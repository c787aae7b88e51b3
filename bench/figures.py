"""The figures of the bench: for each, what we do, and how a plain script does the same one call after the other.

What `wrk` sends for a figure are the calls that we make for it, so no figure says them (`contenders.Recording`).
A plain script does no more than its ten lines: it keeps no register, proves nothing and tries nothing again.
"""

from __future__ import annotations

import csv
import io
import random
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
from email_validator import validate_email
from lxml import etree
from sqlalchemy import update

from bench.contenders import ACTIONS, Request, Sent, mail_query, plain_admin, send
from bench.place import Place, Servers, Work, person_name
from provisioner.documents.form import Entry, Form, write_form
from provisioner.domain.access.change import Action
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.report import Period
from provisioner.domain.people import EmailAddress, Person
from provisioner.logs import configure_logging
from provisioner.operations import connections, controls, persons
from provisioner.operations.check import Request as Application
from provisioner.operations.check import check_document
from provisioner.operations.connection_report import report_for_caf
from provisioner.operations.context import Ending, RunResult
from provisioner.operations.decide import apply_document
from provisioner.operations.retention import destroy_due
from provisioner.operations.run import plan_due, sync
from provisioner.register.connections import accounts_by_keycloak_id
from provisioner.register.tables import habilitation
from provisioner.service.jobs import prove_events, sync_all

#: How many persons a partner of the full realm has.
PARTNER_PERSONS = 20

#: What the events are dated by, so that each place has the same.
_MOMENT = int(time.time() * 1000)
_EVENT_DAYS = 20

#: More than six months (D1).
_DESTROYED_AFTER_DAYS = 200


@dataclass
class World:
    """The servers, and the places that the figures share: a `full` realm, and for what changes accounts one of `ours`
    and one for the `others`, whose accounts no register knows.
    """

    servers: Servers
    persons: int
    accounts: int
    events: int
    rows: int
    full: Place
    ours: Place
    others: Place
    #: the last realm with events
    eventful: Place

    @classmethod
    def of(cls, servers: Servers, sizes: dict[str, int], filled: bool) -> World:
        """Its full realm is filled where a figure needs it."""
        full, ours, others = (servers.new_place() for _ in range(3))
        configure_logging(full.settings.log)
        for _ in range(sizes["persons"] // PARTNER_PERSONS if filled else 0):
            opened(full, full.new_work(PARTNER_PERSONS))
        return cls(servers, **sizes, full=full, ours=ours, others=others, eventful=ours)


@dataclass(frozen=True)
class Figure:
    """One row of the table.

    `units` are how many of `unit` a run does, each with an e-mail where it `sends_emails`. `place` says where a
    contender works, `prepare` makes ready what it works on, which is not measured.
    """

    name: str
    unit: str
    units: Callable[[World], int]
    ours: Callable[[Place, Sequence[Work]], object]
    script: Callable[[Place, Sequence[Work]], object]
    importing: Callable[[Place, Sequence[Work]], Sent] | None = None
    place: Callable[[World, str], Place] = lambda world, who: world.ours if who == "ours" else world.others
    prepare: Callable[[World, Place], Sequence[Work]] = lambda _world, _place: ()
    sends_emails: bool = False
    calls_keycloak: bool = True
    #: whether the full realm is to be filled for it
    needs_full: bool = False


# Opening, closing, destroying.


def apply(place: Place, work: Work, content: bytes, action: Action, changes: int) -> None:
    """The operation as `apply` calls it.

    Raises:
        RuntimeError: it did not do so many such changes, or something else failed.
    """
    with place.context() as context:
        document, today = Document(name=f"{work.partner}.csv", content=content), place.clock.today()
        application = Application(
            document=document, partner=work.partner, by="bench", decisions=Decisions(keep_all=True), received_on=today
        )
        outcome = apply_document(context, application, _no_bar, None)
    findings = outcome.check.findings if outcome.check else ()
    _verify(outcome, action, changes, f"{outcome.ending} {findings[:2]}")
    if outcome.ending is not Ending.APPLIED:
        raise RuntimeError(f"{outcome.ending} {findings[:2]}")


def _verify(outcome: RunResult, action: Action | None, changes: int, more: str = "") -> None:
    done = sum(change.action is action for change in outcome.done)
    if done != changes or outcome.failed:
        raise RuntimeError(f"{action}: {done} of {changes}; {outcome.failed[:1]} {more}")


def opened(place: Place, work: Work) -> Work:
    """The same once its first annexe is applied."""
    apply(place, work, work.annexe(place.clock.today(), work.first), Action.OPEN, len(work.first))
    return work


def _open(place: Place, works: Sequence[Work]) -> None:
    for work in works:
        opened(place, work)


def _open_by_script(place: Place, works: Sequence[Work]) -> None:
    admin = plain_admin(place)
    for work in works:
        for user in _users(place, work, work.first):
            _make_and_mail(place, admin, user)


def _make_and_mail(place: Place, admin: Any, user: dict[str, Any]) -> None:
    query = mail_query(place)
    id_ = admin.create_user(user)
    admin.send_update_account(id_, ACTIONS, query["client_id"], query["lifespan"], query["redirect_uri"])


def _open_by_import(place: Place, works: Sequence[Work]) -> Sent:
    """One partialImport, which sends nobody anything; then the e-mails by wrk."""
    began, realm = time.perf_counter(), place.settings.keycloak.realm
    users = [user for work in works for user in _users(place, work, work.first)]
    answer = place.administrator().partial_import_realm(realm, {"ifResourceExists": "FAIL", "users": users})
    seconds = time.perf_counter() - began
    path = f"/admin/realms/{realm}/users/{{}}/execute-actions-email?{urlencode(mail_query(place))}"
    body = '["VERIFY_EMAIL", "UPDATE_PASSWORD"]'
    mails = [Request("PUT", path.format(result["id"]), body, 204) for result in answer["results"]]
    return Sent(seconds + send(place, [mails]).seconds)


def _users(place: Place, work: Work, people: Sequence[Person]) -> list[dict[str, Any]]:
    return work.users(place.clock.today(), place.settings.keycloak.group_root, people)


def _close(place: Place, works: Sequence[Work]) -> None:
    tomorrow = place.later(1)
    for work in works:
        content = work.annexe(tomorrow.clock.today(), (), work.people)
        apply(tomorrow, work, content, Action.CLOSE, len(work.people))


def _close_by_script(place: Place, works: Sequence[Work]) -> None:
    admin = plain_admin(place)
    for id_ in _ids_of(admin, works):
        admin.update_user(id_, {"enabled": False})
        admin.user_logout(id_)


def _ids_of(admin: Any, works: Sequence[Work]) -> list[str]:
    return [user["id"] for work in works for user in admin.get_group_members(work.group, {"max": -1})]


def _closed(world: World, place: Place) -> Sequence[Work]:
    works = [opened(place, place.new_work(_some(world)))]
    _close(place, works)
    return works


def _destroy(place: Place, works: Sequence[Work]) -> None:
    """The runs of two days: what one has announced, the next destroys."""
    (work,) = works
    for later, changes in ((_DESTROYED_AFTER_DAYS, 0), (_DESTROYED_AFTER_DAYS + 1, len(work.people))):
        with place.later(later).context() as context:
            _verify(destroy_due(context, _no_bar), Action.DESTROY, changes)


def _destroy_by_script(place: Place, works: Sequence[Work]) -> None:
    admin = plain_admin(place)
    for id_ in _ids_of(admin, works):
        admin.delete_user(id_)


# The full realm, in which nothing is to be done, one person is added, or some are cut off.


def _sync(place: Place, _works: object) -> None:
    with place.context() as context:
        _verify(sync(context, [], _no_bar), None, 0)


def _sweep(place: Place, _works: object) -> None:
    """Both jobs of the night."""
    with place.context() as context:
        sync_all(context, whole_journal=True)
        prove_events(context)


def _plan(place: Place, _works: object) -> None:
    with place.context(read_only=True) as context:
        assert not plan_due(context, []).plan.changes  # type: ignore[union-attr]


def _compare_by_script(place: Place, _works: object) -> None:
    """Everybody whom the realm has, against a list of addresses."""
    users = plain_admin(place).get_users({})
    wanted = {user["email"]: True for user in users if user.get("email")}
    assert all(user["enabled"] is wanted[user["email"]] for user in users if user.get("email"))


def _forgotten_users(_world: World, place: Place) -> Sequence[Work]:
    """As after Keycloak's own start."""
    place.administrator().clear_user_cache()
    return ()


def _with_newcomer(world: World, place: Place) -> Sequence[Work]:
    return [opened(place, place.new_work(PARTNER_PERSONS, newcomers=1)) for _ in range(_changes(world))]


def _change(place: Place, works: Sequence[Work]) -> None:
    for work in works:
        apply(place, work, work.annexe(place.clock.today(), work.people), Action.OPEN, 1)


def _change_by_script(place: Place, works: Sequence[Work]) -> None:
    admin = plain_admin(place)
    for work in works:
        there = {user["email"] for user in admin.get_group_members(work.group, {"max": -1})}
        for user in _users(place, work, work.people):
            if user["email"] not in there:
                _make_and_mail(place, admin, user)


def _to_suspend(world: World, place: Place) -> Sequence[Work]:
    return [opened(place, place.new_work(_suspended(world)))]


def _suspend(place: Place, works: Sequence[Work]) -> None:
    """`person suspend`, one after the other."""
    for person in (person for work in works for person in work.people):
        with place.context() as context:
            codes = persons.suspend(context, person.email, "bench", "Essai")
            _verify(persons.cut(context, codes, person.email, _no_bar), Action.CLOSE, 1)


# Events.


def _new_events(world: World, who: str) -> Place:
    """A realm with the events of some persons: ours is read for the first time, the others read it again."""
    if who == "ours":
        place = world.eventful = world.servers.new_place()
        opened(place, place.new_work(_EVENT_PERSONS))
        _put_events(world, place)
    return world.eventful


def _put_events(world: World, place: Place) -> None:
    """Rows in Keycloak's own tables, a tenth of the console, for so many logins would take Keycloak hours; and the
    register is told that the accesses were opened long ago. Reading, storing and judging are real.
    """
    with place.context() as context:
        realm = context.directory.realm_id()
        with context.work() as work:
            users = sorted(accounts_by_keycloak_id(work.connection))
            work.connection.execute(update(habilitation).values(opened_at=work.now - timedelta(days=3 * _EVENT_DAYS)))
    rng, of_console = random.Random(1), world.events // 10
    with psycopg.connect(world.servers.keycloak_database) as connection, connection.cursor() as cursor:
        cursor.executemany(_USER_EVENT, _user_events(rng, realm, users, world.events - of_console))
        cursor.executemany(_ADMIN_EVENT, _admin_events(rng, realm, users, of_console))


_FAILURES = ("invalid_user_credentials", "user_disabled", "user_temporarily_disabled")
_USER_EVENT = (
    "INSERT INTO event_entity (id, client_id, details_json, error, ip_address, realm_id, session_id, event_time,"
    " type, user_id) VALUES (%s, 'cooperation', %s, %s, %s, %s, %s, %s, %s, %s)"
)
_ADMIN_EVENT = (
    "INSERT INTO admin_event_entity (id, admin_event_time, realm_id, operation_type, auth_realm_id, auth_client_id,"
    " auth_user_id, ip_address, resource_path, representation, resource_type)"
    " VALUES (%s, %s, %s, 'UPDATE', %s, %s, %s, '198.51.100.9', %s, %s, 'USER')"
)


def _moments(rng: random.Random, number: int) -> Iterator[int]:
    for at in range(number):  # a twentieth of them at one moment
        yield _MOMENT - (3_600_000 if at % 20 == 0 else rng.randrange(3_600_000, _EVENT_DAYS * 86_400_000))


def _user_events(rng: random.Random, realm: str, users: list[str], number: int) -> Iterator[tuple[object, ...]]:
    for at in _moments(rng, number):
        who = rng.randrange(len(users))
        error = rng.choice(_FAILURES) if rng.random() < 0.1 else None
        address = f"203.0.113.{who % 250}" if rng.random() < 0.9 else f"198.51.{who % 250}.7"
        details = '{"username": "saisi", "auth_method": "openid-connect"}'
        kind = "LOGIN_ERROR" if error else rng.choice(("LOGIN", "LOGIN", "CODE_TO_TOKEN", "LOGOUT"))
        yield str(uuid.uuid4()), details, error, address, realm, None, at, kind, users[who]


def _admin_events(rng: random.Random, realm: str, users: list[str], number: int) -> Iterator[tuple[object, ...]]:
    written = '{"firstName": "Camille", "lastName": "Ancien", "attributes": {}}'
    for at in _moments(rng, number):
        who, user = str(uuid.UUID(int=rng.randrange(3))), rng.choice(users)
        yield str(uuid.uuid4()), at, realm, "master", "admin-cli", who, f"users/{user}", written


def _pull(place: Place, _works: object) -> None:
    with place.context() as context:
        connections.pull(context)
        controls.judge(context)


def _pull_by_script(place: Place, _works: object) -> None:
    admin = plain_admin(place)
    for read in (admin.get_events, admin.get_admin_events):
        counted, first = Counter[Any](), 0
        while page := read({"first": first, "max": 2000}):
            counted.update(event.get("userId") for event in page)
            first += len(page)


def _report(place: Place, _works: object) -> None:
    today = place.clock.today()
    with place.context() as context:
        period = Period(today - timedelta(days=_EVENT_DAYS), today)
        report_for_caf(context.register, place.settings, context.clock, period, None, "bench", "Essai")


def _report_by_script(place: Place, _works: object) -> None:
    """The rows, counted by person and day."""
    address = place.environment["PROVISIONER_DATABASE__URL"].replace("+psycopg", "")
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT account, at, kind, outcome FROM connection_record")
        assert Counter((account, at[:10], kind) for account, at, kind, _ in rows)


# Documents.


def _document(extension: str, rows: int) -> bytes:
    day = date(2026, 6, 10)
    people = (Person(person_name(at).capitalize(), "Camille", "agent", _address(at)) for at in range(rows))
    entries = tuple(Entry(person, day) for person in people)
    if extension != "csv":
        return write_form(Form("Agglo de la Lys (exemple)", entries, ()), f".{extension}")
    people_again = [entry.person for entry in entries]
    return Work("agglo-lys", "agglo-lys.example", "", tuple(people_again)).annexe(day, people_again)


def _address(number: int) -> EmailAddress:
    return EmailAddress(f"{person_name(number)}@agglo-lys.example")


def _check_figure(extension: str) -> Figure:
    documents: dict[int, bytes] = {}

    def prepare(world: World, _place: Place) -> Sequence[Work]:
        documents.setdefault(0, _document(extension, world.rows))
        return ()

    def ours(place: Place, _works: object) -> None:
        document = Document(name=f"annexe.{extension}", content=documents[0])
        check_document(document, place.clock.today(), place.settings.documents)

    def script(_place: Place, _works: object) -> None:
        for cell in _cells(extension, documents[0]):
            if "@" in cell:
                validate_email(cell, check_deliverability=False, test_environment=True)

    return Figure(
        f"check-{extension}", "row", lambda world: world.rows, ours, script, prepare=prepare, calls_keycloak=False
    )


def _cells(extension: str, content: bytes) -> Iterator[str]:
    """Every text in it, as a library gives it."""
    if extension == "csv":
        for row in csv.reader(io.StringIO(content.decode()), delimiter=";"):
            yield from row
    else:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for name in parts.namelist():
                if name.endswith(".xml"):
                    yield from map(str, etree.fromstring(parts.read(name)).itertext())


def _some(world: World) -> int:
    return max(1, world.accounts // 4)


def _changes(world: World) -> int:
    return min(2, max(1, world.accounts // 200))


def _suspended(world: World) -> int:
    return min(10, max(1, world.accounts // 40))


def _full(world: World, _who: str) -> Place:
    return world.full


_EVENT_PERSONS = 20

FIGURES = (
    Figure(
        "opening",
        "account",
        lambda world: world.accounts,
        _open,
        _open_by_script,
        _open_by_import,
        prepare=lambda world, place: [place.new_work(world.accounts)],
        sends_emails=True,
    ),
    Figure(
        "closing",
        "account",
        _some,
        _close,
        _close_by_script,
        prepare=lambda world, place: [opened(place, place.new_work(_some(world)))],
    ),
    Figure(
        "destroying",
        "account",
        _some,
        _destroy,
        _destroy_by_script,
        # In a realm where nothing else is due.
        place=lambda world, who: world.servers.new_place() if who == "ours" else world.others,
        prepare=_closed,
    ),
    *(
        Figure(name, "person", lambda world: world.persons, ours, _compare_by_script, place=_full, needs_full=True)
        for name, ours in (("plan", _plan), ("sync", _sync), ("sweep", _sweep))
    ),
    Figure(
        "sync-cold",
        "person",
        lambda world: world.persons,
        _sync,
        _compare_by_script,
        place=_full,
        prepare=_forgotten_users,
        needs_full=True,
    ),
    Figure(
        "change",
        "change",
        _changes,
        _change,
        _change_by_script,
        place=_full,
        prepare=_with_newcomer,
        sends_emails=True,
        needs_full=True,
    ),
    Figure(
        "containment",
        "person",
        _suspended,
        _suspend,
        _close_by_script,
        place=_full,
        prepare=_to_suspend,
        needs_full=True,
    ),
    Figure("pull", "event", lambda world: world.events, _pull, _pull_by_script, place=_new_events),
    Figure(
        "report",
        "event",
        lambda world: world.events,
        _report,
        _report_by_script,
        place=lambda world, _who: _new_events(world, "ours") if world.eventful is world.ours else world.eventful,
        calls_keycloak=False,
    ),
    *map(_check_figure, ("csv", "xlsx", "ods", "docx")),
)


def _no_bar(_count: int) -> Any:
    return nullcontext(lambda: None)
