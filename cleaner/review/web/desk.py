"""The reviewer's desk: the index of a run, once it is built, and the verdicts on it."""

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

from cleaner.errors import CleanerError
from cleaner.review import queries
from cleaner.review.index import Index
from cleaner.review.verdicts import KEPT, Verdict, Verdicts
from cleaner.review.web import trouble
from cleaner.review.web.asked import Draw, Judge, Refused, Undo

#: What of a removal or a kept line goes into a verdict on it, and how much of its text.
_KEPT = ("rule", "fingerprint", "site", "doc", "source", "row", "start", "end")
_SHOWN = 200
#: What the page is told of a verdict of its reviewer.
_TOLD = ("id", "verdict", "scope", "rule", "fingerprint", "site", "text", "sample")
#: What is told before the index is begun, and seconds that are waited then: it may wait for another process, unhearing.
_STARTING, _PATIENCE = "starting", 5.0


class _Closing(Exception):
    """The desk is closed while its index is being built."""


class Desk:
    """What the app answers from. Many threads may ask at once."""

    def __init__(self, run: Path, reviewer: str, verdicts: Path) -> None:
        self._run, self._reviewer = run, reviewer
        self._verdicts = Verdicts.open(verdicts)
        self._verdicts.try_out()
        self._index: Index | None = None
        self._share, self._doing, self._failed = 0.0, _STARTING, ""
        self._closing = threading.Event()
        self._building = threading.Thread(target=self.open, daemon=True, name="index")
        self._lines = lru_cache(maxsize=4)(self._kept_lines)

    def open(self) -> None:
        """Builds the index, for as long as that takes."""
        try:
            index = Index.open(self._run, self._progress)
            queries.overview(index, self._verdicts)  # what is asked first takes longest the first time
            self._index = index
        except _Closing:
            self._failed = "the server is being stopped"
        except CleanerError as error:
            self._failed = str(error)
        except Exception:  # noqa: BLE001 - a mistake of ours: the page must say that it waits in vain
            self._failed = "the index could not be built; the terminal says more"
            trouble.tell_all("the index could not be built")

    def open_meanwhile(self) -> None:
        """Builds the index in a thread of its own."""
        self._building.start()

    def close(self) -> None:
        """Stops the building of the index, which must not go on while Python ends."""
        self._closing.set()
        if self._building.is_alive():
            self._building.join(_PATIENCE if self._doing == _STARTING else None)
        if self._index:
            self._index.close()

    def status(self) -> dict[str, Any]:
        """How far the index is, and who reviews what.

        ``failed`` says why there will be none, ``read_only`` why no verdict can be kept.
        """
        return {
            "ready": self._index is not None,
            "share": round(self._share, 3),
            "doing": self._doing,
            "failed": self._failed.replace(str(self._run), self._run.name),
            "reviewer": self._reviewer,
            "run": self._run.name,
            "read_only": self._verdicts.read_only,
        }

    def ask(self, question: str, parameters: dict[str, Any]) -> Any:
        """The answer of the function of ``queries`` with this name."""
        index = self._ready()
        self._verdicts.refresh()
        given = {name: value for name, value in parameters.items() if name != "mine"}
        if parameters.get("mine") == "1":
            given["reviewer"] = self._reviewer
        return getattr(queries, question)(index, self._verdicts, **given)

    def verdict(self, order: Judge) -> dict[str, Any]:
        """Keeps a verdict; answers once it is on disk. For one of a sample it tells how that stands now."""
        judged = self._judged(order)
        self._need_paper()
        verdict = Verdict(
            **{name: judged[name] for name in _KEPT},
            reviewer=self._reviewer,
            verdict=order.verdict,
            scope=order.scope,
            category=judged.get("category", ""),
            text=judged["text"][:_SHOWN],
            sample=order.sample,
            note=order.note,
            id=order.key,
        )
        answer = {"id": self._verdicts.add(verdict)}
        return answer | {"standing": self._standing(order.sample)} if order.sample else answer

    def undo(self, order: Undo) -> dict[str, Any]:
        """Takes back a verdict of this reviewer, and tells what it was."""
        self._ready()
        self._need_paper()
        return {"undone": _told(self._verdicts.undo(self._reviewer, order.of))}

    def last(self) -> dict[str, Any]:
        """This reviewer's last verdict that holds: what an undo is to name."""
        self._ready()
        self._verdicts.refresh()
        return {"last": _told(self._verdicts.last(self._reviewer))}

    def sample(self, order: Draw) -> dict[str, Any]:
        """Draws a sample."""
        index = self._ready()
        self._need_paper()
        return queries.start_sample(
            index, self._verdicts, rule=order.rule, by=order.by, size=order.size, seed=order.seed
        )

    def _progress(self, share: float, doing: str) -> None:
        if self._closing.is_set():
            raise _Closing
        self._share, self._doing = share, doing

    def _ready(self) -> Index:
        if self._index is None:
            raise Refused(503, (self._failed and "there is no index") or "the index is being built")
        return self._index

    def _need_paper(self) -> None:
        """Refuses for now, and says why, where nothing can be kept: the page holds on to what it sent."""
        if self._verdicts.read_only and self._verdicts.try_out():
            raise Refused(503, self._verdicts.read_only)

    def _judged(self, order: Judge) -> dict[str, Any]:
        """What a verdict is on: a removal of the index, or a kept line."""
        index = self._ready()
        if (order.id is None) == (order.place is None):
            raise Refused(400, "a verdict is on a removal (id) or on a kept line (seed, size, place)")
        if order.id is not None:
            removal = queries.removal(index, self._verdicts, id=order.id)
            if order.scope == "site" and not removal["site"]:
                raise Refused(400, "this text has no site: judge it alone (text), or everywhere (group)")
            return removal
        lines = self._lines(order.seed, order.size)
        if order.place is None or order.place >= len(lines) or order.scope != "text":
            raise Refused(404, "there is no such line")
        return {"site": "", **lines[order.place], "rule": KEPT}

    def _kept_lines(self, seed: int, size: int) -> list[dict[str, Any]]:
        return queries.misses(self._ready(), seed=seed, size=size)["lines"]

    def _standing(self, name: str) -> dict[str, Any] | None:
        """How a sample stands; none for a name that was never drawn, as that of kept lines."""
        if name not in self._verdicts.samples():
            return None
        return queries.sample_standing(self._ready(), self._verdicts, name=name)


def _told(verdict: Verdict | None) -> dict[str, Any] | None:
    return {name: getattr(verdict, name) for name in _TOLD} if verdict else None
