"""Counts of recurring lines are exact, whatever the order and the parts in which pages come, and outlive a crash."""

import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaner.edit import apply
from cleaner.errors import StateError
from cleaner.normalizer import Normalizer
from cleaner.recurrence import Limits, Page, Recurrences, RecurrenceTable, line_hashes, page_of

ALL = Limits(pages=1, documents=1, share=0.0)
LONG = (
    "The council of Marrow Bay voted on Tuesday to rebuild the lighthouse, which fell in the great storm of the year "
)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "state" / "recurrences.duckdb"


def table_of(path: Path, *parts: Iterable[Page], limits: Limits = ALL) -> RecurrenceTable:
    for part in parts or ([],):
        with Recurrences.create_or_open(path) as counts:
            counts.add(part)
            counts.finish()
            counts.write_table(path.with_suffix(".npy"), limits)
    return RecurrenceTable.open(path.with_suffix(".npy"))


def page(site: str, story: int, *lines: int) -> Page:
    return Page(site, story, np.array(sorted(set(lines)), dtype=np.uint64))


def counts_of(table: RecurrenceTable, site: str, *lines: int) -> list[tuple[int, int]]:
    hashes = np.array(lines, dtype=np.uint64)
    return list(zip(table.counts(site, hashes).tolist(), table.sites(site, hashes).tolist(), strict=True))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Updated Tuesday, 3 May 2024", "UPDATED: Friday 11 December 2023", id="dates"),
        pytest.param("Veröffentlicht am 3. März 2024", "Veröffentlicht am 12. Mai 2023", id="German dates"),
        pytest.param(
            "Publié le lundi 3 août 2024 à 10:15", "publié le jeudi 12 février 2023 à 9:02", id="French dates"
        ),
        pytest.param("“Read  more” …", "Read more", id="punctuation"),
        pytest.param("👉 Share:", "Share", id="pictographs"),
        pytest.param("Cafe\u0301 Courier", "Café Courier", id="composed or not"),
        pytest.param("soft\u00adhyphens and\u00a0odd\u200b spaces", "softhyphens and odd spaces", id="hidden"),
    ],
)
def test_what_differs_in_dates_digits_and_signs_alone_is_one_line(one, other):
    first, second = line_hashes(f"{one}\n{other}").tolist()
    assert first == second != 0


@pytest.mark.parametrize(
    ("one", "other"),
    [("Read more", "Read less"), ("In May the harbour", "In June the harbour"), ("Straße", "Strand"), ("港は", "港が")],
)
def test_other_words_are_another_line(one, other):
    first, second = line_hashes(f"{one}\n{other}").tolist()
    assert first != second


def test_lines_without_letters_tell_nothing():
    assert line_hashes("\n12:30\n—\n•\nB").tolist() == [0, 0, 0, 0, 0]


@given(st.lists(st.text(st.sampled_from("aB é\u0301\u00a0\u200b\u2028\r\n1,“Ж港\x85"), max_size=9), max_size=5))
def test_raw_and_normalized_text_make_one_page(lines):
    raw = "\r\n".join(lines).replace("\u200b\u0301", "")  # that a hidden sign parts a letter from its accent is left
    normal = apply(raw, Normalizer(repair_mojibake=False).edits(raw))
    assert page_of(raw, "a").lines.tolist() == page_of(normal, "a").lines.tolist()


def test_versions_of_one_story_share_its_number():
    story = "\n".join(f"{LONG}{word}." for word in ("one", "of", "floods"))
    assert page_of(f"Home\nNews\n{story}", "a").story == page_of(f"{story}\nPrint version", "a").story
    assert page_of(story, "a").story != page_of(f"{LONG}of ice.\n{story}", "a").story


def test_a_long_notice_of_the_site_does_not_make_one_story_of_all():
    notice = "We and our 312 partners keep and read what your device tells us, as our policy says. " * 5
    pages = {page_of(f"{notice}\n{LONG}{word}.", "a").story for word in ("one", "of floods", "of ice")}
    assert len(pages) == 3


