"""The one-liners of docs/pipelines.md, each in the framework it is for."""

import sys

import pyarrow as pa
import pytest
from conftest import ROOT

from cleaner.table import clean_table, cleaned_schema, restore_table

PAGE = (ROOT / "docs" / "pipelines.md").read_text()
GOOD = "The ferry sailed at noon, and the harbour was quiet again."
TABLE = pa.table({"text": [f"{GOOD}\n\nAdvertisement", GOOD, None] * 4, "page": range(12)})
CLEAN = [GOOD, GOOD, None] * 4


def wanted(name: str):
    return pytest.importorskip(name, reason=f"{name} is not installed")


def documented(line: str, **names: object):
    """What a line of the page gives."""
    assert line in PAGE
    return eval(line, {"clean_table": clean_table, "cleaned_schema": cleaned_schema, **names})


def test_hugging_face_datasets():
    datasets = wanted("datasets")
    dataset = datasets.Dataset.from_dict(TABLE.to_pydict())
    cleaned = documented('dataset.with_format("arrow").map(clean_table, batched=True)', dataset=dataset)
    assert cleaned.with_format(None)["text"][:] == CLEAN
    restored = cleaned.map(restore_table, batched=True)
    assert restored.with_format(None).to_dict() == TABLE.to_pydict()
    less = dataset.with_format("arrow").map(clean_table, batched=True, fn_kwargs={"log": False})
    assert less.column_names == ["text", "page", "error"]


def test_spark(monkeypatch):
    sql = wanted("pyspark.sql")
    types = wanted("pyspark.sql.pandas.types")
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
    try:
        spark = sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    except Exception as error:  # noqa: BLE001 - whatever Spark says
        pytest.skip(f"Spark does not start, which needs Java: {type(error).__name__}")
    df = spark.createDataFrame(TABLE.to_pylist(), "text string, page long").coalesce(1)
    names = {"df": df, "from_arrow_schema": types.from_arrow_schema, "to_arrow_schema": types.to_arrow_schema}
    schema = documented("from_arrow_schema(cleaned_schema(to_arrow_schema(df.schema)))", **names)
    line = "df.mapInArrow(lambda batches: (out for b in batches for out in clean_table(b).to_batches()), schema)"
    rows = documented(line, df=df, schema=schema).collect()
    spark.stop()
    assert [row.text for row in rows] == CLEAN
    assert rows[0].removals[0].category == "ad"


def test_ray_data(monkeypatch):
    ray = wanted("ray")
    data = wanted("ray.data")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        dataset = data.from_arrow(TABLE)
        cleaned = documented('dataset.map_batches(clean_table, batch_format="pyarrow")', dataset=dataset).materialize()
        assert [row["text"] for row in cleaned.take_all()] == CLEAN
        assert cleaned.map_batches(restore_table, batch_format="pyarrow").take_all() == TABLE.to_pylist()
    finally:
        ray.shutdown()
