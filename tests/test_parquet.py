"""Parquet: batches that follow from the file alone, rows that do not spoil each other, and nothing lost on the way."""

import io
import json
import subprocess
import sys
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from cleaner.errors import InputError
from cleaner.formats import arrow, parquet
from cleaner.formats.jsonl import Fields

FIELDS = Fields()
GOOD = "The ferry sailed at noon, and the harbour was quiet again."
PAGE = f"<html><body><article><p>{GOOD}</p></article></body></html>"

ODD_COLUMNS = {
    "dictionary": pa.array(["x", "y", "x"]).dictionary_encode(),
    "ordered": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int32()), ["low", "high"], ordered=True),
    "struct": pa.array([{"a": 1}, None, {"a": None}], pa.struct([("a", pa.int8())])),
    "list": pa.array([[1, None], [], None], pa.list_(pa.int16())),
    "map": pa.array([[("a", 1)], [], None], pa.map_(pa.string(), pa.int32())),
    "time": pa.array([1, None, 3], pa.timestamp("ms", "Europe/Lisbon")),
    "decimal": pa.array([None, 5, 7], pa.decimal128(9, 2)),
    "uuid": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"a" * 16, None, b"c" * 16], pa.binary(16))),
    "view": pa.array(["a", "b" * 40, None], pa.string_view()),
    "bytes": pa.array([b"\xff", b"", None]),
    "half": pa.array(np.array([1.5, 0, 2], np.float16)),
    "none": pa.nulls(3),
}


def written(table: pa.Table, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file


def plain(count: int) -> pa.Table:
    texts = [f"{number}: {GOOD}" for number in range(count)]
    return pa.table({"id": pa.array(range(count), pa.int64()), "text": pa.array(texts, pa.string())})


def rows(file: io.BytesIO, fields: Fields = FIELDS) -> list[arrow.Row]:
    return [row for b in parquet.batches(file, fields) for row in arrow.rows(b.data, fields, "in.parquet", b.first)]


def through_the_spool(file: io.BytesIO, folder: Path, change=str.upper, left_out: tuple[int, ...] = ()) -> Path:
    """What becomes of a file whose texts are all changed; rows that are left out count from 1."""
    spool, target = folder / "spool", folder / "out.parquet"
    with spool.open("wb") as stream:
        stream.write(parquet.schema_of(file, FIELDS))
        for b in parquet.batches(file, FIELDS):
            found = arrow.rows(b.data, FIELDS, "in.parquet", b.first)
            texts = {r.row - b.first: change(r.document.raw) for r in found if r.document and r.row not in left_out}
            stream.write(arrow.replaced(b.data, texts, FIELDS))
    parquet.to_parquet(spool, target)
    return target


@pytest.mark.parametrize("after", [0, 1, 700, 2000, 4500])
def test_a_run_that_goes_on_meets_the_batches_it_would_have_met(after):
    file = written(plain(5000), row_group_size=2300)
    everything = list(parquet.batches(file, FIELDS))
    assert [(b.first, b.rows) for b in everything] == [(1, 2000), (2001, 300), (2301, 2000), (4301, 300), (4601, 400)]
    ends = [0, *(b.first + b.rows - 1 for b in everything)]
    end = max(end for end in ends if end <= after)
    assert list(parquet.batches(file, FIELDS, end)) == [b for b in everything if b.first > end]


def test_long_texts_come_in_batches_of_about_a_megabyte_and_sizes_add_up():
    file = written(pa.table({"text": [f"{number:06} " * 30_000 for number in range(40)]}), use_dictionary=False)
    found = list(parquet.batches(file, FIELDS))
    assert {b.rows for b in found} == {4}
    assert abs(sum(b.size for b in found) - len(file.getvalue())) < 10


def test_row_groups_that_are_passed_over_are_not_read():
    data = bytearray(written(plain(4000), row_group_size=2000, compression="none").getvalue())
    columns = [pq.read_metadata(io.BytesIO(data)).row_group(0).column(place) for place in range(2)]
    end = columns[1].data_page_offset + 1000
    data[4:end] = bytes(end - 4)
    assert [b.first for b in parquet.batches(io.BytesIO(data), FIELDS, 2000)] == [2001]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), "str")])
def test_everything_but_the_text_comes_through_to_the_bit(tmp_path, kind):
    text = pa.array(["one", "two", "one"])
    table = pa.table({**ODD_COLUMNS, "text": text.dictionary_encode() if pa.types.is_dictionary(kind) else text})
    table = table.cast(
        pa.schema(
            [
                pa.field("text", kind, nullable=False, metadata={"of": "the field"}) if f.name == "text" else f
                for f in table.schema
            ],
            {"pandas": json.dumps({"columns": []}), "of": "the table"},
        )
    )
    file = written(table)
    again = pq.read_table(through_the_spool(file, tmp_path))
    was = pq.read_table(file)
    assert again.schema.equals(was.schema, check_metadata=True)
    assert again.drop_columns("text").equals(was.drop_columns("text"), check_metadata=True)
    assert again["text"].to_pylist() == ["ONE", "TWO", "ONE"]


