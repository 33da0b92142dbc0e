"""What each shape and condition means: the marked part goes, everything else stays."""

import msgspec
import pytest

from cleaner.rulefiles.samples import run_samples
from cleaner.rules.compiled import compile_rule
from cleaner.rules.spec import Rule

PROSE = "The mayor said that the bridge would be opened to all traffic before the end of the coming year."

WHOLE_LINE = {"lines": [r"advert(isement)?"]}
WORDS = {"words": {"items": ["Facebook", "X", "Copy link"], "at_least": 2}}
BOX = {
    "block": {
        "start": [r"this content comes from (?P<name>[\w ]+)"],
        "header": "{name}",
        "members": ["we need your permission", "allow .{1,20}"],
        "max_lines": 3,
    }
}
PLAYER = {"block": {"start": ["use another browser"], "then": [r"\d+:\d\d", r"[^.]{1,60}"]}}
LIST = {"block": {"start": ["related"], "members": [r".{1,60}(?<![.?!])"], "stop": ["the end"], "min_lines": 2}}
CUT = {"cut": {"start": ["comments"], "min_prose_before": 90, "max_prose_share": 0.5}}
INLINE = {"inline": [r"\(photo by [^()]{1,40}\)"]}
SIGNS = {
    "signs": {
        "threshold": 2,
        "signs": [
            {"pattern": "newsletter", "weight": 1},
            {"feature": "no-final-stop", "weight": 1},
            {"pattern": "said", "weight": -5},
        ],
    }
}

CASES = [
    ("a whole line", WHOLE_LINE, f"{PROSE}\n⟦Advertisement⟧\n{PROSE}"),
    ("a whole line in decoration", WHOLE_LINE, "» ⟦Advertisement⟧ «".replace("⟦", "").replace("⟧", ""), "all"),
    ("not a part of a line", WHOLE_LINE, "An advertisement for soap."),
    ("words on one line", WORDS, "⟦Facebook | X | Copy link⟧\nStory"),
    ("words on lines of their own", WORDS, "⟦Facebook\n\nX⟧\nStory"),
    ("one word alone stays", WORDS, "Facebook\nStory"),
    ("words in a sentence stay", WORDS, "Facebook and X are rivals"),
    (
        "a box with its header",
        BOX,
        "Story\n⟦Mapmaker\nThis content comes from Mapmaker\nWe need your permission⟧\nStory",
    ),
    ("another line above stays", BOX, "Story\nOther\n⟦This content comes from Mapmaker⟧\nStory"),
    ("a box of so many lines only", BOX, "⟦This content comes from X\nallow a\nallow b⟧\nallow c"),
    ("a title after a time", PLAYER, "⟦Use another browser\n4:03\nWhat comes next⟧\nNot this one"),
    ("no title without a time", PLAYER, "⟦Use another browser⟧\nWhat comes next"),
    ("no sentence as a title", PLAYER, "⟦Use another browser\n4:03⟧\nIt was late. They went home."),
    ("a list up to prose", LIST, f"⟦Related\nOne story\nTwo stories⟧\n{PROSE}"),
    ("a list up to its stop", LIST, "⟦Related\nOne story⟧\nThe end\nTwo stories"),
    ("no list, no block", LIST, f"Related\n{PROSE}"),
    ("comments to the end", CUT, f"{PROSE}\n⟦Comments\nNice one\nbob⟧"),
    ("comments above the story stay", CUT, f"Comments\n{PROSE}\n{PROSE}"),
    ("comments with more prose below stay", CUT, f"{PROSE}\nComments\n{PROSE}\n{PROSE}"),
    ("a part of a line", INLINE, "The pier. ⟦(Photo by Ida Stone)⟧"),
    ("signs that add up", SIGNS, "⟦Get our newsletter⟧"),
    ("one sign is not enough", SIGNS, "The newsletter ended."),
    ("a sign against", SIGNS, "The newsletter, she said"),
]


def rule(shape: dict, **more: object) -> Rule:
    table = {
        "id": "some-rule",
        "category": "other",
        "description": "for the test",
        "samples": {"remove": ["-"], "keep": ["-"]},
        **shape,
        **more,
    }
    return msgspec.convert(table, Rule)


def outcome(spec: Rule, sample: str, kind: str) -> str:
    samples = {"remove": [sample], "keep": []} if kind == "remove" else {"remove": [], "keep": [sample]}
    spec = msgspec.structs.replace(spec, samples=msgspec.convert({**samples, "miss": []}, _Loose))
    (result,) = run_samples([compile_rule(spec)])
    return result.problem


class _Loose(msgspec.Struct):
    remove: list[str]
    keep: list[str]
    miss: list[str]


@pytest.mark.parametrize(
    ("shape", "sample", "kind"), [(c[1], c[2], c[3] if len(c) > 3 else "") for c in CASES], ids=[c[0] for c in CASES]
)
def test_shape(shape, sample, kind):
    goes = kind == "all" or "⟦" in sample
    assert outcome(rule(shape), sample, "remove" if goes else "keep") == ""


