"""The matchers that ask few rules find what the one that asks all of them finds."""

import contextlib
import importlib.util

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st
from texts import JUNK, PROSE, project_texts

from cleaner.detectors.rules import RulesDetector
from cleaner.matcher import PlainMatcher, matcher_for
from cleaner.rulefiles import load_packs
from cleaner.rulefiles.cache import DISK_SHELF, DiskShelf
from cleaner.rules.compiled import compile_rule
from cleaner.rules.folding import fold_one
from cleaner.rules.supersets import superset
from cleaner.view import View

RULES = load_packs().rules
ENGINES = [name for name in ("hyperscan", "re2") if importlib.util.find_spec(name)]
PLAIN = RulesDetector(PlainMatcher(RULES))


@pytest.fixture(scope="module", params=ENGINES)
def quick(request):
    matcher = matcher_for(RULES, request.param, DISK_SHELF)
    assert matcher.name == request.param
    return RulesDetector(matcher)


def same(quick, plain, text: str) -> None:
    view = View(text)
    found, wanted = list(quick(view)), list(plain(View(text)))
    assert set(found) == set(wanted)
    assert len(found) == len(wanted)


def test_the_same_on_the_texts_of_the_project(quick):
    for path in project_texts():
        same(quick, PLAIN, path.read_text())


samples = st.sampled_from([sample for rule in RULES for sample in rule.spec.samples.remove + rule.spec.samples.keep])
changes = st.sampled_from(
    [
        str,
        str.upper,
        str.lower,
        str.title,
        str.swapcase,
        lambda s: s.replace("s", "ſ"),
        lambda s: s.replace("k", "\u212a"),
        lambda s: s.replace("i", "ı"),
        lambda s: s.replace("I", "İ"),
        lambda s: s.replace("σ", "ς").replace("ß", "ẞ"),
        lambda s: s.replace("1", "١").replace("2", "２"),
        lambda s: s.replace(" ", "\u00a0"),
        lambda s: f"» {s} ›",
        lambda s: f"#{s}",
        lambda s: f"_{s}_",
        lambda s: f"  • {s}…",
        lambda s: s[1:],
        lambda s: s.replace("e", "é"),
        lambda s: s.replace("e", "e\u0301"),
        lambda s: f"© {s}",
        lambda s: s + " . . . . . . . . . . . . . . . .",
    ]
)


@given(st.lists(st.tuples(st.one_of(samples, st.sampled_from(PROSE + JUNK)), changes), max_size=5))
def test_the_same_on_samples_put_together_and_changed(quick, parts):
    same(quick, PLAIN, "\n".join(change(sample) for sample, change in parts))


ATOMS = [
    "a",
    "k",
    "S",
    "ß",
    "é",
    "ﬀ",
    "read",
    "on",
    r"\d+",
    r"\d{2}",
    r"\w+",
    ".",
    ".*",
    "[abc]",
    "[^x]",
    r"[^\W\d]",
    r"\s",
    r"\b",
    r"\B",
    "(?!no)",
    r"(?!\w)",
    "(?=is)",
    "(?=.*on)",
    "(?<=a)",
    r"\p{Lu}",
    r"\P{L}",
    r"[\p{L}'-]+",
    "(?-i:A)",
    r"(?-i:\p{Lu}\p{Ll}+)",
    "x?",
    "(?:so|no)?",
    "(?:is|it)+",
    "(?:(?:is|it)(?!\\w)[ ,]*)+",
    "(?>re|r)",
    "b*+",
    "'",
    " ",
    "» ?",
    r"\|",
    r"(?P<n>k)",
    r"(a|b)\1",
    "i",
    "σ",
    "(?:ab|c.)*",
    ".{0,3}",
    "[٠-٩]",
]
patterns = st.recursive(
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4).map("".join),
    lambda inner: st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(?:" + "|".join(parts) + ")"),
    max_leaves=6,
)
WORDS = [
    *"aAkKsſßẞéÉbixX1٣１σςΣ ,.'’|-_»ıİ",
    "e\u0301",
    "\u212a",
    "ﬀ",
    "ff",
    "read",
    "READ",
    "on",
    "so",
    "no",
    "is",
    "it",
    "ab",
    "aa",
    "re",
    "12",
    "• ",
    "\t",
    "\u2009",
    "…",
]
lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("".join)


made_up = st.tuples(patterns, st.sampled_from(["lines", "inline"]))


