"""Web archives: pages and texts come out; damage costs the records it hit, and is named."""

import gzip
import io
import random
import zlib
from collections import Counter
from typing import NamedTuple

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cleaner.errors import InputError
from cleaner.formats.records import Problem, Record, decoded, values_of
from cleaner.formats.warc import records

pytest.importorskip("fastwarc")

PACKERS = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
PROSE = "The ferry sailed at noon, and the harbour was quiet again. " * 8
PAGE = f"<html><head><title>Ferry</title></head><body><p>{PROSE}</p></body></html>".encode()
HTML = "text/html; charset=utf-8"


def warc(kind: str, block: bytes, content_type: str = "", number: int = 1, **headers: object) -> bytes:
    """One record, as a crawler writes it."""
    fields: dict[str, object] = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:0000-{number}>",
        "WARC-Date": "2031-05-04T10:00:00Z",
        "WARC-Target-URI": f"https://example.org/{number}",
        "Content-Type": content_type or "application/http; msgtype=response",
        "Content-Length": len(block),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"


def http(body: bytes, content_type: str = HTML, *more: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}" if content_type else "Server: none", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def page(number: int, body: bytes = b"") -> bytes:
    return warc("response", http(body or PAGE + random.Random(number).randbytes(300).hex().encode()), number=number)


class Opened(NamedTuple):
    found: list[Record]
    problems: list[Problem]
    skipped: Counter

    @property
    def numbers(self) -> list[int]:
        return [int(record.id.removeprefix("0000-")) for record in self.found]


def opened(data: bytes, compression: str = "", **options) -> Opened:
    skipped: Counter = Counter()
    found = list(records(io.BytesIO(data), compression, skipped, **options))
    assert [one.row for one in found] == list(range(1, len(found) + 1))
    return Opened(
        [one for one in found if isinstance(one, Record)],
        [one for one in found if isinstance(one, Problem)],
        skipped,
    )


def only(data: bytes, compression: str = "") -> Record:
    ((record,), problems, _) = opened(data, compression)
    assert not problems
    return record


def packed(parts: list[bytes], form: str) -> tuple[bytes, str]:
    """A file of records: each by itself compressed, or the whole."""
    if form == "whole":
        return gzip.compress(b"".join(parts)), "gzip"
    return b"".join(map(PACKERS[form], parts)), form


FORMS = pytest.mark.parametrize("form", [*PACKERS, "whole"])


@FORMS
def test_pages_come_out_with_their_address_id_and_date(form):
    data, compression = packed([page(number) for number in range(20)], form)
    found, problems, skipped = opened(data, compression)
    assert len(found) == 20 and not problems and not skipped
    first = found[0]
    assert (first.id, first.url, first.date) == ("0000-0", "https://example.org/0", "2031-05-04T10:00:00Z")
    assert (first.kind, first.charset) == ("html", "utf-8")
    assert first.payload.startswith(PAGE)
    assert sum(record.size for record in found) == len(data)


def test_a_page_becomes_a_document_and_a_line():
    record = only(page(1, PAGE))
    read = decoded(record)
    assert (read.document.raw, read.document.id, read.document.site) == (PROSE.strip(), "0000-1", "example.org")
    assert (read.extractor, read.encoding) == ("trafilatura", "utf-8")
    assert {name: bytes(raw) for name, raw in values_of(record).items()} == {
        "id": b'"0000-1"',
        "url": b'"https://example.org/1"',
        "date": b'"2031-05-04T10:00:00Z"',
    }


def test_a_record_without_id_and_address_has_neither_in_its_line():
    data = warc("resource", b"Quiet.", "text/plain", WARC_Record_ID=None, WARC_Target_URI=None, WARC_Date=None)
    record = only(data)
    assert values_of(record) == {}
    assert decoded(record, "a.warc:1").document.id == "a.warc:1"


def test_wet_files_hold_texts():
    data = warc("warcinfo", b"software: none", "application/warc-fields")
    data += warc("conversion", PROSE.encode(), "text/plain", number=4, WARC_Target_URI="<https://example.org/x>")
    found, _, skipped = opened(gzip.compress(data), "gzip")
    assert [(record.kind, record.payload.decode(), record.url) for record in found] == [
        ("text", PROSE, "https://example.org/x")
    ]
    assert skipped == {"warcinfo": 1}


