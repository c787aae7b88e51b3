"""Nobody decides without a name, and nothing without a reason: blank ones are refused wherever they come from."""

from __future__ import annotations

import importlib
import inspect
import io
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from provisioner import operations
from provisioner.cli.app import app
from provisioner.domain.annexe.decisions import Decisions, name_said, readable, reason_said
from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.incident import Origin
from provisioner.domain.convention import Audience
from provisioner.domain.errors import Refusal, WrongUsage
from provisioner.operations import (
    adoption,
    containment,
    decide,
    evidence_file,
    holds,
    incidents,
    invitations,
    partners,
    persons,
    realms,
)
from provisioner.operations.check import Request
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.shared.examples import LYS, email

BLANKS = [
    "",
    " ",
    "\t\n",
    "\u00a0\u2007\u202f",
    "\u200b\u200d\u2060\ufeff",
    "\x00\x1b\x7f",
    "\u3164",
    "\u2800",
    "\u202e",
]

_EVIDENCE = ("evidence", "--partner", "agglo-lys", "--year", "2026", "--for", "caf", "--output", "dossier.zip")

#: Each option that asks for a name or a reason, after the rest of its command.
COMMANDS = [
    ("apply", "FILE", "--partner", "agglo-lys", "--yes", "--approved-by"),
    ("apply", "FILE", "--partner", "agglo-lys", "--yes", "--approved-by", "Claire Martin", "--waive", "1="),
    ("annexe", "approve", "1", "--plan", "00000000", "--by"),
    ("annexe", "approve", "1", "--plan", "00000000", "--by", "Claire Martin", "--waive", "1="),
    ("annexe", "reject", "1", "--reason", "Doublon", "--by"),
    ("annexe", "reject", "1", "--by", "Claire Martin", "--reason"),
    ("person", "suspend", "a@agglo-lys.example", "--reason", "Vol", "--by"),
    ("person", "suspend", "a@agglo-lys.example", "--by", "Claire Martin", "--reason"),
    ("person", "reopen", "a@agglo-lys.example", "--reason", "Vol", "--by"),
    ("person", "reopen", "a@agglo-lys.example", "--by", "Claire Martin", "--reason"),
    ("partner", "add", "agglo-lys", "--domain", "agglo-lys.example", "--name"),
    ("partner", "add", "agglo-lys", "--domain", "agglo-lys.example", "--name", "Agglo", "--by"),
    ("partner", "set", "agglo-lys", "--by", "Claire Martin", "--name"),
    ("partner", "set", "agglo-lys", "--name", "Agglo", "--by"),
    ("partner", "end", "agglo-lys", "--on", "2026-12-31", "--reason", "Accord", "--by"),
    ("partner", "end", "agglo-lys", "--on", "2026-12-31", "--by", "Claire Martin", "--reason"),
    ("partner", "reinstate", "agglo-lys", "--by", "Claire Martin", "--reason"),
    ("partner", "adopt", "agglo-lys", "--email", "a@agglo-lys.example", "--by", "Claire Martin", "--reason"),
    ("held", "release", "00000000", "--reason", "Prévu", "--by"),
    ("held", "release", "00000000", "--by", "Claire Martin", "--reason"),
    ("pause", "--reason", "Bascule", "--by"),
    ("pause", "--by", "Claire Martin", "--reason"),
    ("resume", "--by"),
    ("invitation", "repeat", "--by"),
    ("invitation", "bounced", "a@agglo-lys.example", "--by"),
    ("realm", "accept", "--by", "Claire Martin", "--reason"),
    ("incident", "declare", "--origin", "caf", "--aware-since", "2026-09-02", "--by", "Claire Martin", "--what"),
    ("incident", "declare", "--origin", "caf", "--aware-since", "2026-09-02", "--what", "Vol", "--by"),
    ("incident", "update", "1", "--by", "Claire Martin", "--cnil-notified"),
    ("incident", "close", "1", "--by", "Claire Martin", "--text"),
    (*_EVIDENCE, "--reason", "Contrôle", "--by"),
    (*_EVIDENCE, "--by", "Claire Martin", "--reason"),
]


