"""How a realm differs from what its files want: one list for `realm check`, `realm apply`, `doctor` and the nightly
control. Pure: the realm is plain data here, as `keycloak/realm_state.py` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from provisioner.domain.password import blacklist_of
from provisioner.domain.realm_check import LINES, OFFLINE, THEME_TYPES, Line, Part, Risk, lines_of
from provisioner.domain.realm_model import (
    OFFLINE_SESSIONS,
    PARTNER_NAME,
    UNMANAGED,
    Difference,
    Json,
    RealmConfig,
    RealmState,
    holds,
)
from provisioner.domain.realm_profile import asks_more
from provisioner.domain.sign_in import SignIn, shown

#: What must never be shown, by the last word of its name.
_SECRETS = ("secret", "password")


#: Clients that Keycloak makes with each realm: brought to the files, never made anew, never foreign.
KEYCLOAK_CLIENTS = frozenset(
    ["account", "account-console", "admin-cli", "broker", "realm-management", "security-admin-console"]
)

#: What names a realm or a client, and what is compared by itself.
_NOT_COMPARED = frozenset(["realm", "clientId", "protocolMappers"])

#: Sections of a realm or of a client of which each key is compared by itself.
_SECTIONS = ("attributes", "smtpServer", "browserSecurityHeaders")


def differences(present: RealmState | None, wanted: RealmConfig) -> list[Difference]:
    """Each difference that matters, part by part; none when `realm apply` would change nothing and nobody else may
    let persons in. What the files do not name is not told, unless it decides who gets in. What only a hand puts right
    is not told where somebody answers for it (`known`).

    `present` is None where there is no realm: that is the one difference then.
    """
    if present is None:
        return [_told(Part.REALM_CREATED, str(wanted.realm["realm"]))]
    told = (
        *_realm(present, wanted),
        *_profile(present, wanted),
        *_actions(present, wanted),
        *_texts(present, wanted),
        *_steps(present, wanted),
        *_group_root(present, wanted),
        *_clients(present, wanted),
        *_service_roles(present, wanted),
        *_sign_in(present.sign_in, wanted.sign_in),
        *_others(present),
    )
    return [difference for difference in told if not (difference.by_hand and difference.setting in wanted.known)]


def weaker(told: Iterable[Difference]) -> list[Difference]:
    """Without what is stricter than the files ask, or advice."""
    return [difference for difference in told if not (difference.is_stricter or difference.is_advice)]


def stopping_first(told: Iterable[Difference]) -> list[Difference]:
    """What can stop logins before the rest; otherwise in their order."""
    return sorted(told, key=lambda difference: not difference.stops_logins)


def read_setting(setting: str) -> tuple[Part, str, str] | None:
    """The part, client and name in a `Difference.setting`; `text` alone stands for all texts. None of a newer
    version's.
    """
    part, colon, name = setting.partition(":")
    if setting == Part.TEXT:
        return Part.TEXT, "", "*"
    if not colon:
        return Part.REALM, "", setting
    if part not in set(Part):
        return None
    client, slash, last = name.partition("/")
    of_client = slash and part in (Part.CLIENT, Part.CLAIM)
    return (Part(part), client, last) if of_client else (Part(part), "", name)


def risk_of(setting: str, rule: str) -> Risk | None:
    """What may come of that difference (`Difference.setting`), told under that rule; None of a newer version's."""
    read = read_setting(setting)
    lines = lines_of(read[0], read[2]) if read else []
    return next((line.risk for line in lines if line.rule == rule), None)