def test_a_line_is_counted_once_a_story_and_once_a_site(path):
    pages = [page("a", 1, 7, 8), page("a", 1, 7, 9), page("a", 2, 7), page("b", 1, 7), page("", 1, 8)]
    table = table_of(path, pages)
    assert [table.pages(site) for site in ("a", "b", "", "c")] == [2, 1, 1, 0]
    assert counts_of(table, "a", 7, 8, 9, 10) == [(2, 2), (1, 2), (1, 1), (0, 0)]
    assert counts_of(table, "b", 7, 8) == [(1, 2), (0, 0)]
    assert counts_of(table, "", 8) == [(1, 2)]
    assert counts_of(table, "c", 7) == [(0, 0)]
    assert counts_of(table, "a") == []


def test_small_sites_and_rare_lines_are_not_in_the_table(path):
    large = [page("a", story, 1, *[2] * (story < 4), *[3] * (story < 3)) for story in range(80)]
    table = table_of(path, [*large, *[page("b", story, 1) for story in range(7)]], limits=Limits())
    assert (table.pages("a"), table.pages("b")) == (80, 0)
    assert counts_of(table, "a", 1, 2, 3) == [(80, 2), (4, 1), (0, 0)]


few = st.integers(1, 5)
pages_made = st.builds(
    lambda site, story, lines: page(site, story, *(2**64 - line for line in lines)),
    st.sampled_from(["", "a", "b"]),
    few,
    st.lists(few, max_size=4),
)


@settings(max_examples=12)
@given(st.lists(pages_made, max_size=12), st.randoms(use_true_random=False))
def test_order_and_parts_change_no_count_and_the_counts_are_right(pages, chance):
    again = [*pages, *(chance.choices(pages, k=3) if pages else [])]
    chance.shuffle(again)
    cuts = sorted(chance.choices(range(len(again) + 1), k=2))
    with TemporaryDirectory() as folder:
        one, other = Path(folder, "one", "r.duckdb"), Path(folder, "other", "r.duckdb")
        table = table_of(one, pages)
        table_of(other, *(again[a:b] for a, b in pairwise([0, *cuts, len(again)])))
        assert one.with_suffix(".npy").read_bytes() == other.with_suffix(".npy").read_bytes()
        stories = defaultdict(set)
        for site, story, lines in pages:
            for line in lines.tolist():
                stories[site, line].add(story)
        for (site, line), told in stories.items():
            spread = len({there for there, what in stories if what == line})
            assert counts_of(table, site, line) == [(len(told), spread)]


def test_more_lines_than_the_buffer_and_the_memory_hold(path, monkeypatch):
    monkeypatch.setattr("cleaner.recurrence.counting._BUFFER", 1_000)
    with Recurrences.create_or_open(path, kept=False) as counts:
        counts.add(page("a", story, 5, *range(100 + 50 * story, 150 + 50 * story)) for story in range(400))
        assert len(counts) == 400
        counts.write_table(path.with_suffix(".npy"))
    table = RecurrenceTable.open(path.with_suffix(".npy"))
    assert counts_of(table, "a", 5, 100) == [(400, 1), (0, 0)]


def test_pages_that_come_again_take_no_room(path):
    pages = [page("a", story, 1, story) for story in range(50)]
    table_of(path, pages)
    before = path.stat().st_size
    table_of(path, pages, pages)
    assert path.stat().st_size == before


