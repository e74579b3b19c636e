"""The connection that the watches of one API server share, and its credential, which can be renewed."""

from collections.abc import Callable
from time import monotonic

import httpx2

from checks.errors import CheckError
from checks.kube.connection import Connection

RENEWAL_SECONDS = 10.0
"""The shortest time between two renewals: all watches are rejected at the same time, and one renewal serves them."""


class Connector:
    """Makes clients. `reload` returns the connection with the credential as it is now."""

    def __init__(
        self, connection: Connection, reload: Callable[[], Connection], clock: Callable[[], float] = monotonic
    ) -> None:
        self.connection = connection
        self.problem = ""
        """Why the last renewal failed."""
        self._reload = reload
        self._clock = clock
        self._renewed = clock() - RENEWAL_SECONDS

    def client(self) -> httpx2.AsyncClient:
        """Return a new client with the present credential."""
        return self.connection.client()

    def renew(self) -> None:
        """Read the credential again, because the API server rejected it; if that fails, keep the one there is."""
        if self._clock() - self._renewed < RENEWAL_SECONDS:
            return
        self._renewed = self._clock()
        try:
            self.connection, self.problem = self._reload(), ""
        except CheckError as error:
            self.problem = str(error)
