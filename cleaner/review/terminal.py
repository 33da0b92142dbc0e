"""``cleaner review --terminal``: walks through groups of like removals with the keys of the web page.

Each verdict is on disk before the next group is shown. Where standard input is no terminal its lines are the keys.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cleaner.errors import InputError, OutputError
from cleaner.review import keys, queries, screen
from cleaner.review.index import Index
from cleaner.review.screen import Screen
from cleaner.review.verdicts import TEXT, VERDICTS, Answer, Scope, Verdict, Verdicts
from cleaner.review.visible import one_line, visible

_FILTERS = ("rule", "category", "site", "action", "order")
_PLACE = ("rule", "fingerprint", "site", "doc", "source", "row", "start", "end", "category")
_PAGE = 50
_WORDS = {"right": "right", "wrong": "wrong", "skip": "skipped"}


def run(run: Path, *, reviewer: str, verdicts: Path | None = None, mine: bool = False) -> int:
    """Reviews a run in the terminal until people leave; gives the exit status: 1 where a verdict was not kept.

    With ``mine``, to judge is what the reviewer has not judged, whatever others said.
    """
    with Index.open(run, _progress()) as index, keys.open_keys() as pressed:
        walk = _Walk(index, Verdicts.open(verdicts or run / VERDICTS), reviewer, pressed, mine=mine)
        try:
            walk.groups()
        except KeyboardInterrupt:
            print()
    print(walk.farewell())
    return int(walk.refused > 0)


def _progress() -> Callable[[float, str], None]:
    """Says on standard error how far the index is, where somebody may wait for it."""
    told: list[int] = []

    def say(share: float, doing: str) -> None:
        percent = int(share * 100)
        if sys.stderr.isatty() and told[-1:] != [percent] and (told or share < 1):
            told.append(percent)
            print(f"\rcleaner: {doing}: {percent} %   ", end="\n" if share >= 1 else "", file=sys.stderr, flush=True)

    return say


class _Walk:
    """One sitting: the groups that were met, where people are among them, and what was said last."""

    def __init__(
        self, index: Index, verdicts: Verdicts, reviewer: str, pressed: keys.Keys, *, mine: bool = False
    ) -> None:
        self._index, self._verdicts, self._reviewer, self._keys = index, verdicts, reviewer, pressed
        self._of = reviewer if mine else ""  # whose verdicts decide what is to do
        self._screen = Screen()
        self._filters: dict[str, str] = {}
        self._said = _not_kept(verdicts.try_out())
        self.refused = 0
        self._given = self._at = self._place = 0
        self._begin()

    def groups(self) -> None:
        """Shows group after group until people leave."""
        while True:
            group = self._group()
            if group is None:
                self._screen.page(self._at_the_end())
            else:
                filters = " ".join(f"{name}:{visible(value)}" for name, value in self._filters.items())
                page = screen.group_page(self._screen, group, self._place, self._progress(), self._said, filters)
                self._screen.page(page)
            self._said = ""
            pressed = self._keys.key()
            if pressed in ("q", keys.END, keys.ESCAPE):
                return
            self._on_group(pressed, group)

    def farewell(self) -> str:
        given = f"{self._given:,} {'verdict' if self._given == 1 else 'verdicts'}"
        held = sum(self._verdicts.reviewers().values())
        said = f"{given} by {visible(self._reviewer)} now, {held:,} in all in {visible(str(self._verdicts.path))}"
        return f"{said}; NOT KEPT: {self.refused:,}" if self.refused else said

    def _on_group(self, pressed: str, group: Mapping[str, Any] | None) -> None:
        if pressed == "u":
            self._undo()
        elif pressed == "/":
            self._filter()
        elif pressed == "?":
            self._help()
        elif pressed in ("k", keys.UP):
            self._move(-1)
        elif group is None:
            return
        elif pressed in ("j", keys.DOWN):
            self._move(1)
        elif pressed in (keys.LEFT, keys.RIGHT):
            self._place = (self._place + (1 if pressed == keys.RIGHT else -1)) % max(1, len(group["contexts"]))
        elif pressed in ("y", "n", "s"):
            scope: Scope = "site" if self._filters.get("site") else "group"
            if self._judge(_ANSWERS[pressed], group["contexts"][self._place], scope):
                self._move(1)
        elif pressed in ("a", "e"):
            self._on_site(pressed, group)
        elif pressed == keys.ENTER:
            self._singles(group)
        elif pressed == "d":
            self._document(group["contexts"][self._place]["id"])

    # the queue

    def _begin(self) -> None:
        """Anew, with the filters as they are."""
        self._met: list[tuple[str, str]] = []
        self._at = self._place = 0
        self._next: str | None = None
        self._more = True
        self._load()

    def _load(self) -> None:
        if not self._more:
            return
        asked = {"order": "surprise", **self._filters}
        page = {"after": self._next, "limit": _PAGE, "reviewer": self._of}
        found = queries.groups(self._index, self._verdicts, **asked, **page)  # type: ignore[arg-type]
        known = set(self._met)
        new = [(row["rule"], row["fingerprint"]) for row in found["groups"]]
        self._met += [
            key for key in dict.fromkeys(new) if key not in known
        ]  # removed and flagged ones are one group here
        self._next, self._more = found["next"], found["next"] is not None

    def _group(self) -> dict[str, Any] | None:
        while self._at >= len(self._met) and self._more:
            self._load()
        if self._at >= len(self._met):
            return None
        rule, fingerprint = self._met[self._at]
        return self._asked(rule, fingerprint)

    def _asked(self, rule: str, fingerprint: str) -> dict[str, Any]:
        """A group, where the filter has a site on that site."""
        asked = {"rule": rule, "fingerprint": fingerprint, "site": self._filters.get("site", "")}
        return queries.group(self._index, self._verdicts, **asked, reviewer=self._of)

    def _move(self, by: int) -> None:
        self._at, self._place = max(0, min(self._at + by, len(self._met))), 0

    def _progress(self) -> str:
        self._verdicts.refresh()
        done = queries.progress(self._index, self._verdicts, reviewer=self._of)
        by = " by you" if self._of else ""
        return f"{done['done'] + done['skipped']:,} of {done['groups']:,} judged{by}"

    def _at_the_end(self) -> list[str]:
        text = "Nothing more to judge" + (" with this filter; / alone shows all again" if self._filters else "")
        return [*self._screen.says(self._said), *self._screen.says(f"{text}. u undo  k back  / filter  q end")]

    # verdicts

    def _judge(self, answer: Answer, removal: Mapping[str, Any], scope: Scope) -> bool:
        """Keeps a verdict. Was it kept?"""
        place = {name: removal[name] for name in _PLACE}
        text = removal["text"][:TEXT]
        verdict = Verdict(**place, text=text, reviewer=self._reviewer, verdict=answer, scope=scope)
        if not self._kept(lambda: self._verdicts.add(verdict)):
            return False
        self._given += 1
        where = f" on {visible(removal['site'])}" if scope == "site" else ""
        self._said = f"{_WORDS[answer]}{where}: {_quoted(text)}"
        return True

    def _kept(self, write: Callable[[], object]) -> bool:
        """Writes to the file of verdicts. Where that cannot be done it is said, and counted, and people go on."""
        self.refused += 1  # until it is known to be on disk, also if Ctrl-C comes first
        try:
            write()
        except (InputError, OutputError) as error:
            self._said = _not_kept(str(error))
            return False
        self.refused -= 1
        return True

    def _on_site(self, pressed: str, group: Mapping[str, Any]) -> None:
        """Judges the site of the place that is shown; then the next place of another site, or the next group."""
        removal = group["contexts"][self._place]
        if not removal["site"]:
            self._said = "this text has no site: y and n judge it everywhere"
            return
        if not self._judge(_ANSWERS[pressed], removal, "site"):
            return
        later = enumerate(group["contexts"])
        rest = [place for place, one in later if place > self._place and one["site"] != removal["site"]]
        if rest:
            self._place = rest[0]
        else:
            self._move(1)

    def _undo(self) -> None:
        undone = self._taken_back()
        if undone is None:
            return
        key = undone.rule, undone.fingerprint
        if key not in self._met:
            try:
                self._asked(*key)
            except InputError:
                return  # it was said of another run, or is not among what is filtered
            self._met.insert(self._at, key)
        self._at, self._place = self._met.index(key), 0

    def _taken_back(self) -> Verdict | None:
        """Takes back the last verdict, and says so."""
        undone: list[Verdict | None] = [None]
        if not self._kept(lambda: undone.append(self._verdicts.undo(self._reviewer))):
            return None
        last = undone[-1]
        self._given = max(0, self._given - bool(last))
        self._said = f"undone: {_WORDS[last.verdict]}: {_quoted(last.text)}" if last else "nothing to undo"
        return last

    # other pages

    def _singles(self, group: Mapping[str, Any]) -> None:
        """The removals of a group one by one."""
        found: list[int] = []
        after: str | None = None
        at, more = 0, True
        while True:
            if at >= len(found) and more:
                page = queries.removals(
                    self._index,
                    self._verdicts,
                    rule=group["rule"],
                    fingerprint=group["fingerprint"],
                    site=self._filters.get("site", ""),
                    after=after,
                    limit=_PAGE,
                )
                found += [row["id"] for row in page["removals"]]
                after, more = page["next"], page["next"] is not None
            if at >= len(found):
                self._said = self._said or "that was all of this group"
                return
            removal = queries.removal(self._index, self._verdicts, id=found[at])
            number = f"{at + 1:,} of {group.get('here', group)['count']:,}"
            self._screen.page(screen.single_page(self._screen, removal, number, self._said))
            self._said = ""
            pressed = self._keys.key()
            if pressed in ("q", keys.ESCAPE, keys.END):
                return
            at = self._on_single(pressed, removal, at)

    def _on_single(self, pressed: str, removal: Mapping[str, Any], at: int) -> int:
        """Which one is next."""
        if pressed in ("y", "n", "s"):
            return at + self._judge(_ANSWERS[pressed], removal, "text")
        if pressed in ("a", "e") and removal["site"]:
            return at + self._judge(_ANSWERS[pressed], removal, "site")
        if pressed in ("a", "e"):
            self._said = "this text has no site: y and n judge it alone"
        elif pressed == "u":
            return max(0, at - 1) if self._taken_back() else at
        elif pressed in ("d", keys.ENTER):
            self._document(removal["id"])
        elif pressed == "?":
            self._help()
        return max(0, at + {"j": 1, keys.DOWN: 1, "k": -1, keys.UP: -1}.get(pressed, 0))

    def _document(self, id: int) -> None:
        """The document around a removal, page by page."""
        found = queries.document(self._index, self._verdicts, id=id)
        if found["problem"]:
            self._said = visible(found["problem"])
            return
        lines, focus = screen.document_lines(self._screen, found)
        room = screen.document_room(self._screen)
        last = max(0, len(lines) - room)
        top = max(0, min(focus - room // 3, last))
        moves = {"j": 1, keys.DOWN: 1, "k": -1, keys.UP: -1, " ": room, keys.ENTER: room, "b": -room}
        while True:
            self._screen.page(screen.document_page(self._screen, found, lines, top))
            pressed = self._keys.key()
            if pressed not in moves:
                return
            top = max(0, min(top + moves[pressed], last))

    def _filter(self) -> None:
        said = self._keys.line("filter (words, rule:ID category:NAME site:HOST action:flagged order:chars): ")
        if said is None:
            return
        filters: dict[str, str] = {}
        for word in said.split():
            name, colon, value = word.partition(":")
            if colon and name in _FILTERS:
                filters[name] = value
            else:
                filters["q"] = f"{filters['q']} {word}" if "q" in filters else word
        before, self._filters = self._filters, {name: value for name, value in filters.items() if value}
        try:
            self._begin()
        except InputError as error:
            self._filters, self._said = before, visible(str(error))
            self._begin()

    def _help(self) -> None:
        for page in screen.help_pages(self._screen):
            self._screen.page(page)
            self._keys.pause()


_ANSWERS: dict[str, Answer] = {"y": "right", "n": "wrong", "s": "skip", "a": "right", "e": "wrong"}


def _not_kept(why: str) -> str:
    return f"NOT KEPT: {visible(why)}" if why else ""


def _quoted(text: str) -> str:
    return f"'{one_line(visible(text), 50)}'"