@pytest.mark.parametrize("engine", ENGINES)
@given(st.lists(made_up, min_size=1, max_size=12), st.lists(lines, min_size=1, max_size=12))
@example([("(?:read|\\w+ on)", "lines")], ["READ", "is on"])
@example([("(?:so|no)?[^x]read.*", "inline")], ["a  read"])
@example([(r"a(?!\w)", "lines")], ["a"])  # the end of the word is the end of the line
@example([(r"(?-i:\p{Lu}\p{Ll}+)", "lines")], ["İa"])  # folding makes a small ASCII letter of a capital
def test_the_same_for_made_up_rules_and_texts(engine, made_up, texts):
    from test_shapes import rule

    made = []
    for number, (pattern, shape) in enumerate(made_up):
        with contextlib.suppress(ValueError):  # two groups of one name, or what else chance brings that regex refuses
            made.append(compile_rule(rule({shape: [pattern]}, id=f"rule-{number}")))
    quick, plain = RulesDetector(matcher_for(made, engine)), RulesDetector(PlainMatcher(made))
    for text in (*texts, "\n".join(texts)):
        same(quick, plain, text)


def test_folding_makes_one_of_what_regex_takes_for_one():
    cased = "".join(c for c in map(chr, range(0x110000)) if c.lower() != c or c.upper() != c or c.casefold() != c)
    for character in cased:
        for other in regex.findall(regex.escape(character), cased, regex.IGNORECASE):
            assert fold_one(character) == fold_one(other), (character, other)


def test_most_shipped_patterns_need_not_be_asked_at_every_line():
    asked_always = [rule.id for rule in RULES if None in rule.supersets]
    assert len(asked_always) <= 2, asked_always


@pytest.mark.parametrize(
    "pattern", [r"(?:foo){e<=1}", r"foo{e}", r"[[:alpha:]]x", r"(?R)a", r"(?V1)[a--b]c", r"\bfoo\b?"]
)
def test_what_the_standard_parser_would_misread_has_no_superset(pattern):
    assert superset(pattern, whole_line=True) is None


def test_what_is_remembered_of_lines_may_be_forgotten_at_any_time(quick, monkeypatch):
    monkeypatch.setattr("cleaner.matcher._MOST_KNOWN", 3)
    for start in range(0, len(JUNK), 4):
        same(quick, PLAIN, "\n".join(JUNK[start : start + 6]))


def test_keywords_make_a_rule_that_may_begin_with_anything_cheap(quick):
    from test_shapes import rule

    table = {"inline": [r"(?:(?:foo){e<=1})"], "keywords": ["barge", "Tür"]}
    made = compile_rule(rule(table))
    assert None not in made.supersets
    texts = ["the fooo barge", "the foo boat", "fo TÜR"]
    for text in texts:
        same(RulesDetector(matcher_for([made])), RulesDetector(PlainMatcher([made])), text)
    found = [len(RulesDetector(matcher_for([made]))(View(text))) for text in texts]
    assert found == [1, 0, 1]


@pytest.mark.skipif("hyperscan" not in ENGINES, reason="needs hyperscan")
def test_compiled_expressions_are_kept_and_damaged_ones_made_anew(tmp_path, monkeypatch):
    from test_shapes import rule

    monkeypatch.setenv("CLEANER_CACHE", str(tmp_path))
    made = [compile_rule(rule({"lines": ["stop here", ".* boats? .*"]}))]
    for damage in (None, b"", b"garbage", b"\0" * 5000):
        for path in tmp_path.glob("hyperscan-*") if damage is not None else ():
            path.write_bytes(damage)
        same(RulesDetector(matcher_for(made, "hyperscan", DiskShelf())), RulesDetector(PlainMatcher(made)), "Stop here")
    assert list(tmp_path.glob("hyperscan-*"))


@pytest.mark.skipif("hyperscan" not in ENGINES, reason="needs hyperscan")
def test_a_database_of_another_machine_is_made_anew():
    from test_shapes import rule

    class Foreign:
        def __init__(self):
            self.put_in = []

        def take(self, key):
            return b"a database that hyperscan does not know"

        def put(self, key, compiled):
            self.put_in.append(key)

    shelf, made = Foreign(), [compile_rule(rule({"lines": ["stop here"]}))]
    same(RulesDetector(matcher_for(made, "hyperscan", shelf)), RulesDetector(PlainMatcher(made)), "Stop here")
    assert shelf.put_in


def test_decoration_that_counts_as_a_letter_is_seen_through(quick):
    same(quick, PLAIN, "ℹ️ Advertisement\n#Advertisement\n© Advertisement")
    assert "ad-label" in {proposal.rule for proposal in quick(View("ℹ️ Advertisement"))}
