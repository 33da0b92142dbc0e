"""Tables: clean texts in the same rows, all else as it was, and the way back."""

from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import messy_texts

from cleaner.errors import InputError
from cleaner.table import REMOVAL, clean_table, cleaned_schema, restore_table

GOOD = "The ferry sailed at noon, and the harbour was quiet again."
JUNKY = f"{GOOD}\n\nAdvertisement"
KINDS = (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))

texts = st.none() | messy_texts.map(lambda text: text.encode("utf-8", "replace").decode())


@st.composite
def tables(draw):
    """Some texts of some type among other columns, in some chunks, with metadata."""
    values = draw(st.lists(texts, max_size=5))
    kind = draw(st.sampled_from(KINDS))
    text = pa.array(values, pa.string())
    columns = {
        "id": pa.array(range(len(values)), pa.int64()),
        "text": text.dictionary_encode() if pa.types.is_dictionary(kind) else text.cast(kind),
        "tags": pa.array([["a", None]] * len(values), pa.list_(pa.string())),
        "view": pa.array(["b" * 20] * len(values), pa.string_view()),
    }
    schema = pa.schema(
        [pa.field(name, array.type, metadata={"of": name}) for name, array in columns.items()], {"of": "the table"}
    )
    batch = pa.RecordBatch.from_arrays(list(columns.values()), schema=schema)
    cut = draw(st.integers(0, len(values)))
    return pa.Table.from_batches([batch.slice(0, cut), batch.slice(cut)], schema)


@given(tables())
def test_what_was_cleaned_can_be_restored(table):
    cleaned = clean_table(table)
    restored = restore_table(cleaned)
    assert restored.schema.equals(table.schema, check_metadata=True)
    assert restored.drop_columns("text").equals(table.drop_columns("text"))
    assert restored["text"].to_pylist() == table["text"].to_pylist()
    assert cleaned.schema.equals(cleaned_schema(table.schema), check_metadata=True)
    assert cleaned.select(table.column_names).drop_columns("text").equals(table.drop_columns("text"))


def test_a_row_tells_what_went_and_why(cleaner):
    table = pa.table({"text": [JUNKY, GOOD, None], "page": [1, 2, 3]})
    first, second, third = clean_table(table, cleaner).to_pylist()
    assert (first["text"], first["page"], first["error"]) == (GOOD, 1, None)
    assert tuple(first["removals"][0]) == REMOVAL
    assert (first["removals"][0]["category"], first["removals"][0]["text"]) == ("ad", "Advertisement")
    assert (second["text"], second["removals"], second["error"]) == (GOOD, [], None)
    assert (third["text"], third["removals"], third["edits"]) == (None, None, None)
    assert third["error"] == "the field 'text' is null; it must be a string"


def test_a_batch_is_as_good_as_a_table(cleaner):
    table = pa.table({"text": [JUNKY]})
    assert clean_table(table.to_batches()[0], cleaner) == clean_table(table, cleaner)


def test_without_log_only_the_errors_are_added(cleaner):
    cleaned = clean_table(pa.table({"text": [JUNKY]}), cleaner, log=False)
    assert cleaned.to_pydict() == {"text": [GOOD], "error": [None]}
    with pytest.raises(InputError, match="only a table cleaned with log=True"):
        restore_table(cleaned)


def test_columns_go_by_other_names(cleaner):
    cleaned = clean_table(pa.table({"body": [JUNKY], "text": [7]}), cleaner, text="body")
    assert cleaned.select(["body", "text"]).to_pylist() == [{"body": GOOD, "text": 7}]
    assert restore_table(cleaned, text="body").to_pydict() == {"body": [JUNKY], "text": [7]}


def test_pages_become_texts(cleaner):
    page = f"<html><body><article><p>{GOOD}</p><p>Advertisement</p></article></body></html>"
    cleaned = clean_table(pa.table({"html": [page, None]}), cleaner)
    assert cleaned.column_names == ["html", "text", "removals", "edits", "error"]
    assert cleaned["text"].to_pylist() == [GOOD, None]
    assert restore_table(cleaned)["text"].to_pylist() == [f"{GOOD}\nAdvertisement", None]


def test_a_text_that_is_no_utf8_stays_to_the_byte(cleaner):
    text = pa.array([b"caf\xe9 \n\nAdvertisement", JUNKY.encode()]).view(pa.string())
    cleaned = clean_table(pa.table({"text": text}), cleaner)
    assert cleaned["text"].combine_chunks().view(pa.binary()).to_pylist() == [
        b"caf\xe9 \n\nAdvertisement",
        GOOD.encode(),
    ]
    assert cleaned["error"].to_pylist() == ["the field 'text' is not UTF-8 at byte 3", None]
    assert (
        restore_table(cleaned)["text"].combine_chunks().view(pa.binary()).to_pylist() == text.view("binary").to_pylist()
    )


def test_a_row_on_which_cleaning_fails_stays_and_says_so():
    class Broken:
        def clean_document(self, document):
            raise ZeroDivisionError("by zero")

    cleaned = clean_table(pa.table({"text": [JUNKY]}), Broken())
    assert cleaned.to_pylist() == [
        {"text": JUNKY, "removals": None, "edits": None, "error": "ZeroDivisionError: by zero"}
    ]


def test_an_empty_table_has_the_columns_all_the_same(cleaner):
    table = pa.table({"text": pa.array([], pa.string())})
    assert clean_table(table, cleaner).schema == cleaned_schema(table.schema)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"body": ["a"]}, "no column 'text' or 'html'; there are 'body'; name the right one with text= or html="),
        ({"text": [b"a"]}, "holds bytes"),
        ({"text": ["a"], "error": ["b"]}, "has a column 'error' already"),
    ],
)
def test_a_table_that_cannot_be_cleaned_is_refused(table, message):
    with pytest.raises(InputError, match=message):
        clean_table(pa.table(table))


def test_a_text_that_was_changed_is_noticed_not_restored_wrong(cleaner):
    cleaned = clean_table(pa.table({"text": [JUNKY, JUNKY]}), cleaner)
    changed = cleaned.set_column(0, "text", pa.array([GOOD, "Other."]))
    with pytest.raises(InputError, match="row 2: the text or its log was changed"):
        restore_table(changed)


def test_threads_may_share_a_cleaner(cleaner):
    table = pa.table({"text": [f"{number}. {JUNKY}" for number in range(30)]})
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: clean_table(table, cleaner), range(8)))
    assert all(one == made[0] for one in made)
    assert made[0]["error"].null_count == 30