def test_a_run_that_is_killed_leaves_what_it_committed(path):
    dies = f"""
import os, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_recurrence import *
counts = Recurrences.create_or_open(Path({str(path)!r}))
counts.add(page("a", story, 1, 10 + story) for story in range(20))
counts.commit()
counts.add(page("a", story, 2, 10 + story) for story in range(20, 40))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", dies], check=False).returncode == -signal.SIGKILL
    table = table_of(path, [page("a", story, 1, 10 + story) for story in range(10, 30)])
    assert table.pages("a") == 30
    assert counts_of(table, "a", 1, 2) == [(30, 1), (0, 0)]


def test_what_was_not_committed_is_forgotten(path):
    with Recurrences.create_or_open(path) as counts:
        counts.add([page("a", 1, 1)])
    assert table_of(path).pages("a") == 0


def test_the_table_appears_whole_or_not_at_all(path):
    table_of(path, [page("a", 1, 1)])
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "recurrences.duckdb",
        "recurrences.lock",
        "recurrences.npy",
    ]
    with Recurrences.create_or_open(path) as counts, pytest.raises(StateError, match="cannot be written"):
        counts.write_table(path.parent / "none" / "table.npy")


def _other_format(path: Path) -> None:
    table_of(path)
    with duckdb.connect(path) as db:
        db.execute("UPDATE meta SET value = '0'")


def _others(path: Path) -> None:
    with duckdb.connect(path) as db:
        db.execute("CREATE TABLE notes (text VARCHAR)")


def _damage(path: Path) -> None:
    table_of(path, [page("a", story, *range(story * 100, story * 100 + 100)) for story in range(1500)])
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : -len(data) // 3] = bytes(len(data) - 2 * (len(data) // 3))
    path.write_bytes(data[: path.stat().st_size])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(lambda path: path.write_text("notes of mine\n" * 999), "is not made by cleaner", id="no database"),
        pytest.param(_others, "is not made by cleaner", id="a database of others"),
        pytest.param(_other_format, "its format is 0, this version needs 1", id="another format"),
        pytest.param(_damage, "is damaged", id="damaged"),
    ],
)
def test_a_state_that_cannot_be_used_says_why_and_stays(path, spoil, says):
    path.parent.mkdir()
    spoil(path)
    before = path.read_bytes()
    says = f"^{re.escape(str(path))}: .*{says}.*another --state .*delete this file.*no text is lost"
    with pytest.raises(StateError, match=says):
        Recurrences.create_or_open(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_one_not_begun(path):
    path.parent.mkdir()
    path.touch()
    assert table_of(path, [page("a", 1, 1)]).pages("a") == 1


def test_two_runs_with_one_state_at_once_are_refused(path):
    with Recurrences.create_or_open(path), pytest.raises(StateError, match="another run uses it now; wait for it"):
        Recurrences.create_or_open(path)


def test_a_state_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(StateError, match="notes: cannot be written: File exists; --state names a folder"):
        Recurrences.create_or_open(tmp_path / "notes" / "recurrences.duckdb")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs limits of POSIX")
def test_a_full_disk_is_told_in_words(path):
    fills = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_recurrence import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Recurrences.create_or_open(Path({str(path)!r})) as counts:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    counts.add(page("a", story, *range(story * 1000, story * 1000 + 1000)) for story in range(300))
    counts.finish()
"""
    done = subprocess.run([sys.executable, "-c", fills], capture_output=True, text=True, check=False)
    assert re.search("StateError: .*recurrences.duckdb: cannot be used: .*; make room", done.stderr), done.stderr


@pytest.mark.parametrize("data", [b"", b"notes of mine", b"\x93NUMPY\x01\x00v\x00{'descr': '<u8'"])
def test_a_table_that_is_none_is_refused(tmp_path, data):
    (tmp_path / "table.npy").write_bytes(data)
    with pytest.raises(StateError, match=r"table\.npy: cannot be read as a table of recurring lines"):
        RecurrenceTable.open(tmp_path / "table.npy")


def test_another_array_is_no_table(tmp_path):
    np.save(tmp_path / "table.npy", np.zeros((3, 3)))
    with pytest.raises(StateError, match="is no table of recurring lines"):
        RecurrenceTable.open(tmp_path / "table.npy")
