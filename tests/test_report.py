"""``cleaner report``: one page that opens anywhere, says what the index says, and in which no article can act."""

import base64
import hashlib
import re
import shutil
from html.parser import HTMLParser

import pytest
from conftest import Run
from hypothesis import given
from hypothesis import strategies as st
from payloads import PAYLOADS
from reviewing import make_run

from cleaner.cli import main
from cleaner.cli.text import printable
from cleaner.errors import OutputError
from cleaner.review import queries
from cleaner.review.excerpts import Piece, excerpt, shortened
from cleaner.review.index import Index
from cleaner.review.report import report_on
from cleaner.review.report.contents import Column, Cut, Cuts, Facts, Prose, Quoted, Report, Section, Table
from cleaner.review.report.html import as_html
from cleaner.review.report.markdown import as_markdown, code
from cleaner.review.verdicts import Verdict, Verdicts
from cleaner.review.visible import visible

VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """A run on which two people gave a few verdicts; a sample of one rule was measured."""
    run = make_run(tmp_path_factory.mktemp("report"), count=12)
    with Index.open(run) as index:
        verdicts = Verdicts.open(run / "verdicts.jsonl")
        (group,) = queries.groups(index, verdicts, order="count", limit=1)["groups"]
        names = {name: group[name] for name in ("rule", "fingerprint", "category", "text")}
        verdicts.add(Verdict(**names, reviewer="ann", verdict="right", scope="group"))
        verdicts.add(Verdict(**names, reviewer="<b>bo</b>", verdict="wrong", scope="group"))
        sample = queries.start_sample(index, verdicts, rule="zap-line", size=10)
        for item in sample["items"]:
            keys = ("rule", "fingerprint", "category", "doc", "source", "row", "start", "end", "site", "text")
            names = {name: item["removal"][name] for name in keys}
            verdicts.add(Verdict(**names, reviewer="ann", verdict="right", scope="text", sample=sample["name"]))
    return run