def wanted_settings(part: Part, files: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted of the realm or of a client, each by its name (`attributes.x`): what the files say, and
    Keycloak's own default where they say nothing of a thing that matters.
    """
    said: dict[str, Any] = {}
    for name, value in files.items():
        if name in _SECTIONS and isinstance(value, dict):
            said |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            said[name] = value
    usual = {line.name: line.usual for line in LINES if line.part is part and line.usual is not None}
    return {**{name: value for name, value in usual.items() if name not in said}, **said}


def wanted_policy(present: RealmState, wanted: RealmConfig) -> str:
    """The password policy of the files, with the list of refused passwords that is in service: ours, or another that
    somebody chose.
    """
    refused = blacklist_of(present.realm.get("passwordPolicy"))
    policy = str(wanted.realm["passwordPolicy"])
    return policy if refused is None or wanted.blacklist == "" else f"{policy} and {refused}"


def value_of(settings: Mapping[str, Any], name: str) -> Any:
    """`attributes.a.b` is the attribute `a.b`: its name has dots."""
    section, _, key = name.partition(".")
    if key and section in _SECTIONS:
        return (settings.get(section) or {}).get(key)
    return settings.get(name)


def _settings(
    part: Part, present: Mapping[str, Any], files: Mapping[str, Any], client: str = ""
) -> Iterator[Difference]:
    for name, value in wanted_settings(part, files).items():
        if name in _NOT_COMPARED:
            continue
        lines = lines_of(part, name)
        stands = value_of(present, name)
        stands = lines[0].usual if stands is None else stands
        if holds(stands, value) and (value != {} or not stands):
            continue
        weak = [line for line in lines if line.is_weaker(stands, value)]
        if weak:
            by_hand = weak[0].by_hand and value_of(files, name) is None
            yield _told(part, name, stands, value, client=client, line=weak[0], by_hand=by_hand)
        elif value_of(files, name) is not None:
            yield _told(part, name, stands, value, client=client, line=lines[0], is_stricter=True)


def _realm(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    """A theme is named only where the server has it: for one that it lacks it shows its own, and logs it."""
    lacking = {
        setting
        for setting, kind in THEME_TYPES.items()
        if present.themes is not None and setting in wanted.realm
        if wanted.realm[setting] not in present.themes.get(kind, ())
    }
    files = {name: value for name, value in wanted.realm.items() if name not in lacking}
    if wanted.sign_in is not None:  # which flow it is, is judged by its steps
        files |= {setting: present.realm.get(setting) for setting in wanted.sign_in.flows}
    if "passwordPolicy" in files:
        files["passwordPolicy"] = wanted_policy(present, wanted)
    yield from _settings(Part.REALM, present.realm, files)
    if wanted.blacklist and blacklist_of(present.realm.get("passwordPolicy")) is None:
        yield _told(Part.BLACKLIST, wanted.blacklist)
    for setting in sorted(lacking):
        yield _told(Part.THEME, f"{wanted.realm[setting]} ({THEME_TYPES[setting]})", by_hand=True)


def _profile(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    if present.user_profile is None:
        return
    for kind in ("attributes", "groups"):
        there = {item["name"]: item for item in present.user_profile.get(kind) or []}
        for item in wanted.user_profile.get(kind) or []:
            old = there.pop(item["name"], None)
            keys = [key for key, value in item.items() if not holds((old or {}).get(key), value)]
            if old and kind == "attributes" and asks_more(old, item):
                keys += [
                    key for key in ("required", "validations") if key not in keys and old.get(key) != item.get(key)
                ]
            if old is not None and not keys:
                continue
            stands = {key: old.get(key) for key in keys} if old else None
            is_new = "required" in keys and not (old or {}).get("required")
            yield _told(Part.PROFILE, item["name"], stands, {key: item.get(key) for key in keys}, stops_logins=is_new)
        for name, other in there.items() if wanted.user_profile else ():
            if kind == "attributes" and asks_more(other):
                yield _told(Part.PROFILE, name, {"required": other.get("required")}, by_hand=True)
    policy = present.user_profile.get(UNMANAGED)
    if policy == "ENABLED" and wanted.user_profile and wanted.user_profile.get(UNMANAGED) != policy:
        yield _told(Part.PROFILE, UNMANAGED, policy, wanted.user_profile.get(UNMANAGED))


def _actions(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    if present.required_actions is None:
        return
    for alias in wanted.required_actions:
        if not (present.required_actions.get(alias) or {}).get("enabled"):
            yield _told(Part.ACTION, alias, False, True)


def _texts(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    if present.texts is None:
        return
    for key, text in wanted.texts.items():
        if present.texts.get(key, "") != text:  # the theme shows as little without a text as with an empty one
            is_new_partner = key.startswith(PARTNER_NAME) and key not in present.texts
            yield _told(Part.TEXT, key, present.texts.get(key), text, is_advice=is_new_partner)


def _steps(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    if present.flows is None:
        return
    for flow, steps in wanted.steps.items():
        there = {step_name(step): step["requirement"] for step in present.flows.get(flow, ())}
        for step, requirement in steps.items():
            if there.get(step) != requirement:
                is_gone = step not in there
                yield _told(Part.FLOW, f"{flow}/{step}", there.get(step), requirement, by_hand=is_gone)


def step_name(step: Json) -> str:
    """What a step of Keycloak's is known by: its provider, or the name of a group of steps."""
    return str(step.get("providerId") or step.get("displayName"))


def _group_root(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    if wanted.group_root is not None and present.has_group_root is False:
        yield _told(Part.GROUP, wanted.group_root)


def _clients(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    if present.clients is None:
        return
    for files in wanted.clients:
        name = files["clientId"]
        client = present.clients.get(name)
        if client is None:
            if name not in KEYCLOAK_CLIENTS:
                yield _told(Part.CLIENT_CREATED, name)
            continue
        for difference in _settings(Part.CLIENT, client, files, name):
            yield _with_sessions(difference, client)
        mappers = {mapper["name"]: mapper for mapper in client.get("protocolMappers") or []}
        for mapper in files.get("protocolMappers") or []:
            old = mappers.get(mapper["name"])
            if not holds(old, mapper):
                yield _told(Part.CLAIM, mapper["name"], old and old.get("config"), mapper["config"], client=name)
    ours = {client["clientId"] for client in wanted.clients} | KEYCLOAK_CLIENTS
    for name, client in sorted(present.clients.items()):
        if name not in ours and client.get("enabled"):
            yield _told(Part.OTHER_CLIENT, name, by_hand=True)


def _with_sessions(difference: Difference, client: Json) -> Difference:
    """The offline sessions that end with the right to them are counted."""
    live = client.get(OFFLINE_SESSIONS, 0)
    if difference.name != OFFLINE or not live:
        return difference
    return replace(difference, present=f"{difference.present} ({live} session{'s' * (live > 1)})")


def _service_roles(present: RealmState, wanted: RealmConfig) -> Iterator[Difference]:
    """The service account has exactly its roles."""
    if present.service_roles is None or wanted.service_client is None:
        return
    for name in sorted(present.service_roles - wanted.service_roles):
        yield _told(Part.ROLE_TAKEN, name, True, False)
    for name in sorted(wanted.service_roles - present.service_roles):
        yield _told(Part.ROLE_GIVEN, name, False, True)


def _sign_in(present: SignIn | None, wanted: SignIn | None) -> Iterator[Difference]:
    if present is None or wanted is None:
        return
    for setting, flow in wanted.flows.items():
        stands = present.flows.get(setting)
        if stands is None or stands.steps != flow.steps or not flow.is_named(stands.alias):
            steps = stands.steps if stands is not None else ()
            yield _told(Part.STEPS, setting, shown(steps), shown(flow.steps))
    for alias in sorted(wanted.closed_actions - present.closed_actions):
        yield _told(Part.ACTION_CLOSED, alias, True, False)
    for name in wanted.roles or ():
        if present.roles is not None and name not in present.roles:
            yield _told(Part.ROLE, name, False, True)
    for name in sorted(present.default_roles - wanted.default_roles):
        yield _told(Part.DEFAULT_TAKEN, name, True, False)


def _others(present: RealmState) -> Iterator[Difference]:
    for part, names in present.others.items():
        for name in sorted(names or ()):
            yield _told(part, name, by_hand=True)


def _told(
    part: Part,
    name: str,
    present: Any = None,
    wanted: Any = None,
    *,
    client: str = "",
    line: Line | None = None,
    stops_logins: bool = False,
    is_stricter: bool = False,
    is_advice: bool = False,
    by_hand: bool = False,
) -> Difference:
    line = line or lines_of(part, name)[0]
    is_secret = name.rpartition(".")[2] in _SECRETS
    return Difference(
        part,
        name,
        None if is_secret else _shown(present),
        None if is_secret else _shown(wanted),
        line.rule,
        line.risk,
        client,
        line.is_grave and not is_stricter,
        line.stops_logins or stops_logins,
        is_stricter,
        is_advice,
        by_hand,
    )


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(sorted(value))
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return "" if value is None else str(value)
