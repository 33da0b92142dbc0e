"""A page as a set of levelled lines: without digits, dates, case, spacing and punctuation.

All of this runs over every byte of a batch, so it works on the whole text at once where it can.
"""

import re
import unicodedata
from hashlib import blake2b
from heapq import nlargest
from typing import NamedTuple

import numpy as np

#: A line of fewer levelled bytes tells nothing: "·", "4:03", "P".
LEAST = 2
#: Lines of so many levelled bytes are paragraphs; the longest of them stand for the story.
PARAGRAPH, PARAGRAPHS = 80, 3
#: In longer lines the names of months and days stand in sentences, and are left in.
LONGEST_DATED = 200

_MONTHS_AND_DAYS = """
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec am pm st nd rd th
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
januar jänner februar märz mai juni juli oktober dezember mrz okt dez uhr
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil déc
lundi mardi mercredi jeudi vendredi samedi dimanche
enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre ene abr ago dic
lunes martes miércoles jueves viernes sábado domingo
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug set ott
lunedì martedì mercoledì giovedì venerdì sabato domenica
janeiro fevereiro março maio junho julho setembro outubro novembro dezembro fev out
segunda terça quarta quinta sexta feira
januari februari maart mei augustus mrt maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
maj augusti måndag tisdag onsdag torsdag fredag lördag söndag marts mandag tirsdag lørdag søndag desember
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
poniedziałek wtorek środa czwartek piątek sobota niedziela
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
понедельник вторник среда четверг пятница суббота воскресенье
"""
_DATE_WORDS = frozenset(_MONTHS_AND_DAYS.split())
_WORD = re.compile(r"[^\W\d_]+")
_BREAKS = re.compile("[\r\x0b\x0c\x85\u2028\u2029]")
_ODD_BREAKS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")
#: Digits become one sign for the moment; of the other ASCII bytes only letters and line ends stay.
_DIGIT = b"0"
_LEVEL = bytes(ord("0") if chr(code).isascii() and chr(code).isdigit() else code for code in range(256))
_NOISE = bytes(code for code in range(128) if not (chr(code).isalnum() or chr(code) == "\n"))
#: Punctuation, symbols, spaces and pictographs beyond ASCII: U+0080–BF, U+2000–2FFF, U+3000–303F, marks, U+1Fxxx.
_ODD_SIGNS = re.compile(
    rb"\xc2[\x80-\xbf]|\xe2[\x80-\xbf][\x80-\xbf]|\xe3\x80[\x80-\xbf]|\xef(?:\xbb\xbf|\xb8\x8f)|\xf0\x9f[\x80-\xbf]{2}"
)


class Page(NamedTuple):
    """``lines`` are distinct hashes of levelled lines in rising order; versions of one ``story`` share its number."""

    site: str
    story: int
    lines: np.ndarray  # uint64


def page_of(text: str, site: str) -> Page:
    """The page that ``text``, raw or normalized, makes on ``site``; pages without an address have the site ``""``."""
    levelled = dict.fromkeys(line for line in _levelled(text) if len(line) >= LEAST)
    return Page(site, _story(list(levelled)), np.unique(_hashes(list(levelled))))


def line_hashes(text: str) -> np.ndarray:
    """The hash of each line, and 0 for lines that tell nothing.

    >>> one, none, same = line_hashes("Updated on Tuesday, 3 May 2024\\n12:30\\nUPDATED: on 11. Mai 2023 –").tolist()
    >>> one == same, none
    (True, 0)
    """
    levelled = _levelled(text)
    hashes = _hashes(levelled)
    hashes[[len(line) < LEAST for line in levelled]] = 0
    return hashes


def number_of(name: bytes) -> int:
    """A number of 64 bits for a name; never 0, which stands for none."""
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little") or 1


def _story(levelled: list[bytes]) -> int:
    """Told by its longest paragraphs: one alone may be the site's, a consent notice say."""
    longest = nlargest(PARAGRAPHS, (line for line in levelled if len(line) >= PARAGRAPH), key=len)
    return number_of(b"\n".join(sorted(longest) or levelled))


def _hashes(levelled: list[bytes]) -> np.ndarray:
    hashes = b"".join([blake2b(line, digest_size=8).digest() for line in levelled])
    return np.maximum(np.frombuffer(hashes, dtype="<u8").astype(np.uint64), 1)


def _levelled(text: str) -> list[bytes]:
    """The lines of ``text``, each levelled."""
    if any(odd in text for odd in _ODD_BREAKS):
        text = _BREAKS.sub("\n", text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    text = text.casefold()
    lines = _letters(text).split(b"\n")
    if any(_DIGIT in line for line in lines):
        plain = text.split("\n")
        lines = [_undated(line, plain[number]) if _DIGIT in line else line for number, line in enumerate(lines)]
    return lines


def _undated(line: bytes, plain: str) -> bytes:
    """A line without its digits; a short one also without the names of months and days."""
    if len(plain) > LONGEST_DATED:
        return line.replace(_DIGIT, b"")
    return _letters("".join([word for word in _WORD.findall(plain) if word not in _DATE_WORDS]))


def _letters(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass").translate(_LEVEL, _NOISE)
    return data if data.isascii() else _ODD_SIGNS.sub(b"", data)
