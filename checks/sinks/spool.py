"""What waits to be sent, on disk, so that neither a restart nor a webhook that is down loses it."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from checks.errors import UsageError

MOST_WAITING = 10_000
"""Of more messages for one webhook the oldest go to the dead letters."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY, webhook TEXT, since TEXT, body BLOB)"


class Waiting(NamedTuple):
    """A message that waits: its number, since when (UTC), and its body."""

    number: int
    since: datetime
    body: bytes


class DeadLetter(msgspec.Struct, frozen=True):
    """A message that could not be delivered, and why."""

    time: datetime
    webhook: str
    since: datetime
    reason: str
    body: str


class Spool:
    """The messages of all webhooks, in a SQLite file; those that are given up go to `dead-letters.jsonl` beside it."""

    def __init__(self, folder: Path) -> None:
        """Open the spool of a folder.

        Raises:
            UsageError: the file cannot be used.
        """
        self._dead_letters = folder / "dead-letters.jsonl"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / "spool.sqlite", isolation_level=None)
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"the spool of the webhooks cannot be kept in {folder}: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def add(self, webhook: str, body: bytes) -> None:
        """Add a message; of too many, the oldest is given up."""
        now = datetime.now(UTC).isoformat()
        self._database.execute("INSERT INTO waiting (webhook, since, body) VALUES (?, ?, ?)", (webhook, now, body))
        while self.count(webhook) > MOST_WAITING:
            oldest = self.first(webhook)
            if oldest:
                self.give_up(webhook, oldest, f"more than {MOST_WAITING} messages waited")

    def first(self, webhook: str) -> Waiting | None:
        """Return the oldest message for a webhook; None if none waits."""
        query = "SELECT id, since, body FROM waiting WHERE webhook = ? ORDER BY id LIMIT 1"
        with closing(self._database.execute(query, (webhook,))) as found:
            row = found.fetchone()
        return Waiting(row[0], datetime.fromisoformat(row[1]), row[2]) if row else None

    def count(self, webhook: str) -> int:
        """Return how many messages wait for a webhook."""
        with closing(self._database.execute("SELECT count(*) FROM waiting WHERE webhook = ?", (webhook,))) as found:
            return int(found.fetchone()[0])

    def remove(self, message: Waiting) -> None:
        """Remove a message that was delivered."""
        self._database.execute("DELETE FROM waiting WHERE id = ?", (message.number,))

    def give_up(self, webhook: str, message: Waiting, reason: str) -> None:
        """Move a message to the dead letters."""
        body = message.body.decode(errors="replace")
        letter = DeadLetter(datetime.now(UTC), webhook, message.since, reason, body)
        with self._dead_letters.open("ab") as file:
            file.write(msgspec.json.encode(letter) + b"\n")
        self.remove(message)