LINES = {"lines": ["stop here"]}
LONG = "\n".join([PROSE] * 30)
CONDITIONS = [
    ("in the tail", {"where": "tail"}, f"{LONG}\n⟦Stop here⟧"),
    ("not in the middle for tail", {"where": "tail"}, f"{LONG}\nStop here\n{LONG}"),
    ("in the head", {"where": "head"}, f"Title\n⟦Stop here⟧\n{LONG}"),
    ("not in the middle for head", {"where": "head"}, f"{LONG}\nStop here\n{LONG}"),
    ("at an edge", {"where": "edges"}, f"{LONG}\n⟦Stop here⟧"),
    ("before the body", {"where": "before-body"}, f"⟦Stop here⟧\n{LONG}"),
    ("not inside the body", {"where": "before-body"}, f"{PROSE}\nStop here\n{PROSE}"),
    ("after the body", {"where": "after-body"}, f"{PROSE}\n⟦Stop here⟧\nshort"),
    ("between shares", {"between": [0.4, 0.6]}, f"{LONG}\n⟦Stop here⟧\n{LONG}"),
    ("outside of shares", {"between": [0.0, 0.2]}, f"{LONG}\nStop here\n{LONG}"),
    ("too long a line", {"max_chars": 5}, "Stop here"),
    ("too short a line", {"min_chars": 50}, "Stop here"),
    ("too many words", {"max_words": 1}, "Stop here"),
    ("the line above fits", {"previous": ["go"]}, "Go\n\n⟦Stop here⟧"),
    ("the line above does not fit", {"previous": ["go"]}, "No\nStop here"),
    ("the line below fits", {"next": ["go"]}, "⟦Stop here⟧\nGo"),
    ("no line below", {"next": ["go"]}, "Stop here"),
    ("the line above must not fit, and does", {"not_previous": [".*:"]}, "These remain:\nStop here"),
    ("the line above must not fit, and does not", {"not_previous": [".*:"]}, "Go\n⟦Stop here⟧"),
    ("no line above that could fit", {"not_previous": [".*:"]}, "⟦Stop here⟧"),
    ("the line below must not fit, and does", {"not_next": ["go"]}, "Stop here\nGo"),
    ("prose wanted", {"prose": True}, "Stop here"),
    ("no prose wanted", {"prose": False}, "⟦Stop here⟧"),
    ("in the language", {"languages": ["en"]}, f"{LONG}\n⟦Stop here⟧"),
    ("in another language", {"languages": ["de"]}, f"{LONG}\nStop here"),
    ("on the site", {"sites": ["example.org"]}, "⟦Stop here⟧"),
    ("on no site known", {"not_sites": ["example.org"]}, "⟦Stop here⟧"),
]


@pytest.mark.parametrize(("when", "sample"), [c[1:] for c in CONDITIONS], ids=[c[0] for c in CONDITIONS])
def test_condition(when, sample):
    assert outcome(rule(LINES, when=when), sample, "remove" if "⟦" in sample else "keep") == ""


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        ("https://www.example.org/a", True),
        ("https://m.example.org/", True),
        ("https://notexample.org", False),
        (None, False),
    ],
)
def test_sites_hold_for_their_subdomains_only(url, goes):
    from cleaner import Cleaner
    from cleaner.detectors.rules import RulesDetector
    from cleaner.matcher import PlainMatcher

    spec = rule(LINES, when={"sites": ["example.org"]})
    cleaned = Cleaner([RulesDetector(PlainMatcher([compile_rule(spec)]))]).clean("Stop here\nStory", url)
    assert bool(cleaned.removed) == goes


def test_an_exception_keeps_the_line():
    spec = rule(LINES, **{"except": [{"pattern": "^Stop", "reason": "shouted by the author"}]})
    assert outcome(spec, "Stop here", "keep") == ""


def test_near_leans_on_sure_junk_of_other_rules():
    from cleaner import Cleaner
    from cleaner.detectors.rules import RulesDetector
    from cleaner.matcher import PlainMatcher

    sure = compile_rule(rule(WHOLE_LINE, id="sure", category="ad"))
    leaning = compile_rule(rule(LINES, id="leaning", when={"near": {"categories": ["ad"], "lines": 2}}))
    clean = Cleaner([RulesDetector(PlainMatcher([sure, leaning]))]).clean
    assert clean("Advert\nA\nStop here\nStory").text == "A\nStory"
    assert clean("Advert\nA\nB\nStop here\nStory").text == "A\nB\nStop here\nStory"
    assert clean("Stop here\nStory").text == "Stop here\nStory"


def test_a_keep_rule_protects_the_line():
    from cleaner import Cleaner
    from cleaner.detectors.rules import RulesDetector
    from cleaner.matcher import PlainMatcher

    removing = compile_rule(rule({"lines": [r"\w+ here"]}))
    keeping = compile_rule(rule({"lines": ["stop here"]}, id="keeping", action="keep"))
    clean = Cleaner([RulesDetector(PlainMatcher([removing, keeping]))]).clean
    assert clean("Stop here\nGo here\nStory").text == "Stop here\nStory"


def test_an_experimental_rule_only_flags():
    from cleaner import Cleaner
    from cleaner.detectors.rules import RulesDetector
    from cleaner.matcher import PlainMatcher

    cleaned = Cleaner([RulesDetector(PlainMatcher([compile_rule(rule(LINES, status="experimental"))]))]).clean(
        "Stop here\nStory"
    )
    assert cleaned.text == "Stop here\nStory"
    assert [(r.action, r.rule) for r in cleaned.removals] == [("flagged", "some-rule")]


def test_quotes_in_patterns_match_every_kind():
    spec = rule({"lines": ['don\'t "miss" it']})
    assert outcome(spec, "Don’t “miss” it", "remove") == ""


def test_a_pattern_that_runs_wild_is_stopped(monkeypatch):
    from cleaner.rules import patterns

    monkeypatch.setattr(patterns, "TIMEOUT", 0.2)
    wild = patterns.Patterns().one("(a+)+$")
    with pytest.raises(TimeoutError):
        wild.fullmatch("a" * 50_000 + "!")