def test_rows_left_out_leave_the_others_alone(tmp_path):
    table = pa.table({**ODD_COLUMNS, "text": ["one", "two", "three"]})
    again = pq.read_table(through_the_spool(written(table), tmp_path, left_out=(2,)))
    assert again["text"].to_pylist() == ["ONE", "THREE"]
    assert again["uuid"].to_pylist() == [uuid.UUID(bytes=b"a" * 16), uuid.UUID(bytes=b"c" * 16)]
    assert again["view"].to_pylist() == ["a", None]


def test_a_file_without_rows_has_its_article_file(tmp_path):
    file = written(plain(0))
    assert list(parquet.batches(file, FIELDS)) == []
    again = pq.read_table(through_the_spool(file, tmp_path))
    assert (again.num_rows, again.schema) == (0, plain(0).schema)


def test_an_input_that_could_not_be_opened_has_an_article_file_without_rows(tmp_path):
    (tmp_path / "spool").touch()
    parquet.to_parquet(tmp_path / "spool", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").to_pydict() == {"text": []}


def test_pages_become_texts_in_a_column_of_their_own(tmp_path):
    file = written(pa.table({"html": [PAGE], "url": ["https://a.example/1"]}))
    row = rows(file)[0]
    assert (row.document.raw, row.document.url, row.extractor) == (GOOD, "https://a.example/1", "trafilatura")
    again = pq.read_table(through_the_spool(file, tmp_path))
    assert again.to_pylist() == [{"html": PAGE, "url": "https://a.example/1", "text": GOOD.upper()}]


def test_where_the_text_is_null_the_page_is_read():
    file = written(pa.table({"html": [PAGE, None, None], "text": [None, GOOD, None]}))
    assert [row.document and row.document.raw for row in rows(file)] == [GOOD, GOOD, None]


def test_one_bad_row_does_not_spoil_the_others():
    texts = pa.array([GOOD.encode(), None, b"caf\xe9", "\ud800".encode("utf-8", "surrogatepass"), b"last"]).view("str")
    assert [row.problem or row.document.raw for row in rows(written(pa.table({"text": texts})))] == [
        GOOD,
        "the field 'text' is null; it must be a string",
        "the field 'text' is not UTF-8 at byte 3",
        "the field 'text' is not UTF-8 at byte 0",
        "last",
    ]


@pytest.mark.parametrize(
    ("ids", "strings"),
    [
        pytest.param(pa.array([7, None]), ["7", "in.parquet:2"], id="numbers"),
        pytest.param(pa.array(["a", ""]), ["a", "in.parquet:2"], id="strings"),
        pytest.param(pa.array(["a", "b"]).dictionary_encode(), ["a", "b"], id="dictionary"),
        pytest.param(pa.array([b"\x00\xff", None]), ["00ff", "in.parquet:2"], id="bytes"),
        pytest.param(pa.array([b"a\xff", b"b"]).view("str"), ["a\\xff", "b"], id="not UTF-8"),
        pytest.param(pa.array([True, None]), ["true", "in.parquet:2"], id="truths"),
        pytest.param(
            pa.array([0, 1], pa.timestamp("s")), ["1970-01-01 00:00:00.000", "1970-01-01 00:00:01.000"], id="times"
        ),
        pytest.param(
            pa.ExtensionArray.from_storage(pa.uuid(), pa.array([uuid.UUID(int=5).bytes, None], pa.binary(16))),
            [str(uuid.UUID(int=5)), "in.parquet:2"],
            id="uuid",
        ),
        pytest.param(pa.array([[1], [2]]), ["in.parquet:1", "in.parquet:2"], id="lists name nothing"),
    ],
)
def test_ids_of_any_kind_become_strings(ids, strings):
    assert [row.document.id for row in rows(written(pa.table({"id": ids, "text": ["a", "b"]})))] == strings


BYTES = pa.table({"text": [b"bytes"]})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not a Parquet file", id="empty"),
        pytest.param(b"id,text\n1,hello\n", "not a Parquet file", id="a CSV"),
        pytest.param(written(plain(9)).getvalue()[:-5], "breaks off before its end", id="cut off"),
        pytest.param(b"PARE" + bytes(20) + b"PARE", "is encrypted", id="encrypted"),
        pytest.param(
            b"PAR1" + b"\xff" * 50 + b"\x2a\0\0\0PAR1", "the footer of the Parquet file is damaged", id="footer"
        ),
        pytest.param(
            b"PAR1" + bytes(9) + b"\xff\xff\0\0PAR1", "the footer of the Parquet file is damaged", id="length"
        ),
        pytest.param(
            written(pa.table({"body": ["a"], "n": [1]})).getvalue(),
            "no column 'text' or 'html'; there are 'body', 'n'; name the right one with --text-field",
            id="no text",
        ),
        pytest.param(written(BYTES).getvalue(), r"holds bytes \(binary\).*decode\(text\)", id="bytes"),
        pytest.param(written(pa.table({"text": [["a"]]})).getvalue(), "is list<.*it must be a string", id="list"),
        pytest.param(written(pa.table({"text": [1]})).getvalue(), "is int64; it must be a string", id="numbers"),
        pytest.param(
            written(pa.Table.from_arrays([["a"], ["b"]], ["text", "text"])).getvalue(), "2 columns 'text'", id="twice"
        ),
    ],
)
def test_what_cannot_be_read_is_said(data, message):
    with pytest.raises(InputError, match=message):
        list(parquet.batches(io.BytesIO(data), FIELDS))
    with pytest.raises(InputError, match=message):
        parquet.schema_of(io.BytesIO(data), FIELDS)


