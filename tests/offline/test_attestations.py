"""Certificates of destruction without Keycloak: the key, the file that a reader and `verify` check, the request."""

from __future__ import annotations

import io
import json
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from typer.testing import Result

from provisioner.documents.attestation import Seal, look_at_seal, seal, write_attestation
from provisioner.domain.attestation import Attestation
from provisioner.domain.journal import Head
from provisioner.views.attestations import Certificate
from tests.offline.conftest import Office, opened
from tests.shared.examples import LYS, email, end, habilitation
from tests.shared.office import valid

TODAY = date(2026, 9, 2)
BY = ("--by", "Claire Martin")


class Sealing(Office):
    """An office whose seal is set."""

    @property
    def variables(self) -> dict[str, str]:
        files = {"KEY_FILE": self.home / "key.pem", "CERTIFICATE_FILE": self.home / "certificate.pem"}
        return {
            **super().variables,
            **{f"PROVISIONER_ATTESTATION__{name}": str(file) for name, file in files.items()},
        }


@pytest.fixture(scope="module")
def sealing(tmp_path_factory: pytest.TempPathFactory) -> Sealing:
    office = Sealing(tmp_path_factory.mktemp("office"))
    made = office.run("attestation", "key", "new", "--name", "Caf d'essai", "--format", "json")
    assert made.exit_code == 0, made.stderr
    valid(json.loads(made.stdout), "attestation_key")
    return office


@pytest.fixture(scope="module")
def certificate(sealing: Sealing) -> Path:
    """A sealed one, as a partner gets it."""
    facts = Certificate(
        attestation=Attestation(id=3, partner=LYS.code, requested_on=date(2026, 10, 1), habilitations=(12, 15)),
        caf="Caf d'essai",
        partner=replace(LYS, reference="CTG-62-014 <b>#strong[x]</b>", document_sha256="ab" * 32),
        count=2,
        kept=1,
        returned=2,
        destroyed_on=(date(2027, 3, 1), date(2027, 3, 2)),
        events_until=date(2027, 4, 2),
        habilitations_until=(date(2028, 9, 1),),
        backups_until=date(2027, 6, 30),
        clear_until=date(2026, 9, 2),
        is_replaced_kept=True,
        is_sqlite=True,
        other_backups_days=90,
        archives_reference="AD62-2027-14",
        fingerprint="cd" * 32,
        on=date(2027, 4, 6),
    )
    values = facts.values(Head(812, "ef" * 32))
    key, certificate = (sealing.home / name for name in ("key.pem", "certificate.pem"))
    file = sealing.home / "attestation-3.pdf"
    file.write_bytes(seal(write_attestation(facts.on, values), key.read_bytes(), certificate.read_bytes()))
    return file


def _verify(office: Office, file: Path, *more: str) -> tuple[int, Any]:
    answer = office.run("attestation", "verify", file, *more, "--format", "json")
    return answer.exit_code, valid(json.loads(answer.stdout), "attestation_verified")


@pytest.mark.rule("D3")
def test_the_key_is_its_owner_s_alone_and_never_overwritten(sealing: Sealing) -> None:
    key = sealing.home / "key.pem"
    before = key.read_bytes()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    again = sealing.run("attestation", "key", "new")
    assert again.exit_code == 1
    assert "existe déjà" in again.stderr
    assert key.read_bytes() == before


@pytest.mark.rule("D3")
def test_a_certificate_can_be_read_by_everybody(certificate: Path) -> None:
    pdf = PdfFileReader(io.BytesIO(certificate.read_bytes()))
    assert str(pdf.root["/Lang"]).startswith("fr")
    assert pdf.root["/MarkInfo"]["/Marked"]
    assert pdf.root["/StructTreeRoot"]["/K"]
    assert pdf.root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b'pdfuaid:part="1"' in pdf.root["/Metadata"].data
    with pdfplumber.open(certificate) as pages:
        assert "Établie par Caf d’essai" in pages.pages[0].extract_text()
    assert str(pdf.trailer["/Info"]["/Title"]) == "Attestation de destruction de données n° 3"
    fonts = [
        font.get_object()["/DescendantFonts"].get_object()[0].get_object()["/FontDescriptor"]
        for page in pdf.root["/Pages"]["/Kids"]
        for font in page.get_object()["/Resources"]["/Font"].values()
    ]
    assert fonts
    assert all("/FontFile2" in font or "/FontFile3" in font for font in fonts)


