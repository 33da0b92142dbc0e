"""Rules as they are written in rule files: the keys, their types and what they mean.

The JSON Schema for editors and the reference in ``docs/`` are made from these classes.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from cleaner.categories import CATEGORIES

Patterns = Annotated[list[str], Meta(min_length=1)]
Names = Annotated[list[str], Meta(min_length=1)]
Fingerprints = Annotated[list[Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]], Meta(min_length=1)]
Where = Literal["anywhere", "head", "tail", "edges", "before-body", "after-body"]
Page = Literal["any", "text", "dump"]
Status = Literal["stable", "experimental", "retired"]
Feature = Literal["short", "no-final-stop", "title-case", "question", "quote", "prose", "digits"]
if TYPE_CHECKING:
    CategoryName = str
else:
    CategoryName = Literal[tuple(CATEGORIES)]


class _Table(Struct, forbid_unknown_fields=True, frozen=True):
    """A TOML table in which every unknown key is an error."""


class Words(_Table, frozen=True):
    """A closed list: lines that hold nothing but these words, in any order, with any separators."""

    items: Annotated[Patterns, Meta(description="The words, as patterns; 'Facebook', 'Share on \\w+'.")]
    at_least: Annotated[int, Meta(ge=1, description="How many words a run of such lines must hold to go.")] = 2
    max_gap: Annotated[int, Meta(ge=0, description="Blank lines allowed between the lines of a run.")] = 2


class Block(_Table, frozen=True):
    """Several lines that belong together, opened by one that is sure."""

    start: Annotated[Patterns, Meta(description="Whole-line patterns of the line that opens the block.")]
    header: Annotated[
        str | UnsetType,
        Meta(description="Pattern of a line just above that belongs too; {name} stands for a named group of start."),
    ] = UNSET
    then: Annotated[
        list[str],
        Meta(description="Patterns of lines that follow in this order; each counts only if all before it stood."),
    ] = field(default_factory=list)
    members: Annotated[list[str], Meta(description="Patterns of lines that follow in any order.")] = field(
        default_factory=list
    )
    stop: Annotated[list[str], Meta(description="Patterns of lines that end the block and stay.")] = field(
        default_factory=list
    )
    max_lines: Annotated[int, Meta(ge=1, description="Longest block, in lines that are not blank.")] = 12
    min_lines: Annotated[int, Meta(ge=1, description="Shorter than this, it is no block and all stays.")] = 1
    max_gap: Annotated[int, Meta(ge=0, description="Blank lines allowed inside.")] = 2


class Cut(_Table, frozen=True):
    """A header from which everything to the end of the text goes."""

    start: Annotated[Patterns, Meta(description="Whole-line patterns of the header.")]
    min_prose_before: Annotated[int, Meta(ge=0, description="Characters of prose that must stand above it.")] = 300
    max_prose_share: Annotated[
        float, Meta(ge=0, le=1, description="Share of all prose that may stand below it; more, and nothing goes.")
    ] = 0.6


class Sign(_Table, frozen=True):
    """One weighted sign: a pattern searched in the line, or a feature of the line's shape."""

    weight: Annotated[float, Meta(description="Added when the sign is there; negative weights speak for the text.")]
    pattern: Annotated[str | UnsetType, Meta(description="Searched anywhere in the line.")] = UNSET
    feature: Annotated[Feature | UnsetType, Meta(description="A feature of the line.")] = UNSET


class Signs(_Table, frozen=True):
    """Weak signs that together are strong enough. At least one pattern of positive weight must be found."""

    signs: Annotated[list[Sign], Meta(min_length=2)]
    threshold: Annotated[float, Meta(gt=0, description="The sum of weights from which the line goes.")]


class Step(_Table, frozen=True):
    """One sign of a scorecard: what a measure adds from some value on. The measures stand in ``docs/detectors.md``."""

    measure: Annotated[str, Meta(description="What is measured: chars, words, junk-within-5, prose-below, ….")]
    at_least: Annotated[float, Meta(description="From this value on the weight is added.")]
    weight: Annotated[float, Meta(description="In log-odds; negative weights speak for the text.")]


