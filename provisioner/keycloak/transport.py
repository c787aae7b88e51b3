"""The library's connection, fit for threads and for a process that may be frozen at any line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from keycloak import KeycloakOpenIDConnection
from requests import Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

#: More threads than a run may have, so that no connection is thrown away.
_POOL = 40


class LibraryConnection(KeycloakOpenIDConnection):
    """One token for all threads, asked for at the first call. `received` is the last one, and when it came."""

    def __init__(self, **options: Any) -> None:
        self._token_lock = threading.RLock()
        self._is_built = False
        self.answers = 0
        self.received: tuple[str, float] | None = None
        # The library would repeat a POST by itself, e-mails included.
        super().__init__(max_retries=0, pool_maxsize=_POOL, **options)
        self._is_built = True
        # Looked up once here, and not by requests at each call: half of the client's time for one.
        found = self._s.merge_environment_settings(options["server_url"], {}, None, None, None)
        self._s.proxies, self._s.verify, self._s.trust_env = found["proxies"], found["verify"], False
        self._s.hooks["response"].append(self._note)

    def get_token(self) -> None:
        if not self._is_built:
            self.token = None
            return
        with self._token_lock:
            self.answers += 1
            super().get_token()
            assert self.token is not None
            self.received = (self.token["access_token"], time.monotonic())

    def refresh_token(self) -> None:
        with self._token_lock:
            super().refresh_token()

    def _refresh_if_required(self) -> None:
        with self._token_lock:
            super()._refresh_if_required()

    def _note(self, _answer: Response, **_options: Any) -> None:
        with self._token_lock:
            self.answers += 1


def guard_sockets(session: Session, guard: Callable[[], None]) -> None:
    """Calls `guard` whenever bytes are about to leave: a process may be frozen at any line of what comes before."""

    def guarded(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
        connection: Any = pool.ConnectionCls

        def send(self: Any, data: Any) -> None:
            guard()
            connection.send(self, data)

        return type(
            pool.__name__, (pool,), {"ConnectionCls": type(connection.__name__, (connection,), {"send": send})}
        )

    for adapter in session.adapters.values():
        assert isinstance(adapter, HTTPAdapter)
        pools = adapter.poolmanager.pool_classes_by_scheme
        adapter.poolmanager.pool_classes_by_scheme = {scheme: guarded(pool) for scheme, pool in pools.items()}