def test_a_pipe_is_refused():
    process = subprocess.Popen([sys.executable, "-c", "print('PAR1')"], stdout=subprocess.PIPE)
    with process, pytest.raises(InputError, match="a pipe"):
        list(parquet.batches(process.stdout, FIELDS))


def test_what_stands_around_damaged_data_comes_out():
    data = bytearray(written(plain(6000), row_group_size=2000, compression="zstd").getvalue())
    column = pq.read_metadata(io.BytesIO(data)).row_group(1).column(1)
    middle = column.data_page_offset + column.total_compressed_size // 2
    data[middle : middle + 200] = b"\xff" * 200
    before, problem, after = parquet.batches(io.BytesIO(data), FIELDS)
    assert (before.first, problem.row, after.first) == (1, 2001, 4001)
    assert problem.message.startswith("rows 2001 to 4000 cannot be read: the data are damaged")


def test_a_flipped_bit_is_noticed_where_pages_have_checksums():
    data = bytearray(written(plain(2000), compression="none", write_page_checksum=True).getvalue())
    data[data.index(b"1500: The ferry")] ^= 1
    (problem,) = parquet.batches(io.BytesIO(data), FIELDS)
    assert problem.message.startswith("rows 1 to 2000 cannot be read")


def test_restore_reads_articles_and_writes_the_raw_texts_back(tmp_path):
    raw = written(pa.table({"text": ["raw one", "raw two"], "views": [3, None]}))
    articles = through_the_spool(raw, tmp_path)
    with parquet.Writer(tmp_path / "raw.parquet", arrow.schema_in(parquet.schema_of(articles, FIELDS))) as writer:
        for part in parquet.article_rows(articles, FIELDS):
            texts = {place: text.lower() for place, text in enumerate(part.texts)}
            writer.write_stream(arrow.replaced(part.data, texts, FIELDS))
    assert pq.read_table(tmp_path / "raw.parquet").equals(pq.read_table(raw), check_metadata=True)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "out.parquet"
    with pytest.raises(RuntimeError), parquet.Writer(target, plain(1).schema) as writer:
        writer.write(plain(1).to_batches()[0])
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.integers(0, 40), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_same_rows_make_the_same_bytes_however_they_were_read(tmp_path_factory, sizes, chance):
    """A run that was killed and went on writes what one that was not would have written."""
    folder = tmp_path_factory.mktemp("spools")
    file = io.BytesIO()
    with pq.ParquetWriter(file, plain(0).schema) as writer:
        for size in sizes:
            writer.write_table(plain(size))
    whole = through_the_spool(file, folder).read_bytes()
    found = list(parquet.batches(file, FIELDS))
    done = chance.randint(0, len(found))
    end = found[done - 1].first + found[done - 1].rows - 1 if done else 0
    spool, target = folder / "again", folder / "again.parquet"
    with spool.open("wb") as stream:
        stream.write(parquet.schema_of(file, FIELDS))
        for b in [*found[:done], *parquet.batches(file, FIELDS, end)]:
            upper = {r.row - b.first: r.document.raw.upper() for r in arrow.rows(b.data, FIELDS, "", b.first)}
            stream.write(arrow.replaced(b.data, upper, FIELDS))
    parquet.to_parquet(spool, target)
    assert target.read_bytes() == whole


def test_row_groups_are_closed_by_size(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "_GROUP_BYTES", 150_000)
    target = through_the_spool(written(plain(5000), row_group_size=1000), tmp_path)
    metadata = pq.read_metadata(target)
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == [2000, 2000, 1000]
    assert metadata.row_group(0).column(1).compression == "ZSTD"


MEASURE = """
import resource, sys
from pathlib import Path
from cleaner.formats import parquet
from cleaner.formats.jsonl import Fields
import pyarrow.parquet
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = sum(batch.rows for batch in parquet.batches(Path(sys.argv[1]), Fields()))
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * UNIT >> 20)
"""


def test_memory_stays_flat_inside_a_row_group(tmp_path):
    """A row group of 300 MB, read in a third of that."""
    texts = [f"{number} " + "".join(map(chr, range(33 + number % 60, 93 + number % 60))) * 60 for number in range(1000)]
    once = pa.table({"id": range(1000), "text": texts})
    pq.write_table(pa.concat_tables([once] * 84), tmp_path / "big.parquet", row_group_size=10**9, use_dictionary=False)
    assert pq.read_metadata(tmp_path / "big.parquet").row_group(0).total_byte_size > 290_000_000
    code = MEASURE.replace("UNIT", "1" if sys.platform == "darwin" else "1024")
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "big.parquet"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    count, megabytes = map(int, done.stdout.split())
    assert count == 84_000
    assert megabytes < 100