class Scorecard(_Table, frozen=True):
    """Weighted signs of a paragraph's looks, place and surroundings, none of which needs a word."""

    steps: Annotated[list[Step], Meta(min_length=1)]
    threshold: Annotated[float, Meta(description="Log-odds from which a paragraph goes: 0 is even, 2.2 nine in ten.")]
    base: Annotated[float, Meta(description="The log-odds before any sign.")] = 0.0
    min_junk: Annotated[
        int, Meta(ge=0, description="So many paragraphs of junk must surer rules have found before this one looks.")
    ] = 1
    min_prose: Annotated[
        int, Meta(ge=0, description="Characters of prose that the text must hold: without a body there is no outside.")
    ] = 300


class Near(_Table, frozen=True):
    """Sure junk close by: a rule that asks for it can afford a weaker pattern."""

    categories: Annotated[list[CategoryName], Meta(description="Of these categories; empty for any.")] = field(
        default_factory=list
    )
    rules: Annotated[list[str], Meta(description="Of these rules; empty for any.")] = field(default_factory=list)
    lines: Annotated[int, Meta(ge=1, description="At most so many filled lines away.")] = 4


class When(_Table, frozen=True):
    """Conditions; all that are given must hold for the line at which the rule matched."""

    where: Annotated[
        Where,
        Meta(
            description="head: first 3 % or first 5 lines or before the body; tail: last 15 % or after the body; "
            "edges: either; before-body, after-body: outside the first and last line of prose."
        ),
    ] = "anywhere"
    between: Annotated[
        tuple[float, float] | UnsetType, Meta(description="From and to which share of the text, 0 to 1.")
    ] = UNSET
    page: Annotated[
        Page,
        Meta(description="dump: whole pages, menus and all, told by their many short lines; text: the others."),
    ] = "any"
    min_chars: Annotated[int, Meta(ge=0, description="Shortest line.")] = 0
    max_chars: Annotated[int, Meta(ge=1, description="Longest line; longer ones are never looked at.")] = 400
    max_words: Annotated[int, Meta(ge=1, description="Most words in the line.")] | UnsetType = UNSET
    prose: Annotated[bool | UnsetType, Meta(description="Only lines that are (true) or are not (false) prose.")] = UNSET
    previous: Annotated[list[str], Meta(description="The filled line above fits one of these whole-line patterns.")] = (
        field(default_factory=list)
    )
    next: Annotated[list[str], Meta(description="The filled line below fits one of these whole-line patterns.")] = (
        field(default_factory=list)
    )
    not_previous: Annotated[
        list[str], Meta(description="The filled line above fits none of these: guards lists after a colon.")
    ] = field(default_factory=list)
    not_next: Annotated[list[str], Meta(description="The filled line below fits none of these.")] = field(
        default_factory=list
    )
    near: Near | UnsetType = UNSET
    languages: Annotated[list[str], Meta(description="Two-letter codes of the text's language.")] = field(
        default_factory=list
    )
    sites: Annotated[list[str], Meta(description="Hosts; 'example.org' holds for its subdomains too.")] = field(
        default_factory=list
    )
    not_sites: Annotated[list[str], Meta(description="Hosts on which the rule rests.")] = field(default_factory=list)


class Exempt(_Table, frozen=True):
    """Lines the rule must leave alone, and why."""

    pattern: Annotated[str, Meta(description="Searched anywhere in the line.")]
    reason: Annotated[str, Meta(min_length=1, description="The text or case that forced the exception.")]


class Samples(_Table, frozen=True):
    """The evidence: run as tests.

    ``⟦…⟧`` marks the part that goes where other lines or words of the sample stay.
    """

    remove: Annotated[list[str], Meta(min_length=1, description="Texts that must go.")]
    keep: Annotated[list[str], Meta(min_length=1, description="Look-alikes that must stay.")]
    miss: Annotated[list[str], Meta(description="Texts that ought to go and do not yet: known misses.")] = field(
        default_factory=list
    )


