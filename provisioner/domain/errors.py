"""Why something asked for is not done: a code with typed values, or the system that failed. Each error knows how a
command ends. `views/refusals.py` says it in French.
"""

from __future__ import annotations

from datetime import date
from enum import IntEnum, StrEnum
from typing import ClassVar


class Exit(IntEnum):
    """The exit statuses of the contract."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAILED = 3


class Refusal(StrEnum):
    """Why a request is not applied."""

    # A person decides
    NAME_BLANK = "name-blank"
    NAME_OF_NOBODY = "name-of-nobody"
    REASON_BLANK = "reason-blank"
    WAIVER_BLANK = "waiver-blank"
    NO_SUCH_ROW = "no-such-row"

    # Annexes
    NO_SUCH_ANNEXE = "no-such-annexe"
    ANNEXE_APPROVED = "annexe-approved"
    ANNEXE_DECIDED = "annexe-decided"
    ANNEXE_REPLACED = "annexe-replaced"
    NOTHING_TO_REJECT = "nothing-to-reject"
    DECIDED_MEANWHILE = "decided-meanwhile"
    SYNC_FIRST = "sync-first"

    # Partners and their conventions
    NO_SUCH_PARTNER = "no-such-partner"
    NO_SUCH_PARTNER_BUT = "no-such-partner-but"
    PARTNER_USED = "partner-used"
    CODE_TAKEN = "code-taken"
    CODE_MALFORMED = "code-malformed"
    PARTNER_UNNAMED = "partner-unnamed"
    PARTNER_NAME_HIDDEN = "partner-name-hidden"
    NO_DOMAIN = "no-domain"
    NOT_A_DOMAIN = "not-a-domain"
    CONSUMER_DOMAIN = "consumer-domain"
    NOT_AN_ADDRESS = "not-an-address"
    SIGNED_AFTER_CTG = "signed-after-ctg"
    CTG_END_PAST = "ctg-end-past"
    END_TO_COME = "end-to-come"
    ACCESSES_TO_CLOSE = "accesses-to-close"
    NOT_SIGNED = "not-signed"
    NOT_ACTIVE = "not-active"
    NO_EARLY_END = "no-early-end"
    CONVENTION_OVER = "convention-over"
    CTG_OVER = "ctg-over"
    END_PAST = "end-past"
    END_BEFORE_SIGNATURE = "end-before-signature"
    END_AFTER_CTG = "end-after-ctg"

    # Contacts
    CONTACTS_DATED_LATER = "contacts-dated-later"
    CONTACTS_OLDER = "contacts-older"
    CONTACT_MALFORMED = "contact-malformed"
    CONTACT_ADDRESS = "contact-address"
    CONTACT_NAME = "contact-name"
    CONTACT_UNNAMED = "contact-unnamed"

    # The file of `partner import`
    NOT_UTF_8 = "not-utf-8"
    NOT_TOML = "not-toml"
    UNKNOWN_KEY = "unknown-key"
    CODE_TWICE = "code-twice"
    KEY_MISSING = "key-missing"
    DATE_EXPECTED = "date-expected"
    TEXT_EXPECTED = "text-expected"
    LIST_EXPECTED = "list-expected"
    TABLE_EXPECTED = "table-expected"
    VALUE_UNFIT = "value-unfit"

    # The settings
    NO_SUCH_SETTING = "no-such-setting"
    FILE_UNREAD = "file-unread"
    NUMBER_EXPECTED = "number-expected"
    WHOLE_NUMBER_EXPECTED = "whole-number-expected"
    YES_OR_NO_EXPECTED = "yes-or-no-expected"
    MORE_EXPECTED = "more-expected"
    AT_LEAST_EXPECTED = "at-least-expected"
    AT_MOST_EXPECTED = "at-most-expected"
    CHOICE_EXPECTED = "choice-expected"
    FORM_EXPECTED = "form-expected"
    WEB_ADDRESSES_EXPECTED = "web-addresses-expected"
    NETWORKS_EXPECTED = "networks-expected"
    WEB_ADDRESS_EXPECTED = "web-address-expected"
    TODAY_EXPECTED = "today-expected"
    TRIALS_ONLY = "trials-only"
    NOT_LISTENED_ON = "not-listened-on"
    ADMINISTRATOR_NEEDED = "administrator-needed"
    PROXY_UNFIT = "proxy-unfit"
    CLIENT_KEY_MISSING = "client-key-missing"
    CLIENT_KEY_UNFIT = "client-key-unfit"
    CLIENT_KEY_EXISTS = "client-key-exists"

    # Persons
    NO_SUCH_PERSON = "no-such-person"
    ERASE_OPEN = "erase-open"
    ERASE_ON_HOLD = "erase-on-hold"
    ERASE_PAUSED = "erase-paused"
    ERASE_CONTAINED = "erase-contained"
    NOTHING_TO_SUSPEND = "nothing-to-suspend"
    NOTHING_TO_REOPEN = "nothing-to-reopen"
    NOTHING_TO_UNLOCK = "nothing-to-unlock"
    UNLOCK_SUSPENDED = "unlock-suspended"
    UNLOCK_MISSING = "unlock-missing"
    SUSPENDED_MEANWHILE = "suspended-meanwhile"
    NOT_OPENED_YET = "not-opened-yet"
    ADDRESS_TAKEN = "address-taken"
    LINKS_USELESS = "links-useless"
    NO_LINK = "no-link"

    # Holds and the realm
    NO_SUCH_PLAN = "no-such-plan"
    NOT_FOR_RELEASE = "not-for-release"
    PAUSE_PAST = "pause-past"
    REVIEW_PAST = "review-past"
    REVIEW_FAR = "review-far"
    NO_SUCH_KEEPING = "no-such-keeping"
    NOT_PAUSED = "not-paused"
    PARTNER_NOT_PAUSED = "partner-not-paused"
    PARTNER_CONTAINED = "partner-contained"
    NOT_CONTAINED = "not-contained"
    NEEDS_SECOND = "needs-second"
    SECOND_IS_FIRST = "second-is-first"
    UNKNOWN_REALM = "unknown-realm"
    NO_REALM_YET = "no-realm-yet"
    OFFICER_MALFORMED = "officer-malformed"
    OFFICER_KNOWN = "officer-known"
    OFFICER_ADDRESS_TAKEN = "officer-address-taken"

    # Keycloak
    KEYCLOAK_AWAY = "keycloak-away"
    NOT_KEYCLOAK = "not-keycloak"
    KEYCLOAK_LOST = "keycloak-lost"
    CREDENTIALS_REFUSED = "credentials-refused"
    CREDENTIALS_UNSET = "credentials-unset"
    NO_SUCH_REALM = "no-such-realm"

    # Connection controls
    NO_SUCH_CONTROL = "no-such-control"
    CONTROL_SETTLED = "control-settled"
    CONTROL_MENDED = "control-mended"

    # The Caf's review
    NO_CAF_REVIEW = "no-caf-review"
    NO_SUCH_CAF_REVIEW = "no-such-caf-review"
    CAF_REVIEW_UNREAD = "caf-review-unread"
    NO_SUCH_LINE = "no-such-line"
    NOTHING_TO_SIGN = "nothing-to-sign"

    # Incidents
    NO_SUCH_INCIDENT = "no-such-incident"
    INCIDENT_CLOSED = "incident-closed"
    AWARE_LATER = "aware-later"
    DAY_TO_COME = "day-to-come"

    # What is asked of a partner
    NO_SUCH_REQUEST = "no-such-request"
    REQUEST_WITHDRAWN = "request-withdrawn"
    REQUEST_ANSWERED = "request-answered"
    REQUEST_ON_HOLD = "request-on-hold"
    NOT_ANSWERED = "not-answered"
    DUE_PAST = "due-past"
    SIGNATORY_NEEDED = "signatory-needed"
    DOCUMENT_SIZE = "document-size"

    # Certificates of destruction
    NOTHING_TO_ATTEST = "nothing-to-attest"
    ATTEST_TOO_EARLY = "attest-too-early"
    ATTEST_TOO_LATE = "attest-too-late"
    ATTEST_DESTROYED = "attest-destroyed"
    ATTEST_RETURNED = "attest-returned"
    NO_SUCH_ATTESTATION = "no-such-attestation"
    NOT_DESTROYED_YET = "not-destroyed-yet"
    NONE_DESTROYED = "none-destroyed"
    CERTIFICATE_LOST = "certificate-lost"
    EVENTS_KEPT_FOREVER = "events-kept-forever"
    NO_SEAL_SET = "no-seal-set"
    SEAL_UNFIT = "seal-unfit"
    CERTIFICATE_UNFIT = "certificate-unfit"
    SEAL_EXISTS = "seal-exists"

    # Yearly reviews
    NO_REVIEW_DUE = "no-review-due"
    REVIEW_RESTS = "review-rests"
    REVIEWED_SINCE = "reviewed-since"
    REVIEW_DOCUMENT_KNOWN = "review-document-known"
    NO_REMINDER = "no-reminder"
    REVIEW_NOT_LATE = "review-not-late"

    # Files of evidence
    NOT_EVIDENCE = "not-evidence"
    EVIDENCE_PASSWORD = "evidence-password"  # noqa: S105 - not a password

    # The register
    ON_POSTGRESQL = "on-postgresql"
    NO_REGISTER = "no-register"
    NEWER_REGISTER = "newer-register"
    DAMAGED_REGISTER = "damaged-register"
    LOCK_HELD = "lock-held"
    LOCK_LOST = "lock-lost"

    # Copies of the register
    PRIVATE_KEY_HERE = "private-key-here"
    RECIPIENT_MALFORMED = "recipient-malformed"
    RECIPIENTS_UNREAD = "recipients-unread"
    NO_RECIPIENT = "no-recipient"
    KEY_UNFIT = "key-unfit"
    NO_SUCH_KEY = "no-such-key"
    KEY_DESTROYED = "key-destroyed"
    KEY_USED_SINCE = "key-used-since"
    NO_PG_DUMP = "no-pg-dump"
    IDENTITY_UNFIT = "identity-unfit"
    KEY_DOES_NOT_OPEN = "key-does-not-open"
    COPY_DAMAGED = "copy-damaged"
    NOT_A_COPY = "not-a-copy"
    COPY_NEWER = "copy-newer"
    IDENTITY_NEEDED = "identity-needed"
    COPY_JOURNAL = "copy-journal"
    COPY_OF_OTHER_REALM = "copy-of-other-realm"
    NO_LIST = "no-list"
    LIST_DAMAGED = "list-damaged"
    RESTORE_ON_POSTGRESQL = "restore-on-postgresql"
    NOT_ON_POSTGRESQL = "not-on-postgresql"

    # The realm
    OTHER_THEME = "other-theme"


#: A value that stands in a refusal's sentence. A member of an enumeration is said in its own words.
Value = str | int | date


class ProvisionerError(Exception):
    """What a person can act on. `str` is for logs, in English: it holds no name and no address of a person."""

    exit_status: ClassVar[Exit]


class Refused(ProvisionerError):
    """Not done, and nothing recorded. `values` are those of the sentence, by name: `email`, `code`, `on`."""

    exit_status = Exit.REFUSED

    def __init__(self, code: Refusal, **values: Value) -> None:
        super().__init__(": ".join([code, *(value for value in values.values() if isinstance(value, StrEnum))]))
        self.code, self.values = code, values


class WrongUsage(Refused):
    """What was typed names nothing that is there, or says nothing."""

    exit_status = Exit.USAGE


#: A key of a file, a field of a record or a setting, and why it cannot be as given.
Problem = tuple[str, Refused]


class FileRefused(Refused):
    """Several things of one file are refused: each with its place in the file."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0][1].code)
        self.problems = problems


class System(StrEnum):
    """What the software needs and may fail."""

    KEYCLOAK = "keycloak"
    REGISTER = "register"
    MAIL = "mail"
    FOLDERS = "folders"
    READER = "reader"


class Silence(StrEnum):
    """Why no answer came."""

    REFUSED = "refused"
    UNKNOWN_HOST = "unknown-host"
    CERTIFICATE = "certificate"
    TIME_OUT = "time-out"
    CUT = "cut"


class SystemFailed(ProvisionerError):
    """A system failed; what was asked may be asked again. `str` is the cause.

    `code` and `values` say a failure that has a sentence of its own: another run holds the lock, say.
    """

    exit_status = Exit.FAILED
    system: ClassVar[System]

    def __init__(self, cause: str, code: Refusal | None = None, **values: Value) -> None:
        super().__init__(cause)
        self.code, self.values = code, values