def test_what_is_no_document_is_passed_over_and_counted():
    parts = [
        warc("request", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request"),
        warc("metadata", b"a: b", "application/warc-fields"),
        warc("revisit", http(b"")),
        warc("response", http(b"\x89PNG", "image/png")),
        warc("response", http(PAGE, status="404 Not Found")),
        warc("response", http(PAGE, status="301 Moved")),
        warc("response", http(PAGE, "")),
        warc("response", b"20310504 1 example.org", "text/dns"),
        warc("resource", b"{}", "application/json"),
        warc("resource", PAGE, "application/xhtml+xml", number=7),
        warc("resource", b"# Harbour", "text/markdown", number=8),
        warc("response", http(b"Quiet.", "text/plain", status="206 Partial Content"), number=9),
    ]
    found, problems, skipped = opened(b"".join(parts))
    assert not problems
    assert [(record.id, record.kind) for record in found] == [
        ("0000-7", "html"),
        ("0000-8", "markdown"),
        ("0000-9", "text"),
    ]
    reasons = ["request", "metadata", "revisit", "image/png", "text/dns", "application/json"]
    assert skipped == Counter([*reasons, "HTTP 404", "HTTP 301", "no media type"])


def chunked(body: bytes) -> bytes:
    pieces = [body[place : place + 70] for place in range(0, len(body), 70)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(chunked(PAGE), [CHUNKED], id="in chunks"),
        pytest.param(gzip.compress(PAGE), ["Content-Encoding: gzip"], id="gzip"),
        pytest.param(gzip.compress(PAGE), ["content-encoding: x-gzip"], id="gzip by its old name"),
        pytest.param(chunked(gzip.compress(PAGE)), ["Content-Encoding: gzip", CHUNKED], id="gzip in chunks"),
        pytest.param(zlib.compress(PAGE), ["Content-Encoding: deflate"], id="deflate"),
        pytest.param(raw_deflate(PAGE), ["Content-Encoding: deflate"], id="deflate without its header"),
        pytest.param(PAGE, ["Content-Encoding: gzip"], id="not gzip, whatever the header says"),
        pytest.param(PAGE, ["Content-Encoding: br"], id="not brotli, whatever the header says"),
        pytest.param(PAGE, [CHUNKED], id="not in chunks, whatever the header says"),
        pytest.param(PAGE, ["Content-Encoding: gzip", CHUNKED], id="neither gzip nor in chunks"),
        pytest.param(chunked(PAGE), ["Content-Encoding: gzip", CHUNKED], id="in chunks and not gzip"),
        pytest.param(PAGE, ["Content-Encoding: identity"], id="as it is"),
        pytest.param(gzip.compress(gzip.compress(PAGE)), ["Content-Encoding: gzip, gzip"], id="gzip twice"),
        pytest.param(PAGE, ["X-Odd \xff header", ": none"], id="odd headers"),
    ],
)
def test_bodies_are_decoded(body, headers):
    assert only(warc("response", http(body, HTML, *headers))).payload == PAGE