@pytest.mark.rule("D3")
def test_what_was_changed_or_sealed_by_another_is_told_and_no_register_is_needed(
    sealing: Sealing, certificate: Path, tmp_path: Path
) -> None:
    whole = certificate.read_bytes()
    assert _verify(sealing, certificate) == (
        0,
        {"genuine": True, "found": "genuine", "sha256": sha256(whole).hexdigest()},
    )
    assert not (sealing.home / "data").exists()
    ours = (sealing.home / "certificate.pem").read_bytes()
    contents = whole.index(b"/Contents <") + 11  # the seal itself, which no signature can cover
    places = [*range(9, len(whole), len(whole) // 100), contents + 3000, whole.index(b">", contents) - 1]
    places += range(contents, contents + 120)  # the seal's own head, which it does not sign
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1
        assert look_at_seal(bytes(changed), ours) is not Seal.GENUINE, place
    (tmp_path / "longer.pdf").write_bytes(whole + b"\n")
    assert _verify(sealing, tmp_path / "longer.pdf")[1]["found"] == "changed"
    (tmp_path / "text.pdf").write_bytes(b"attestation")
    assert _verify(sealing, tmp_path / "text.pdf")[1]["found"] == "not-a-pdf"
    other = Sealing(tmp_path)
    assert other.run("attestation", "verify", certificate).exit_code == 1  # no certificate is there
    unfit = other.run("attestation", "verify", certificate, "--certificate", tmp_path / "text.pdf")
    assert (unfit.exit_code, "text.pdf n'est pas un certificat lisible" in unfit.stderr) == (1, True)
    assert other.run("attestation", "key", "new").exit_code == 0
    assert _verify(other, certificate)[1]["found"] == "other-key"
    assert _verify(other, certificate, "--certificate", str(sealing.home / "certificate.pem"))[0] == 0


@pytest.mark.rule("C1")
@pytest.mark.rule("D3")
def test_a_request_is_recorded_with_the_convention_s_reference_and_listed(office: Office) -> None:
    def run(*arguments: str | Path, today: date = TODAY) -> Result:
        done = office.run(*arguments, today=today)
        assert done.exit_code == 0, done.stderr
        return done

    signed = office.home / "convention.pdf"
    signed.write_bytes(b"%PDF-1.7 signed")
    run("partner", "add", LYS.code, "--name", LYS.name, "--domain", "agglo-lys.example")
    run("partner", "set", LYS.code, "--signed-on", "2026-01-15", *BY)
    run("partner", "set", LYS.code, "--reference", "CTG-62-014", "--document", signed, *BY)
    shown = valid(json.loads(run("partner", "show", LYS.code, "--format", "json").stdout), "partner")
    assert (shown["reference"], shown["document_sha256"]) == ("CTG-62-014", sha256(b"%PDF-1.7 signed").hexdigest())
    closed_at = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
    office.enter(
        opened(habilitation("leroy")),
        *(opened(habilitation(name, end=end(date(2026, 8, 31)), closed_at=closed_at)) for name in ("petit", "roux")),
    )
    asked = ("attestation", "request", "--partner", LYS.code, "--format", "json")
    assert valid(json.loads(run(*asked).stdout), "attestation_requested") == {"attestation": 1, "count": 2}
    (line,) = valid(json.loads(run("attestation", "list", "--format", "json").stdout), "attestations")
    assert (line["due"], line["due_on"], line["issued_on"]) == (2, "2027-03-02", None)
    assert "1;agglo-lys;2026-09-02;2;0;0;0;" in run("attestation", "list", "--format", "csv").stdout
    assert "n° 1 : déjà demandée, pour 2 comptes." in run(*asked[:-2]).stdout
    assert "2147483647" not in run("attestation", "issue", "--help").stdout
    early = office.run(*asked, "--email", email("leroy"))
    assert (early.exit_code, "Trop tôt" in early.stderr) == (1, True)
    late = office.run(*asked, "--email", email("petit"), today=TODAY + timedelta(days=365))
    assert (late.exit_code, "jusqu'au 1er mars 2027" in late.stderr) == (1, True)
