"""The matcher that asks few rules finds what the one that asks all of them finds."""

import regex
from hypothesis import example, given
from hypothesis import strategies as st
from texts import JUNK, PROSE, project_texts

from cleaner.detectors.rules import RulesDetector
from cleaner.matcher import PlainMatcher
from cleaner.rulefiles import load_packs
from cleaner.rules.compiled import compile_rule
from cleaner.rules.hints import fold, hints
from cleaner.view import View

RULES = load_packs().rules
QUICK, PLAIN = RulesDetector(RULES), RulesDetector(RULES, PlainMatcher)


def same(quick, plain, text: str) -> None:
    view = View(text)
    assert set(quick(view)) == set(plain(view))


def test_the_same_on_the_texts_of_the_project():
    for path in project_texts():
        same(QUICK, PLAIN, path.read_text())


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
        lambda s: f"» {s} ›",
        lambda s: f"#{s}",
        lambda s: s[1:],
        lambda s: s.replace("e", "é"),
        lambda s: f"© {s}",
    ]
)


@given(st.lists(st.tuples(st.one_of(samples, st.sampled_from(PROSE + JUNK)), changes), max_size=5))
def test_the_same_on_samples_put_together_and_changed(parts):
    same(QUICK, PLAIN, "\n".join(change(sample) for sample, change in parts))


ATOMS = [
    "a",
    "k",
    "S",
    "ß",
    "é",
    "read",
    "on",
    r"\d+",
    r"\w+",
    ".",
    "[abc]",
    "[^x]",
    r"\b",
    "(?!no)",
    "(?<=a)",
    r"\p{Lu}",
    "(?-i:A)",
    "x?",
    "(?:so|no)?",
    "(?:is|it)+",
    "(?>re|r)",
    "b*+",
    "'",
    " ",
    r"(?P<n>k)",
    "i",
    "σ",
    "(?:ab|c.)*",
    ".{0,3}",
]
patterns = st.recursive(
    st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4).map("".join),
    lambda inner: st.lists(inner, min_size=2, max_size=3).map(lambda parts: "(?:" + "|".join(parts) + ")"),
    max_leaves=6,
)
WORDS = [
    "a",
    "A",
    "k",
    "K",
    "s",
    "ſ",
    "ß",
    "ẞ",
    "é",
    "É",
    "read",
    "READ",
    "on",
    "1",
    "٣",
    "so",
    "no",
    "is",
    "ı",
    "İ",
    "x",
    " ",
    "'",
    "’",
    "σ",
    "ς",
    "ab",
    "re",
    "b",
    "it",
    "i",
]
lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("".join)


@given(patterns, st.sampled_from(["lines", "inline"]), st.lists(lines, min_size=1, max_size=6))
@example("(?:read|\\w+ on)", "lines", ["READ", "is on"])
def test_the_same_for_made_up_rules_and_texts(pattern, shape, texts):
    from test_shapes import rule

    try:
        made = compile_rule(rule({shape: [pattern]}))
    except ValueError:  # two groups of one name, or what else chance brings that regex refuses
        return
    quick, plain = RulesDetector([made]), RulesDetector([made], PlainMatcher)
    same(quick, plain, "\n".join(texts))


def test_folding_makes_one_of_what_regex_takes_for_one():
    cased = "".join(c for c in map(chr, range(0x110000)) if c.lower() != c or c.upper() != c or c.casefold() != c)
    for character in cased:
        for other in regex.findall(regex.escape(character), cased, regex.IGNORECASE):
            assert fold(character) == fold(other), (character, other)


def test_most_shipped_rules_need_not_be_asked_at_every_line():
    asked_always = [rule.id for rule in RULES if rule.hints is None]
    assert len(asked_always) < len(RULES) / 15, asked_always


def test_what_the_standard_parser_would_misread_has_no_hints():
    for pattern in (r"(?:foo){e<=1}", r"[[:alpha:]]x", r"(?R)a", r"\p{Lu}[\p{Ll}]", r"(?V1)[a--b]c"):
        found = hints(pattern, whole_line=True)
        assert found is None or pattern == r"\p{Lu}[\p{Ll}]", (pattern, found)


def test_decoration_that_counts_as_a_letter_is_seen_through():
    same(QUICK, PLAIN, "ℹ️ Advertisement\n#Advertisement\n© Advertisement")
    assert "ad-label" in {proposal.rule for proposal in QUICK(View("ℹ️ Advertisement"))}