@pytest.mark.rule("A10")
@pytest.mark.parametrize("blank", ["", "\u00a0 \u200b"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_blank_name_or_reason_is_wrong_usage_and_nothing_is_made(
    command: tuple[str, ...], blank: str, tmp_path: Path
) -> None:
    file = tmp_path / "annexe.csv"
    file.touch()
    *start, last = (str(file) if word == "FILE" else word for word in command)
    given = [*start, last + blank] if last.endswith("=") else [*start, last, blank]
    home = tmp_path / "data"
    answer = CliRunner().invoke(app, given, env={"PROVISIONER_DATA_DIR": str(home)})
    assert answer.exit_code == 2, answer.output
    assert not home.exists()


@pytest.mark.parametrize("typed", ["", " ", "martin", "a b@agglo-lys.example", "a\nb@agglo-lys.example"])
@pytest.mark.parametrize("command", [("explain",), ("person", "show"), ("sync", "--email")], ids=" ".join)
def test_what_is_no_address_is_wrong_usage_and_nobody_is_looked_for(
    command: tuple[str, ...], typed: str, tmp_path: Path
) -> None:
    home = tmp_path / "data"
    answer = CliRunner().invoke(app, [*command, typed], env={"PROVISIONER_DATA_DIR": str(home)})
    assert (answer.exit_code, home.exists()) == (2, False), answer.output


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_mistyped_person_is_not_told_to_be_in_order(more: tuple[str, ...], tmp_path: Path) -> None:
    command = ["sync", "--email", "nobody@agglo-lys.example", *more]
    answer = CliRunner().invoke(app, command, env={"PROVISIONER_DATA_DIR": str(tmp_path)})
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "Aucune donnée n'est conservée sur nobody@agglo-lys.example" in answer.stderr


@pytest.mark.parametrize("blank", BLANKS)
def test_what_nobody_can_read_is_blank(blank: str) -> None:
    for read in (name_said, reason_said):
        with pytest.raises(WrongUsage):
            read(blank)


def test_what_can_be_read_is_kept_on_one_line_without_what_cannot() -> None:
    assert name_said(" Zoé\n\u200bRoy\x1b[31m ") == "Zoé Roy[31m"
    assert name_said("Zoe\u0301 Roy") == "Zoé Roy"
    assert reason_said("2") == "2"
    assert readable("Ren\udce9e") == "Ren\N{REPLACEMENT CHARACTER}e"
    with pytest.raises(WrongUsage):
        name_said("2")


def _decided_upon(office: MemoryOffice) -> Iterator[Callable[[str, str], Any]]:
    """Each operation of somebody's, with a name and a reason still to be given."""
    context, register, settings = office.context, office.context.register, office.settings
    leroy, code, day = email("leroy"), LYS.code, date(2026, 12, 31)

    def request(by: str, why: str) -> Request:
        document = Document(name="a.csv", content=b"")
        return Request(document=document, partner=code, by=by, decisions=Decisions(waive={1: why}), received_on=day)

    yield lambda by, why: decide.approve(context, 1, "00000000", by, Decisions(waive={1: why}))
    yield lambda by, why: decide.reject(register, settings, 1, by, why)
    yield lambda by, why: decide.apply_document(context, request(by, why), no_bar, None)
    yield lambda by, why: persons.suspend(context, leroy, by, why)
    yield lambda by, why: persons.reopen(context, leroy, by, why, new_password=False)
    yield lambda by, why: containment.contain(context, [code], by, why, None, no_bar)
    yield lambda by, why: containment.release(context, code, by, why)
    yield lambda by, why: adoption.adopt(context, code, [leroy], by, why, no_bar)
    yield lambda by, why: holds.release(register, "00000000", by, why)
    yield lambda by, why: holds.pause(register, code, why, None, by)
    yield lambda by, why: realms.accept(context, by, why)
    to = Audience.CAF
    yield lambda by, why: evidence_file.make(register, io.BytesIO(), "mot de passe", code, 2026, to, by, why)
    said = incidents.Declaration(origin=Origin.CAF, aware_since=context.clock.now(), what="Vol")
    yield lambda by, why: incidents.declare(register, settings, replace(said, what=why), by)
    yield lambda by, why: incidents.complete(register, settings, 1, {"nature": why}, by)
    yield lambda by, why: incidents.close(register, settings, 1, by, why)


@pytest.mark.rule("A10")
def test_no_operation_takes_a_blank_name_or_reason_whoever_calls_it(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path)
    office.add_partner(LYS.code, "agglo-lys.example")
    before = office.context.register.commits
    for operation in _decided_upon(office):
        for by, why in (("\u00a0", "Vol"), ("Claire Martin", "\u200b")):
            with pytest.raises(WrongUsage):
                operation(by, why)
    for by in ("", "\u00a0"):
        with pytest.raises(WrongUsage):
            holds.resume(office.context.register, None, by)
        with pytest.raises(WrongUsage):
            invitations.bounced(office.context.register, office.settings, email("leroy"), by)
        with pytest.raises(WrongUsage), office.context.register.work(by):
            pass
    with pytest.raises(WrongUsage):
        partners.end_convention(office.context.register, LYS.code, date(2026, 12, 31), "Claire Martin", " ")
    assert office.context.register.commits == before
    office.close()


@pytest.mark.rule("A10")
def test_no_person_decides_under_the_name_of_the_automatic_approval(tmp_path: Path) -> None:
    office = MemoryOffice(tmp_path)
    office.add_partner(LYS.code, "agglo-lys.example")
    for operation in _decided_upon(office):
        with pytest.raises(WrongUsage, match=Refusal.NAME_OF_NOBODY):
            operation(" Automatic", "Vol")
    office.close()
    given = ["partner", "set", LYS.code, "--name", "Lys", "--by", "automatic"]
    assert CliRunner().invoke(app, given, env={"PROVISIONER_DATA_DIR": str(tmp_path / "data")}).exit_code == 2


def test_every_operation_that_asks_who_or_why_refuses_blanks() -> None:
    undecided = []
    for module in pkgutil.walk_packages(operations.__path__, "provisioner.operations."):
        for name, function in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            asked = inspect.signature(function).parameters
            is_ours = function.__module__ == module.name and not name.startswith("_") and "work" not in asked
            if is_ours and {"by", "reason"} & asked.keys() and not hasattr(function, "__wrapped__"):
                undecided.append(f"{module.name}.{name}")
    # Nothing is decided there: two remind, three send what is owed, two read a document to show what it would do.
    assert undecided == [
        "provisioner.operations.caf_review.remind",
        "provisioner.operations.incidents.remind",
        "provisioner.operations.notice_delivery.deliver",
        "provisioner.operations.notice_delivery.deliver_now",
        "provisioner.operations.notice_delivery.deliver_urgent",
        "provisioner.operations.receive.request_for",
        "provisioner.operations.receive.request_of",
    ]


def test_a_second_file_of_settings_is_refused_so_that_sudo_can_give_an_officer_one_of_them(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours.toml", tmp_path / "theirs.toml"
    for file in (ours, theirs):
        file.write_text(f'data_dir = "{tmp_path}"\n')
    refused = CliRunner().invoke(app, ["--config", str(ours), "--config", str(theirs), "status"])
    assert (refused.exit_code, "--config" in refused.stderr) == (2, True)
