"""Certificates of destruction (D3): the PDF, its seal by the installation's key, whether a file is as it was sealed.

A seal is a PDF signature over the whole file, which admits no change after it: a PDF reader tells one too.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from provisioner.documents.form import typeset

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

#: A key of this size is safe beyond the certificate's years; PDF readers know RSA best.
_KEY_BITS, _YEARS = 3072, 10

_FIELD = "Cachet"


class Seal(StrEnum):
    """What a file is, for whoever was given it as a certificate."""

    GENUINE = "genuine"
    CHANGED = "changed"  #: sealed with that certificate, and not the same any more
    OTHER_KEY = "other-key"  #: sealed, by somebody else
    UNSEALED = "unsealed"  #: a PDF without a seal
    NOT_A_PDF = "not-a-pdf"


class UnfitKey(Exception):
    """The key or the certificate cannot be read, or they do not belong together. `str` is why, in English."""


def write_attestation(on: date, values: Mapping[str, object]) -> bytes:
    """The certificate as a PDF, not sealed yet: the same bytes for the same contents."""
    return typeset("attestation.typ", values, on)


def new_key(name: str, now: datetime) -> tuple[bytes, bytes]:
    """A new key and its certificate, both as PEM. The key is not encrypted: its file is for its owner alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder(issuer_name=whose, subject_name=whose)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return written, certificate.public_bytes(pem)


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 of a certificate, as every tool prints it.

    Raises:
        UnfitKey: it is none.
    """
    return _certificate(certificate).fingerprint(hashes.SHA256()).hex()


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise UnfitKey(f"no certificate in PEM: {error}") from None


def seal(pdf: bytes, key: bytes, certificate: bytes) -> bytes:
    """The file with a seal that admits no change after it.

    Raises:
        UnfitKey: they cannot be read, or the certificate is another key's.
    """
    from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    ours = _certificate(certificate)
    der = serialization.Encoding.DER
    try:
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError) as error:
        raise UnfitKey(f"no private key in PEM without a password: {error}") from None
    public = serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(der, public) != ours.public_key().public_bytes(der, public):
        raise UnfitKey("the certificate is another key's")
    (signing_cert,) = load_certs_from_pemder_data(certificate)
    signer = SimpleSigner(
        signing_cert=signing_cert,
        signing_key=load_private_key_from_pemder_data(key, None),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # nothing beside its own certificate
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    # PDF/UA: a field that nobody sees lies outside the page, is hidden and has a name.
    nowhere = InvisSigSettings(set_print_flag=False, set_hidden_flag=True, box_out_of_bounds=True)
    field = SigFieldSpec(_FIELD, invis_sig_settings=nowhere, readable_field_name="Cachet électronique de la Caf")
    append_signature_field(writer, field)
    meta = PdfSignatureMetadata(
        _FIELD,
        md_algorithm="sha256",
        reason="Attestation de destruction",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    sealed: io.BytesIO = PdfSigner(meta, signer).sign_pdf(writer)
    return sealed.getvalue()


def look_at_seal(file: bytes, certificate: bytes) -> Seal:
    """Whether a file is one that this certificate's key sealed, to its last byte. How old the seal is says nothing.

    Raises:
        UnfitKey: the certificate cannot be read.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
    from pyhanko_certvalidator.context import ValidationContext

    for library in ("pyhanko", "pyhanko_certvalidator"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what is wrong with a file is the answer
    ours = _certificate(certificate).public_bytes(serialization.Encoding.DER)
    if not file.startswith(b"%PDF-"):
        return Seal.NOT_A_PDF
    try:
        signatures = PdfFileReader(io.BytesIO(file)).embedded_signatures
        if not signatures:
            return Seal.UNSEALED
        seal = signatures[0]
        if seal.signer_cert is None or seal.signer_cert.dump() != ours:
            return Seal.OTHER_KEY
        status = validate_pdf_signature(seal, ValidationContext(trust_roots=[seal.signer_cert], allow_fetching=False))
        is_whole = status.coverage is SignatureCoverageLevel.ENTIRE_FILE and len(signatures) == 1
        is_whole = is_whole and _is_as_written(file, seal)
        return Seal.GENUINE if is_whole and status.intact and status.valid else Seal.CHANGED
    except Exception:  # the library has no end of errors for a file that cannot be read any more: it was changed
        return Seal.CHANGED


def _is_as_written(file: bytes, seal: EmbeddedPdfSignature) -> bool:
    """Whether the seal's own bytes, which no signature can cover, are those that were written: nothing after it."""
    from asn1crypto.cms import ContentInfo

    before, after = int(seal.byte_range[1]), int(seal.byte_range[2])
    content_info = ContentInfo.load(seal.pkcs7_content)
    signed_data = content_info["content"]
    (signer,) = signed_data["signer_infos"]
    # What the signature covers nowhere, and verifies nowhere.
    versions = (signed_data["version"].native, signer["version"].native)
    algorithms = [algorithm.dump() for algorithm in signed_data["digest_algorithms"]]
    is_usual = versions == ("v1", "v1") and algorithms == [signer["digest_algorithm"].dump()]
    written = content_info.dump(force=True).hex().upper().encode()
    return bool(is_usual and file[before:after] == b"<" + written.ljust(after - before - 2, b"0") + b">")
