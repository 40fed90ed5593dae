"""The newest rows of the log as they were read, for who passes them on: an event in memory has no body any more."""

from collections.abc import Sequence

from consentfeed.log.chain import chains
from consentfeed.log.event import Row
from consentfeed.log.position import Position


class RecentRows:
    """The newest rows, at most so many; 0: none are kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: list[Row] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Rows that follow on those that are here."""
        if self._most:
            self._rows += rows
            if len(self._rows) > 2 * self._most:  # not moved for every row
                del self._rows[: -self._most]

    def clear(self) -> None:
        """The log is another one, or what was read does not follow on."""
        self._rows.clear()

    def after(self, position: Position) -> list[Row] | None:
        """The rows after a position, or None where they are not all here."""
        if not self._rows:
            return None
        index = position.seq + 1 - self._rows[0].seq
        if not 0 <= index <= len(self._rows):
            return None
        follows = self._rows[index - 1].hash == position.hash if index else chains(position.hash, self._rows[0])
        return self._rows[index:] if follows else None

    def forget(self, customer: str) -> None:
        """Takes what identifies a customer out of them."""
        for index, row in enumerate(self._rows):
            if str(row.customer_id) == customer:
                self._rows[index] = row._replace(email=None, note=None)
