"""Compressed files: whatever is whole comes out, damage is named, and no bomb fills the memory."""

import gzip
import io
import random
import tracemalloc

import pytest
import zstandard
from hypothesis import assume, given
from hypothesis import strategies as st

from cleaner.cli import main
from cleaner.errors import InputError
from cleaner.formats import compression
from cleaner.formats.compression import chunks, lines, lines_or_errors, read, read_whole
from cleaner.formats.members import Break, members

PACKERS = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
PACKED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
KINDS = pytest.mark.parametrize("kind", ["gzip", "zstd"])


def unpacked(data: bytes, kind: str) -> tuple[bytes, str]:
    """What comes out, and what is said of the rest."""
    parts = []
    try:
        for chunk in chunks(io.BytesIO(data), kind):
            parts.append(chunk)
    except InputError as error:
        return b"".join(parts), str(error)
    return b"".join(parts), ""


def noise(size: int, seed: int = 7) -> bytes:
    """Bytes in lines that hardly compress."""
    hexadecimal = random.Random(seed).randbytes(size // 2).hex().encode()
    return b"\n".join(hexadecimal[place : place + 60] for place in range(0, len(hexadecimal), 60))


@pytest.mark.parametrize("kind", PACKERS)
@given(parts=st.lists(st.binary(max_size=300), max_size=4))
def test_what_was_packed_comes_out_member_by_member(kind, parts):
    assume(kind or not b"".join(parts).startswith(PACKED))
    assert unpacked(b"".join(map(PACKERS[kind], parts)), kind) == (b"".join(parts), "")


@KINDS
def test_an_empty_file_holds_nothing(kind):
    assert unpacked(b"", kind) == (b"", "")


def test_zeros_behind_gzip_data_are_padding():
    data = gzip.compress(b"one\n") + bytes(700) + gzip.compress(b"two\n") + bytes(2_000_000)
    assert unpacked(data, "gzip") == (b"one\ntwo\n", "")


@KINDS
def test_garbage_behind_good_data_is_named_and_the_data_come_out(kind):
    data, said = unpacked(PACKERS[kind](b"The ferry sailed.\n") + b"garbage here", kind)
    assert data == b"The ferry sailed.\n"
    assert "data is damaged" in said


@KINDS
def test_a_file_that_breaks_off_gives_what_stood_before(kind):
    text = noise(400_000)
    data, said = unpacked(PACKERS[kind](text)[:150_000], kind)
    assert text.startswith(data) and len(data) > 100_000
    assert "breaks off before its end; the file is truncated" in said


@pytest.mark.parametrize("size", [20_000, 2_000_000])
def test_lines_before_damage_come_out(size):
    text = noise(size)
    packed = bytearray(gzip.compress(text))
    place = len(packed) * 2 // 3
    packed[place : place + 30] = bytes(30)
    data, said = unpacked(bytes(packed), "gzip")
    assert len(data) > size // 2 and data[: size // 2] == text[: size // 2]
    assert "the gzip data is damaged" in said


def test_zstandard_frames_that_only_carry_notes_are_passed_over():
    note = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"
    data = note + zstandard.compress(b"one ") + note + zstandard.compress(b"two")
    assert unpacked(data, "zstd") == (b"one two", "")


def test_reading_goes_on_behind_damage_at_the_next_member_that_is_known():
    good = [gzip.compress(b"WARC/1.0 " + noise(500, seed)) for seed in range(4)]
    good[1] = good[1][:100] + b"\xff" + good[1][101:]
    found = list(members(io.BytesIO(b"".join(good)), "gzip", opening=b"WARC/1."))
    (broken,) = (piece for piece in found if isinstance(piece, Break))
    assert (broken.member, broken.place) == (len(good[0]), len(good[0]) + len(good[1]))
    assert {piece.member for piece in found} == {sum(map(len, good[:count])) for count in range(4)}


@given(st.lists(st.binary(max_size=30), max_size=6), st.integers(1, 9))
def test_lines_are_those_of_the_whole_however_it_is_cut(parts, size):
    data = b"\n".join(parts)
    pieces = [data[place : place + size] for place in range(0, len(data), size)]
    assert list(lines(pieces)) == (data.removesuffix(b"\n").split(b"\n") if data else [])


@given(st.lists(st.binary(max_size=12).filter(lambda line: b"\n" not in line), max_size=6), st.integers(1, 9))
def test_a_line_too_long_is_an_error_in_its_place_and_the_next_ones_come_out(parts, size):
    data = b"".join(line + b"\n" for line in parts)
    pieces = [data[place : place + size] for place in range(0, len(data), size)]
    found = list(lines_or_errors(pieces, limit=8))
    assert [line if isinstance(line, bytes) else len for line in found] == [
        line if len(line) <= 8 else len for line in parts
    ]


def test_an_endless_line_does_not_fill_the_memory():
    tracemalloc.start()
    first, second = lines_or_errors([*([b"x" * 1_000_000] * 100), b"\n{}"], limit=5_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(first, InputError) and "the line is 100,000,000 bytes long" in str(first)
    assert second == b"{}"
    assert peak < 30_000_000


@KINDS
def test_a_bomb_is_refused_and_does_not_fill_the_memory(tmp_path, kind):
    path = tmp_path / "bomb.txt"
    path.write_bytes(PACKERS[kind](bytes(64 << 20)) * 20)
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read(path, kind)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    said = str(caught.value)
    assert f"of the file's {path.stat().st_size:,} bytes unpack to " in said
    assert "1,000 times its size" in said and "decompress it first" in said
    assert peak < 300 << 20


@KINDS
def test_a_small_text_that_repeats_itself_is_no_bomb(tmp_path, kind):
    path = tmp_path / "rows.txt"
    text = b"The ferry sailed at noon.\n" * 400_000
    path.write_bytes(PACKERS[kind](text))
    assert len(text) > 100 * path.stat().st_size
    assert read(path, kind) == text


def test_a_compressed_text_has_a_total_limit_too(monkeypatch):
    monkeypatch.setattr(compression, "MAX_DOCUMENT", 50_000)
    packed = gzip.compress(noise(80_000))
    with pytest.raises(InputError, match="a compressed text may hold 50,000"):
        read_whole(io.BytesIO(packed), "gzip", len(packed))
    with pytest.raises(InputError, match=r"a text of more than 50,000 bytes.*as JSON Lines"):
        read_whole(io.BytesIO(noise(80_000)), "", 80_000)
    assert len(read_whole(io.BytesIO(noise(40_000)), "", 40_000)) > 30_000


@pytest.mark.parametrize(("pack", "ending"), [(gzip.compress, ".gz"), (zstandard.compress, ".zst")])
def test_packed_data_under_a_plain_name_is_said_once(pack, ending, tmp_path, capsys):
    for name in ("a.jsonl", "b.txt"):
        (tmp_path / name).write_bytes(pack(b'{"text": "The ferry sailed."}\n' * 50))
        assert main(["clean", str(tmp_path / name), "--out", str(tmp_path / f"out-{name}"), "--quiet"]) == 1
        assert capsys.readouterr().err.count(f"give the file a name that ends in {ending}, or decompress it") == 1
