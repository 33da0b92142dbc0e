"""The normal form, case by case, and that it is reached once and for all."""

import unicodedata

import pytest
from hypothesis import given
from texts import messy_texts

from cleaner.edit import Undo, apply, undo
from cleaner.normalizer import Normalizer

CASES = {
    "plain text stays as it is": ("One.\nTwo.\n\nThree.", "One.\nTwo.\n\nThree."),
    "windows line ends": ("a\r\nb\r\n\r\nc", "a\nb\n\nc"),
    "old mac line ends": ("a\rb\r\rc", "a\nb\n\nc"),
    "line and paragraph separators": ("a\u2028b\u2029c", "a\nb\nc"),
    "blanks at line ends": ("a  \nb\t\nc", "a\nb\nc"),
    "blanks at line starts": ("a\n   b", "a\nb"),
    "repeated blanks": ("a  b   c", "a b c"),
    "a tab between cells stays": ("a\tb \t c", "a\tb\tc"),
    "no-break spaces": ("10\u00a0km\u202f!", "10 km !"),
    "ideographic space": ("東京\u3000大阪", "東京 大阪"),
    "zero width and soft hyphen": ("co\u200boper\u00adate\ufeff", "cooperate"),
    "zero-width joiner of emoji stays": ("👩\u200d🚀", "👩\u200d🚀"),
    "zero-width non-joiner of Persian stays": ("می\u200cخواهم", "می\u200cخواهم"),
    "zero-width space of Thai stays": ("ไทย\u200bนี้", "ไทย\u200bนี้"),
    "control characters": ("a\x00b\x1bc\x7f", "abc"),
    "many empty lines": ("a\n\n\n\nb", "a\n\nb"),
    "empty lines that hold blanks": ("a\n \n\u00a0\nb", "a\n\nb"),
    "blank edges": ("\n\n a \n\n", "a"),
    "decomposed accents": ("cafe\u0301", "café"),
    "mojibake": ("the cityâ€™s cafÃ©", "the city’s café"),
    "curly quotes and dashes stay": ("“a” – b — ‘c’", "“a” – b — ‘c’"),
    "flags stay": ("🇦🇺 and 🇳🇿", "🇦🇺 and 🇳🇿"),
    "a real Ã stays": ("Ã is a letter; NÃO is a word", "Ã is a letter; NÃO is a word"),
    "nothing but blanks": (" \n\t\r\n", ""),
    "empty": ("", ""),
}


@pytest.mark.parametrize(("raw", "normal"), CASES.values(), ids=CASES)
def test_normal_form(raw, normal):
    assert apply(raw, Normalizer().edits(raw)) == normal


@given(messy_texts)
def test_the_normal_form_is_normal_and_can_be_undone(raw):
    edits = Normalizer().edits(raw)
    normal = apply(raw, edits)
    assert Normalizer().edits(normal) == []
    assert unicodedata.is_normalized("NFC", normal)
    assert undo(normal, [Undo(e.start, raw[e.start : e.end], len(e.text)) for e in edits]) == raw


def test_quotes_and_dashes_change_when_asked():
    raw = "“It’s” – so"
    assert apply(raw, Normalizer(straight_quotes=True, plain_dashes=True).edits(raw)) == '"It\'s" - so'


def test_indentation_stays_in_markdown():
    raw = "* one\n    * two\u00a0\n\tcode"
    assert apply(raw, Normalizer().edits(raw, keep_indent=True)) == "* one\n    * two\n\tcode"


def test_mojibake_stays_when_asked():
    assert Normalizer(repair_mojibake=False).edits("cafÃ©") == []
