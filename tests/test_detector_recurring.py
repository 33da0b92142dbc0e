"""What the pages of a site share goes where its furniture stands; what recurs and is the author's stays."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleaner import Cleaner
from cleaner.annotation import Removal
from cleaner.batch import clean_batch
from cleaner.detectors.recurring import RecurringDetector
from cleaner.document import Document
from cleaner.formats.sources import plan
from cleaner.pipeline import Cleaned
from cleaner.policy import Policy
from cleaner.recurrence import Recurrences, RecurrenceTable, page_of
from cleaner.work import Settings
from cleaner.workers import Local

SITE = "marrowbay.example"
MENU = ["The Marrow Bay Courier", "Harbour", "Council", "Fishing", "Tide tables"]
FOOTER = ["Harbour office hours", "Our readers' charter", "Jobs at the Courier", "The old site"]
NAMES = ("ferry", "lighthouse", "school", "brewery", "orchard", "library", "chapel", "railway", "museum", "weir")


def story(number: int) -> list[str]:
    """A title and four paragraphs that no other story has."""
    name, year = (
        f"{NAMES[number % len(NAMES)]} no. {chr(97 + number % 26)}{chr(97 + number // 26)}",
        "of the long winter",
    )
    return [
        f"How the {name} came back to the bay",
        f"The {name} opened again on Monday, after a winter in which hardly anyone had believed that it ever would.",
        f"Nobody in the village had asked for the {name}, said the miller, but everybody came to look at it twice.",
        f"The council paid half of what the {name} had cost, and the fishermen's guild gave the rest without a word.",
        f"In spring the {name} will close once more, so that the roof can be mended before the herring come {year}.",
    ]


Page = list[str]
Make = Callable[[Page, int], Page]


def counted(folder: Path, sites: dict[str, Iterable[Page]]) -> RecurrenceTable:
    with Recurrences.create_or_open(folder / "pages.duckdb", kept=False) as counts:
        counts.add(page_of("\n".join(page), site) for site, pages in sites.items() for page in pages)
        counts.write_table(folder / "table.npy")
    return RecurrenceTable.open(folder / "table.npy")


@pytest.fixture
def table(tmp_path):
    """Counts the pages of sites and returns what finds their lines again."""

    def of(sites: dict[str, Iterable[Page]]) -> RecurrenceTable:
        with TemporaryDirectory(dir=tmp_path) as folder:
            return counted(Path(folder), sites)

    return of


def cleaned(table: RecurrenceTable, page: Page, site: str = SITE, policy: Policy | None = None) -> Cleaned:
    cleaner = Cleaner((RecurringDetector(table),), policy=policy or Policy())
    return cleaner.clean_document(Document("\n".join(page), url=f"https://www.{site}/story"))


def gone(table: RecurrenceTable, page: Page, site: str = SITE) -> list[str]:
    return [line for removal in cleaned(table, page, site).removed for line in removal.text.split("\n")]


def pages(make: Make, count: int = 20) -> list[Page]:
    return [make(story(number), number) for number in range(count)]


def test_menu_and_footer_go_and_the_log_says_on_how_many_pages_they_stand(table):
    made = pages(lambda text, number: [*MENU, *text, *FOOTER[: 4 - (number == 3)]])
    result = cleaned(table({SITE: made}), made[0])
    assert result.text.split("\n") == made[0][len(MENU) : -len(FOOTER)]
    assert result.restore() == "\n".join(made[0])
    first, last = result.removed[0], result.removed[-1]
    assert (first.rule, first.category, first.action) == ("recurring-line", "other", "removed")
    assert first.reason == "stands on 20 of the 20 pages of marrowbay.example"
    assert last.reason == "stands on 19 of the 20 pages of marrowbay.example"
    assert 0.75 <= last.confidence < first.confidence < 0.95


def test_pages_without_an_address_are_a_site_too(table):
    made = pages(lambda text, _: [*MENU, *text])
    cleaner = Cleaner((RecurringDetector(table({"": made})),))
    removed: list[Removal] = cleaner.clean("\n".join(made[0])).removed
    assert [one.text for one in removed] == MENU
    assert removed[0].reason == "stands on 20 of the 20 pages without an address"


@pytest.mark.parametrize(
    "furniture",
    [
        pytest.param(lambda text, n: [*MENU, *text], id="menu"),
        pytest.param(lambda text, n: [*text, *FOOTER], id="footer"),
        pytest.param(lambda text, n: [*text, *FOOTER[:2]], id="two lines at the end"),
        pytest.param(lambda text, n: [*text, "More from the harbour desk"], id="a label at the end"),
        pytest.param(
            lambda text, n: [*text, "Copies of our pictures can be had at the office by the old customs pier."],
            id="a long line at the end",
        ),
        pytest.param(
            lambda text, n: [*text[:3], "Harbour post", "Each morning in your inbox", "Your address", *text[3:]],
            id="a box in the body",
        ),
        pytest.param(
            lambda text, n: [
                *text[:3],
                "Readers of the Courier keep this page free of charge: become a friend of the paper today.",
                *text[3:],
            ],
            id="a long line in the body",
        ),
        pytest.param(lambda text, n: ["Home", "|", MENU[1], "|", MENU[2], "|", MENU[3], *text], id="with strokes"),
        pytest.param(lambda text, n: [*text, f"© {1990 + n} The Courier", *FOOTER], id="a year that changes"),
        pytest.param(lambda text, n: [*text, *(FOOTER if n % 3 else [])], id="on two pages of three"),
    ],
)
def test_furniture_goes_and_leaves_the_story(table, furniture):
    texts = [story(number) for number in range(24)]
    made = [furniture(text, number) for number, text in enumerate(texts)]
    assert cleaned(table({SITE: made}), made[1]).text.split("\n") == texts[1]


INTRO = "Every Sunday our gardener answers what the readers of this paper have asked him over the fence."
CREED = "Blessed be the tide that goes, and blessed be the tide that comes again to the people of the bay."


@pytest.mark.parametrize(
    "authors",
    [
        pytest.param(lambda text, n: [text[0], INTRO, *text[1:]], id="a column's lead"),
        pytest.param(lambda text, n: [text[0], "By Orla Venn", *text[1:]], id="byline"),
        pytest.param(lambda text, n: [text[0], f"{n + 1} May 2031", *text[1:]], id="dateline"),
        pytest.param(lambda text, n: [*text[:3], "What happened next", *text[3:]], id="crosshead"),
        pytest.param(lambda text, n: [*text[:2], "The verdict", text[2], "Analysis", *text[3:]], id="crossheads"),
        pytest.param(
            lambda text, n: [text[0], "Ingredients", f"{n} eggs", f"{n} g of kelp", "Salt", "Method", *text[1:]],
            id="recipe",
        ),
        pytest.param(lambda text, n: [*text[:2], f"“{CREED}”", *text[2:]], id="quotation"),
        pytest.param(lambda text, n: [*text[:2], "And so it goes.", *text[2:]], id="refrain"),
        pytest.param(lambda text, n: [*text, "And so it goes."], id="sign-off"),
        pytest.param(lambda text, n: [*text[:2], "Q:", text[2], "A:", text[3], "[Applause]", text[4]], id="transcript"),
        pytest.param(
            lambda text, n: [*text, "Round 1", f"Harwick {n} Denby 1", "Round 2", "Harwick 0 Denby 2", "Round 3"],
            id="rounds and scores",
        ),
        pytest.param(
            lambda text, n: [*text, "Boat | Won | Lost", f"Harwick | {n} | 2", f"Denby | 3 | {n}"], id="table"
        ),
        pytest.param(lambda text, n: ["Letters to the Courier this week", *text[1:]], id="the same title each week"),
        pytest.param(lambda text, n: [*MENU, f"Herring prices, {n + 1} May 2031", *text[1:]][5:], id="a dated title"),
    ],
)
def test_what_recurs_and_is_the_authors_stays(table, authors):
    made = pages(authors)
    assert gone(table({SITE: made}), made[1]) == []


def test_a_title_between_menu_and_body_stays_though_all_pages_name_it_in_a_list(table):
    texts = [story(number) for number in range(20)]
    read = ["Most read", *(text[0] for text in texts[:4])]
    made = [[*MENU, text[0], "By Orla Venn", *text[1:], *read] for text in texts]
    result = cleaned(table({SITE: made}), made[0]).text.split("\n")
    assert result[: len(texts[0]) + 1] == [texts[0][0], "By Orla Venn", *texts[0][1:]]


def test_a_lead_that_other_pages_have_as_a_teaser_stays(table):
    texts = [story(number) for number in range(20)]
    made = [[*MENU, *text, *(t[1] for t in texts[:3] if t != text)] for text in texts]
    assert cleaned(table({SITE: made}), made[0]).text.split("\n")[:5] == texts[0]


WIRE = "The harbour masters' union said it would neither confirm nor deny the figures that the ministry had published."


def test_an_agencys_paragraph_on_several_sites_stays_and_the_sites_own_goes(table):
    made = pages(lambda text, n: [*text[:3], WIRE, *text[3:]])
    others = {f"{name}.example": [[*story(99), WIRE]] for name in ("denby", "harwick")}
    assert gone(table({SITE: made, **others}), made[0]) == []
    assert gone(table({SITE: made}), made[0]) == [WIRE]


def test_copies_of_one_article_are_one_page_and_its_lines_no_furniture(table):
    text = story(1)
    versions = [[*MENU, *text, f"Version for printer {word}"] for word in "abcdefghijklmnop"]
    assert gone(table({SITE: versions}), versions[0]) == []


def test_a_page_whose_prose_mostly_recurs_is_a_copy_and_its_prose_stays(table):
    common = story(1)[1:]
    made = [[*MENU, *common, f"{word.title()} was what the readers of the {word} edition had to add to this."]
            for word in ("kelp", "rope", "tar", "oak", "salt", "net", "sail", "keel", "mast", "oar")]  # fmt: skip
    made = [
        [*page, f"And the people of {page[-1][:4]} Street had as much to say about it all as anyone."] for page in made
    ]
    assert not set(gone(table({SITE: made}), made[0])) & set(common)


def test_a_site_of_few_pages_is_left_alone(table):
    made = pages(lambda text, _: [*MENU, *text, *FOOTER], 7)
    assert gone(table({SITE: made}), made[0]) == []
    made = pages(lambda text, _: [*MENU, *text, *FOOTER], 8)
    assert gone(table({SITE: made}), made[0]) == [*MENU, *FOOTER]


def test_a_document_of_furniture_alone_is_left_alone(table):
    made = pages(lambda text, _: [*MENU, *text, *FOOTER])
    assert gone(table({SITE: made}), [*MENU, *FOOTER]) == []


def test_another_site_has_furniture_of_its_own(table):
    made = pages(lambda text, _: [*MENU, *text])
    found = table({SITE: made, "other.example": pages(lambda text, _: text)})
    assert gone(found, made[0], "other.example") == gone(found, made[0], "unknown.example") == []


def test_the_light_profile_leaves_all_but_what_every_page_has(table):
    made = pages(lambda text, n: [*MENU, *text, *(FOOTER if n % 2 else [])], 40)
    found = table({SITE: made})
    assert {one.text for one in cleaned(found, made[1], policy=Policy("light")).removed} == set(MENU)


lines = st.sampled_from([*MENU, *FOOTER, "", "|", "12:30", "By Orla Venn", INTRO, WIRE, "And so it goes."])


@settings(max_examples=25)
@given(st.data())
def test_a_second_cleaning_finds_nothing_and_all_can_be_undone(data):
    with TemporaryDirectory() as folder:
        made = [
            [*data.draw(st.lists(lines, max_size=6)), *story(number), *data.draw(st.lists(lines, max_size=6))]
            for number in range(9)
        ]
        found = counted(Path(folder), {SITE: made})
        for page in made[:3]:
            once = cleaned(found, page)
            assert once.restore() == "\n".join(page)
            assert cleaned(found, once.text.split("\n")).text == once.text
            assert set(story_of(page)) <= set(once.text.split("\n"))


def story_of(page: Page) -> Page:
    return [line for line in page if " no. " in line]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_batch_counts_its_own_lines(tmp_path, jobs):
    rows = [
        {"text": "\n".join([*MENU, *story(number), *FOOTER]), "url": f"https://www.{SITE}/{number}"}
        for number in range(12)
    ]
    (tmp_path / "pages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    work = plan([str(tmp_path / "pages.jsonl")])
    _, made = clean_batch(work, tmp_path / "out", Settings(), engine=Local(jobs))
    assert made["recurrences"] == {"pages": 12}
    articles = (tmp_path / "out" / "articles" / "pages.jsonl").read_text().splitlines()
    assert [json.loads(line)["text"].split("\n") for line in articles] == [story(number) for number in range(12)]
    _, made = clean_batch(work, tmp_path / "alone", Settings(), single_pass=True)
    assert made["recurrences"] is None
    assert "recurring-line" not in (tmp_path / "alone" / "removals.jsonl").read_text()