class Rule(_Table, frozen=True, kw_only=True):
    """One rule: exactly one shape (lines, words, block, cut, inline, signs or scorecard), conditions and samples."""

    id: Annotated[str, Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", description="Unique, in kebab-case.")]
    description: Annotated[str, Meta(min_length=1, description="One line: what goes and why. It is the log's reason.")]
    category: Annotated[CategoryName | UnsetType, Meta(description="What kind of junk; not for keep rules.")] = UNSET
    action: Annotated[
        Literal["remove", "keep"], Meta(description="keep protects what matches from every other rule.")
    ] = "remove"
    status: Annotated[Status, Meta(description="stable removes; experimental only flags; retired is not loaded.")] = (
        "stable"
    )
    confidence: Annotated[float, Meta(gt=0, le=1, description="How often the rule is right.")] = 0.9
    precedence: Annotated[int, Meta(description="Who is named when two rules want the same span; higher wins.")] = 0
    lines: Annotated[Patterns | UnsetType, Meta(description="Shape: whole-line patterns.")] = UNSET
    inline: Annotated[Patterns | UnsetType, Meta(description="Shape: parts of a line.")] = UNSET
    words: Words | UnsetType = UNSET
    block: Block | UnsetType = UNSET
    cut: Cut | UnsetType = UNSET
    signs: Signs | UnsetType = UNSET
    scorecard: Scorecard | UnsetType = UNSET
    keywords: Annotated[
        list[str],
        Meta(
            description="Words one of which the line must hold, in any case. Only worth giving for patterns that "
            "could begin with anything and hold anything: then lines are scanned for these instead."
        ),
    ] = field(default_factory=list)
    when: When = field(default_factory=When)
    exceptions: Annotated[list[Exempt], Meta(description="What the rule leaves alone.")] = field(
        default_factory=list, name="except"
    )
    samples: Samples


class Override(_Table, frozen=True, kw_only=True):
    """What somebody knows better than a rule: these texts stay, or the rule only flags.

    It holds for a removal that fits all that is given. The fingerprint is that of the removal in the log.
    """

    rule: Annotated[str, Meta(pattern=r"^(\*|[a-z0-9]+(-[a-z0-9]+)*)$", description="A rule or detector; `*` for any.")]
    action: Annotated[
        Literal["keep", "flag"],
        Meta(description="keep: the text stays, whoever wants it; flag: it stays and is shown as flagged in the log."),
    ]
    fingerprints: Annotated[
        Fingerprints | UnsetType,
        Meta(description="Of removals, as the log has them. Without, all that the rule takes: only to flag."),
    ] = UNSET
    sites: Annotated[Names | UnsetType, Meta(description="Hosts; 'example.org' holds for its subdomains too.")] = UNSET
    documents: Annotated[Names | UnsetType, Meta(description="Ids of documents, as the log has them in `doc`.")] = UNSET
    reason: Annotated[str, Meta(min_length=1, description="Why, and who says so. The log has it where it flags.")]
    text: Annotated[str, Meta(description="How the text begins: for those who read the file.")] = ""


class RuleFile(_Table, frozen=True, kw_only=True):
    """A rule file: what it is about, shared definitions, rules, overrides. It may hold overrides alone."""

    description: Annotated[str, Meta(min_length=1, description="What the file is about, in a line.")]
    language: Annotated[str, Meta(description="Language of the phrases, for lists; 'mul' for any.")] = "mul"
    define: Annotated[
        dict[str, str], Meta(description="Names for patterns, used as {{name}} in the patterns of this file.")
    ] = field(default_factory=dict)
    rule: list[Rule] = field(default_factory=list)
    override: list[Override] = field(default_factory=list)


SHAPES = ("lines", "inline", "words", "block", "cut", "signs", "scorecard")
