"""Tar archives: texts and pages come out under their names; damage costs what it hit, and is named."""

import gzip
import io
import random
import tarfile
from collections import Counter

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cleaner.formats.records import Problem, Record, decoded, values_of
from cleaner.formats.tar import records

PACKERS = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
FILES = {
    "news/ferry.txt": b"The ferry sailed at noon.\n" * 30,
    "news/" + "harbour-" * 20 + ".md": b"# Harbour\n\nIt was quiet again.\n",
    "pages/café.html": b"<html><body><p>" + b"The council voted on Tuesday. " * 30 + b"</p></body></html>",
    "last.htm": b"<p>Short.</p>",
}


def archive(files: dict[str, bytes], *others: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for member in others:
            tar.addfile(member, io.BytesIO(bytes(member.size)))
    return out.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, size, link
    return info


def opened(data: bytes, compression: str = "", **options) -> tuple[list[Record], list[Problem], Counter]:
    skipped: Counter = Counter()
    found = list(records(io.BytesIO(data), compression, skipped, **options))
    assert [one.row for one in found] == list(range(1, len(found) + 1))
    return (
        [one for one in found if isinstance(one, Record)],
        [one for one in found if isinstance(one, Problem)],
        skipped,
    )


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
@pytest.mark.parametrize("compression", PACKERS)
def test_texts_and_pages_come_out_under_their_names(compression, form):
    packed = PACKERS[compression](archive(FILES, form=form))
    found, problems, skipped = opened(packed, compression)
    assert {record.id: record.payload for record in found} == FILES
    assert [record.kind for record in found] == ["text", "markdown", "html", "html"]
    assert not problems and not skipped
    assert sum(record.size for record in found) == len(packed)


def test_a_member_becomes_a_document_and_a_line():
    found, _, _ = opened(archive(FILES))
    text, markdown, page, _ = map(decoded, found)
    assert (text.document.raw, text.document.id) == (FILES["news/ferry.txt"].decode(), "news/ferry.txt")
    assert markdown.document.markdown and page.extractor
    assert page.document.raw.startswith("The council voted on Tuesday.")
    assert {name: bytes(raw) for name, raw in values_of(found[0]).items()} == {"id": b'"news/ferry.txt"'}


def test_what_is_no_document_is_passed_over_and_counted():
    others = (
        member("photo.png"),
        member("data.json"),
        member("README"),
        member("folder", tarfile.DIRTYPE),
        member("news/._ferry.txt", size=4000),
        member("link.txt", tarfile.SYMTYPE, link="/etc/hosts"),
        member("hard.txt", tarfile.LNKTYPE, link="news/ferry.txt"),
        member("disk.txt", tarfile.BLKTYPE),
        member("pipe.txt", tarfile.FIFOTYPE),
    )
    found, problems, skipped = opened(archive(FILES, *others))
    assert len(found) == 4 and not problems
    assert skipped == {".png": 1, ".json": 1, "no known ending": 1, "hidden": 1, "link": 2, "device": 2}


@pytest.mark.parametrize(
    ("name", "doc_id"),
    [
        ("./a.txt", "a.txt"),
        ("../../etc/a.txt", "../../etc/a.txt"),
        ("/etc/a.txt", "/etc/a.txt"),
        ("a\x1b[31m\n.txt", "a\\x1b[31m\\x0a.txt"),
        ("caf\udce9.txt", "caf\\xe9.txt"),
    ],
)
def test_names_do_no_harm(name, doc_id):
    found, _, _ = opened(archive({name: b"Quiet."}, form=tarfile.GNU_FORMAT))
    assert [record.id for record in found] == [doc_id]


def test_a_member_with_a_damaged_header_is_lost_and_no_other():
    data = archive(
        {f"{number}.txt": b"The ferry sailed at noon.\n" * 90 for number in range(5)}, form=tarfile.GNU_FORMAT
    )
    for lost in range(5):
        place = data.index(f"{lost}.txt".encode())
        found, problems, _ = opened(data[:place] + b"?" + data[place + 1 :])
        assert [record.id for record in found] == [f"{number}.txt" for number in range(5) if number != lost]
        (problem,) = problems
        assert problem.row == lost + 1
        assert "a member's header is damaged, and it is lost" in problem.message


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_an_archive_that_breaks_off_gives_what_stood_before(compression, share):
    texts = {f"{seed}.txt": random.Random(seed).randbytes(20_000).hex().encode() for seed in range(9)}
    packed = PACKERS[compression](archive(texts, form=tarfile.GNU_FORMAT))
    found, problems, _ = opened(packed[: int(len(packed) * share)], compression)
    assert 9 * share - 4 < len(found) < 9
    assert {record.id: record.payload for record in found}.items() <= texts.items()
    (problem,) = problems
    assert "break" in problem.message or "truncated" in problem.message


@pytest.mark.parametrize("data", [b"", b"this is no archive\n" * 200, bytes(100)])
def test_what_is_no_archive_is_named(data):
    found, problems, _ = opened(data)
    assert not found
    (problem,) = problems
    assert "not a tar archive" in problem.message


def test_a_member_too_large_is_named_and_the_next_ones_come_out():
    found, problems, _ = opened(archive(FILES), limit=700)
    assert [record.id for record in found] == [name for name, data in FILES.items() if len(data) <= 700]
    assert [problem.message.split(":")[0] for problem in problems] == ["news/ferry.txt", "pages/café.html"]


def test_a_name_as_long_as_a_bomb_is_not_read():
    header = member("././@LongLink", tarfile.GNUTYPE_LONGNAME, size=8 << 30).tobuf(tarfile.GNU_FORMAT)
    found, problems, _ = opened(archive(FILES)[:-2048] + header + bytes(10_000))
    assert len(found) >= 3
    assert "a header gives a length of 8,589,934,592 bytes" in problems[-1].message


@given(flips=st.lists(st.integers(0, 10_000_000), min_size=1, max_size=4), compression=st.sampled_from(list(PACKERS)))
def test_no_damage_raises(flips, compression):
    packed = bytearray(PACKERS[compression](archive(FILES)))
    for flip in flips:
        packed[flip // 8 % len(packed)] ^= 1 << flip % 8
    opened(bytes(packed), compression)