def test_brotli_is_decoded():
    brotli = pytest.importorskip("brotli")
    assert only(warc("response", http(brotli.compress(PAGE), HTML, "Content-Encoding: br"))).payload == PAGE


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(gzip.compress(PAGE)[:-8] + b"checksum", ["Content-Encoding: gzip"], id="damaged gzip"),
        pytest.param(gzip.compress(PAGE)[:-9], ["Content-Encoding: gzip"], id="gzip that breaks off"),
        pytest.param(b"\xff\xff" + PAGE, ["Content-Encoding: deflate"], id="no deflate"),
        pytest.param(b"\xff\xff" + PAGE, ["Content-Encoding: br"], id="no brotli"),
        pytest.param(chunked(PAGE)[:200], [CHUNKED], id="chunks that break off"),
        pytest.param(gzip.compress(bytes(3_000_000)), ["Content-Encoding: gzip"], id="a bomb"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_named(body, headers):
    data = warc("response", http(body, HTML, *headers)) + page(2)
    found, problems, _ = opened(data, limit=1_000_000)
    assert [record.id for record in found] == ["0000-2"]
    (problem,) = problems
    assert problem.row == 1
    assert problem.message.startswith("the record at byte 0 is lost: its body cannot be decoded: ")


def test_a_page_that_the_crawler_cut_is_read_as_far_as_it_goes():
    body = gzip.compress(PAGE + random.Random(1).randbytes(900).hex().encode())[:-200]
    data = warc("response", http(body, HTML, "Content-Encoding: gzip"), WARC_Truncated="length")
    assert only(data).payload.startswith(PAGE)


RUSSIAN = "Паром отошёл в полдень, и в гавани снова стало тихо. " * 3
JAPANESE = "渡し船は正午に出港し、港はまた静かになった。" * 3


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        pytest.param(RUSSIAN.encode("cp1251"), "windows-1251", RUSSIAN, id="the header's charset"),
        pytest.param(RUSSIAN.encode("koi8-r"), '"KOI8-R"', RUSSIAN, id="in quotes"),
        pytest.param(RUSSIAN.encode(), "iso-8859-1", RUSSIAN, id="UTF-8 whatever the header says"),
        pytest.param(JAPANESE.encode("iso2022_jp"), "iso-2022-jp", JAPANESE, id="a charset that looks like ASCII"),
        pytest.param(JAPANESE.encode("shift_jis"), "x-sjis", JAPANESE, id="a name that only browsers know"),
        pytest.param(RUSSIAN.encode("utf-16"), "koi8-r", RUSSIAN, id="a byte order mark"),
        pytest.param("café".encode("cp1252"), "klingon", "café", id="an unknown charset"),
        pytest.param("café".encode("cp1252"), "shift_jis\0", "café", id="no charset at all"),
        pytest.param(b"plain", "zlib", "plain", id="a codec that is no charset"),
    ],
)
def test_charsets_are_honoured(data, charset, text):
    record = only(warc("response", http(data, f"text/plain; charset={charset}")))
    assert decoded(record).document.raw == text


def test_a_charset_declared_in_the_page_counts_when_the_header_says_none():
    data = b'<html><head><meta charset="windows-1251"></head><p>' + RUSSIAN.encode("cp1251") + b"</p></html>"
    read = decoded(only(warc("response", http(data, "text/html"))))
    assert read.document.raw == RUSSIAN.strip() and read.decoded_by == "declared"


def test_bytes_that_are_no_text_are_refused():
    record = only(warc("response", http(b"%PDF-1.7\n" + bytes(range(256)), "text/html; charset=iso-8859-1")))
    with pytest.raises(InputError, match="it looks like a PDF"):
        decoded(record)


@FORMS
@pytest.mark.parametrize(
    ("good", "bad", "says"),
    [
        (b"WARC/1.0", b"WXRC/1.0", "no WARC record begins there"),
        (b"Content-Length: ", b"Content-Lxngth: ", "its headers give no Content-Length"),
        (b"Content-Length: ", b"Content-Length: 9", "its Content-Length says"),
        (b"Content-Length: ", b"Content-Length: 99999999", "its Content-Length says"),
        (b"Content-Length: 1", b"Content-Length: ", "no record follows there"),
    ],
)
def test_a_record_with_broken_headers_is_lost_and_no_other(form, good, bad, says):
    parts = [page(number) for number in range(6)]
    parts[3] = parts[3].replace(good, bad, 1)
    data, compression = packed(parts, form)
    result = opened(data, compression)
    assert result.numbers == [0, 1, 2, 4, 5]
    (problem,) = result.problems
    assert problem.row == 4 and says in problem.message
    assert f"byte {len(b''.join(parts[:3])) if not compression or form == 'whole' else ''}" in problem.message


def test_a_page_about_web_archives_is_not_taken_apart():
    body = PAGE + b"\r\n\r\nWARC/1.0\r\nWARC-Type: response\r\nContent-Length: 9\r\n\r\n"
    data = page(1, body) + page(2)
    assert opened(data).numbers == [1, 2] and only(page(1, body)).payload == body


@FORMS
@pytest.mark.parametrize("share", [0.55, 0.8, 0.99])
def test_a_file_that_breaks_off_gives_the_records_before(form, share):
    parts = [page(number) for number in range(9)]
    data, compression = packed(parts, form)
    result = opened(data[: int(len(data) * share)], compression)
    assert result.numbers == list(range(len(result.found))) and 3 <= len(result.found) < 9
    (problem,) = result.problems
    assert "the data end" in problem.message or "truncated" in problem.message