class Elements(HTMLParser):
    """The elements of a page with their attributes, without the values that tell where they stand."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.open = [], [], []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *sorted(name for name, _ in attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, *sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def page_with(text):
    """A report with a text in every place that is not ours."""
    removal = Cut((Piece("kept", text), Piece("removed", text, True)), text, text, ("line 1", Quoted(text)), text)
    cell = text or "x"
    blocks = (
        Prose(("of ", Quoted(text))),
        Facts((("profile", Quoted(text)),)),
        Table("Rules.", (Column("rule", "text"), Column("cuts", "number", bar=True)), ((cell * 30, 3), ("other", 1))),
        Cuts(Quoted(text), "These went.", (removal,)),
    )
    return Report(text, (), (Section("all", "All", blocks),))


HOSTILE = st.one_of(
    st.sampled_from(PAYLOADS), st.text(st.characters(codec="utf-8")), st.text("<>&\"'`|\\\n[]()!*_~-#/=a")
)


@given(HOSTILE)
def test_no_text_adds_an_element_or_an_attribute_to_the_page(text):
    page, plain = Elements(as_html(page_with(text))), Elements(as_html(page_with("x" * len(visible(text)))))
    marks = [tag for tag in page.tags if tag == ("i",)]
    assert [tag for tag in page.tags if tag != ("i",)] == plain.tags
    assert len(marks) <= 60 * len(text)


@given(HOSTILE)
def test_text_in_markdown_never_leaves_its_code_span(text):
    span = code(text)
    fence = re.match("`*", span)[0]
    inner = span[len(fence) : len(span) - len(fence)]
    assert not span or (span.endswith(fence) and fence not in re.findall("`+", inner[1:-1]))
    assert "|" not in span and "\n" not in span and "\r" not in span


@given(st.text(alphabet="ab\u202e\u2066\u200b\x1b\x00\u2028\ufeff\ud800"))
def test_characters_that_hide_or_reorder_are_shown_as_marks(text):
    for page in (as_html(page_with(text)), as_markdown(page_with(text))):
        assert not set(page) & set("\u202e\u2066\u200b\x1b\x00\u2028\ufeff\ud800")
    assert ("U+202E" in visible(text)) == ("\u202e" in text)


@pytest.mark.parametrize(
    "text",
    [
        "می\u200cخواهم",
        "👩\u200d🚀",
        "क्\u200dष",
        "☁\ufe0f 1\ufe0f\u20e3",
        "葛\U000e0100",
        "\u0600 12",
        "é – “ok”\n\tyes",
    ],
)
def test_joiners_and_selectors_that_belong_to_the_spelling_stay(text):
    assert visible(text) == printable(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        *("\x1b", "\x9b", "\u061c", "\u200b", "\u200e", "\u200f", "\u2028", "\u2029", "\u2060", "\ufeff", "\u202e"),
        *("\ufe0f", "\U000e0100", "\u200d", "\u3164", "\u115f", "\u034f", "\U000e0041", "\ud800"),
    ],
)
def test_what_hides_is_marked_in_reports_and_on_every_terminal(hidden):
    for text in (f"a{hidden}b", f"ب{hidden * 3} b"):
        assert visible(text) == printable(text) != text
    assert hidden not in printable(f"a{hidden}b") and printable(f"ب{hidden * 3} b").count(hidden) <= 1


def test_the_page_needs_nothing_else_and_allows_no_script(judged):
    page = report_on(judged)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'") and f"style-src 'sha256-{digest}'" in policy
    elements = Elements(page)
    names = {tag for tag, *_ in elements.tags}
    attributes = {name for _, *rest in elements.tags for name in rest}
    assert not names & {"script", "link", "iframe", "img", "object", "form", "base"}
    assert not attributes & {"src", "style", "srcset", "action"} and not any(name[:2] == "on" for name in attributes)
    assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', page))
    assert "url(" not in style and "@import" not in style


def test_the_same_run_and_verdicts_give_the_same_bytes(judged):
    first = report_on(judged), report_on(judged, markdown=True)
    (judged / ".review" / "index.duckdb").unlink()
    assert (report_on(judged), report_on(judged, markdown=True)) == first
    assert not re.search(r"20\d\d-\d\d-\d\dT", first[0] + first[1])


def test_page_and_markdown_give_the_same_numbers_as_the_index(judged):
    page, markdown = Elements(report_on(judged)), report_on(judged, markdown=True)
    said = "".join(page.text)
    with Index.open(judged) as index:
        told = queries.overview(index, Verdicts.open(judged / "verdicts.jsonl"))
    for row in told["rules"][:40]:
        assert f"{row['chars']:,}" in said and f"{row['chars']:,}" in markdown
    for row in told["categories"]:
        assert f"| `{row['category']}` | {row['chars']:,} |" in markdown
    (sample,) = told["samples"]
    bound = f"{100 * sample['lower']:.1f} %"
    assert bound in said and bound in markdown
    assert "Of them" not in said and "1 of them they differ" in said and "<b>bo</b>" in said


def test_a_sample_of_another_run_is_told_apart(judged, tmp_path):
    assert "removals, of another run" not in report_on(judged)
    other = tmp_path / "other"
    shutil.copytree(judged, other, ignore=shutil.ignore_patterns(".review"))
    log = other / "removals.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"schema":1', b'"schema": 1', 1))
    for markdown in (False, True):
        assert "removals, of another run" in report_on(other, markdown=markdown)


def test_a_damaged_summary_is_named(judged, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(judged, other)
    (other / "summary.json").write_text('{"rules": [1]}')
    with pytest.raises(OutputError, match=r"summary.json: damaged: `rules`"):
        report_on(other)


def test_a_run_that_nobody_judged_says_so(tmp_path):
    (tmp_path / "raw.txt").write_text("Ships sail.\n\nAdvertisement\n")
    assert main(["clean", str(tmp_path / "raw.txt"), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    page = "".join(Elements(report_on(tmp_path / "out")).text)
    assert not re.search(r"\b1\s*(documents|cuts|rules|characters|removals|groups)\b", page)
    assert "Nobody has judged this run yet" in page and "No document has an address" in page
    assert "acme" not in page and "Advertisement" in page


def test_an_empty_run_has_a_report(tmp_path):
    (tmp_path / "raw.txt").write_text("Ships sail.\n")
    assert main(["clean", str(tmp_path / "raw.txt"), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    page, markdown = report_on(tmp_path / "out"), report_on(tmp_path / "out", markdown=True)
    for said in (page, markdown):
        assert "No rule took or flagged anything" in said and "No document lost anything" in said
        assert "Nothing was taken out of 12 characters in 1 document." in said
        assert "Every document" not in said and "of their characters" not in said
    assert '<svg class="histogram"' not in page and "| nothing |" not in markdown


def test_shares_are_written_one_way(judged):
    """With a space before the sign, in numbers, tables, pictures and both forms."""
    page, markdown = report_on(judged), report_on(judged, markdown=True)
    ours = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    for said in (ours, re.sub(r"`+[^`]*`+", "", markdown)):
        shares = re.findall(r"\d+ *%", said.replace("\xa0", " "))
        assert len(shares) > 20 and all(re.fullmatch(r"\d+ %", share) for share in shares)
    assert re.search(r"\| 100 % \(\d+ % to 100 %, \d+ judged\)|\d+ % \(\d+ % to \d+ %, \d+ judged", markdown)


def test_long_cuts_are_shown_with_their_ends():
    assert shortened("a" * 100 + "b" * 800 + "c" * 100, 1000, 100) == "a" * 50 + " … 900 more characters … " + "c" * 50
    assert shortened("short", 5, 100) == "short"


def test_a_cut_without_its_article_is_shown_alone():
    removal = {"id": 1, "action": "removed", "text": "Share this", "chars": 10, "context": {"segments": []}}
    assert excerpt(removal) == [Piece("removed", "Share this", True)]


def test_the_command_writes_beside_and_replaces_only_when_told(judged, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["report", str(judged)]) == 0
    assert (tmp_path / "run-report.html").read_text().startswith("<!doctype html>")
    assert main(["report", str(judged)]) == 2 and main(["report", str(judged), "--force"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-report.html"]


def test_the_page_goes_to_standard_output_when_told(judged, run: Run):
    assert run("report", judged, "--markdown", "--out", "-").stdout.startswith("# What was removed: `run`\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report", "missing"], "not a finished run"),
        (["report", "RUN", "--verdicts", "missing.jsonl"], "there is no such file"),
        (["report", "RUN", "--out", "."], "is a folder"),
        (["report", "RUN", "--out", "no/such/file.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_reported_is_said(judged, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main([str(judged) if each == "RUN" else each for each in arguments]) == 2
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_the_opening_says_what_the_run_was_made_with(judged):
    opening = report_on(judged, markdown=True).split("\n## ")[0]
    (said,) = [line for line in opening.splitlines() if line.startswith("Made with ")]
    assert said.startswith("Made with cleaner `") and ", profile `article`, categories `as the profile has" in said
    assert re.search(r", rules `\d+ \([0-9a-f]{8}\)`, model of lines `0\.2 \([0-9a-f]{8}\)`, model of spliced", said)
    assert said.endswith("`.") and said.count("`") % 2 == 0