def test_damage_in_one_gzip_file_costs_what_stands_behind_it():
    data = bytearray(gzip.compress(b"".join(page(number) for number in range(60))))
    place = len(data) // 2
    data[place : place + 20] = bytes(20)
    result = opened(bytes(data), "gzip")
    assert result.numbers[:20] == list(range(20))
    assert any("the gzip data is damaged" in problem.message for problem in result.problems)


def test_a_hole_over_several_members_is_one_problem():
    parts = [gzip.compress(page(number)) for number in range(9)]
    start, end = len(b"".join(parts[:3])), len(b"".join(parts[:6]))
    data = bytearray(b"".join(parts))
    data[start + 5 : end - 5] = random.Random(1).randbytes(end - start - 10)
    result = opened(bytes(data), "gzip")
    assert result.numbers == [0, 1, 2, 6, 7, 8]
    (problem,) = result.problems
    assert f"at byte {start} is lost" in problem.message
    assert problem.message.endswith(f"reading goes on at byte {end}")


def test_a_file_in_blocks_that_know_nothing_of_records_is_read():
    data = b"".join(page(number) for number in range(30))
    blocks = [gzip.compress(data[place : place + 1000]) for place in range(0, len(data), 1000)]
    result = opened(b"".join(blocks), "gzip")
    assert result.numbers == list(range(30)) and not result.problems


def test_a_zstandard_dictionary_at_the_head_of_the_file_is_used():
    samples = [page(number) for number in range(200)]
    words = zstandard.train_dictionary(4000, samples)
    packer = zstandard.ZstdCompressor(dict_data=words)
    for stored in (words.as_bytes(), zstandard.compress(words.as_bytes())):
        head = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little") + stored
        data = head + b"".join(map(packer.compress, samples[:5]))
        assert opened(data, "zstd").numbers == [0, 1, 2, 3, 4]


@FORMS
def test_a_record_too_large_is_named_and_never_held(form):
    parts = [
        page(0),
        warc("response", http(PAGE + bytes(3_000_000)), number=1),
        warc("response", http(bytes(3_000_000), "video/mp4"), number=2),
        page(3),
    ]
    data, compression = packed(parts, form)
    result = opened(data, compression, limit=1_000_000)
    assert result.numbers == [0, 3] and result.skipped == {"video/mp4": 1}
    (problem,) = result.problems
    assert problem.row == 2 and "at most 1,000,000 are read of a record" in problem.message


@pytest.mark.parametrize("compression", PACKERS)
@pytest.mark.parametrize("data", [b"this is no archive\n" * 50, b"\0" * 999, b"WARC/1.0\r\n", b"\r\n"])
def test_what_is_no_archive_is_named(compression, data):
    found, problems, _ = opened(PACKERS[compression](data), compression)
    assert not found and len(problems) == (data != b"\r\n")


@pytest.mark.parametrize("compression", PACKERS)
def test_an_empty_file_holds_nothing(compression):
    assert opened(b"", compression) == ([], [], Counter())


PARTS = [page(number) for number in range(5)]
MEMBERS = [gzip.compress(part) for part in PARTS]


@given(flip=st.integers(0, 8 * sum(map(len, MEMBERS)) - 1))
def test_a_flipped_bit_costs_at_most_the_record_it_hit(flip):
    data = bytearray(b"".join(MEMBERS))
    data[flip // 8] ^= 1 << flip % 8
    hit = next(number for number in range(5) if flip // 8 < sum(map(len, MEMBERS[: number + 1])))
    result = opened(bytes(data), "gzip")
    assert set(result.numbers) | {hit} == {0, 1, 2, 3, 4}
    assert len(result.problems) >= 5 - len(result.found)
    whole = {f"0000-{number}": only(part).payload for number, part in enumerate(PARTS)}
    assert all(record.payload == whole[record.id] for record in result.found)


@given(
    flips=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=6),
    cut=st.integers(0, 3000),
    form=st.sampled_from([*PACKERS, "whole"]),
)
def test_no_damage_raises(flips, cut, form):
    whole, compression = packed(PARTS, form)
    data = bytearray(whole[: len(whole) - cut] or whole)
    for flip in flips:
        data[flip // 8 % len(data)] ^= 1 << flip % 8
    for record in opened(bytes(data), compression).found:
        values_of(record)
