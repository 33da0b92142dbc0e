"""From bytes to text and back, with nothing lost: UTF-8 first, then BOM, declaration, detection."""

from dataclasses import dataclass

import regex

from cleaner.errors import InputError

_BOMS = (  # UTF-32 before UTF-16: its BOM begins with the other's
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_DECLARED = regex.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]+)", regex.I
)
_CONTROL = regex.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MULTIBYTE = regex.compile(r"[^\x00-\x7f\udc80-\udcff]")
_STRAY = regex.compile(r"[\udc80-\udcff]")
_SAMPLE = 100_000

#: What the WHATWG encoding standard knows: pages are written in nothing else.
_WEB = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "koi8_r", "koi8_u"),
    *("iso8859_2", "iso8859_5", "iso8859_7", "iso8859_15", "cp874", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
]


@dataclass(frozen=True)
class Decoded:
    """Text, and how its bytes come back: ``stray`` holds the offsets of bytes that were no UTF-8."""

    text: str
    encoding: str = "utf-8"
    bom: bool = False
    stray: tuple[tuple[int, int], ...] = ()
    how: str = "utf-8"

    @property
    def plain(self) -> bool:
        return self.encoding == "utf-8" and not self.bom and not self.stray


def decode(data: bytes, *, markup: bool = False) -> Decoded:
    """The text of ``data``; with ``markup``, a charset that it declares is believed.

    Raises ``InputError`` for what is no text at all.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _with_bom(data[len(bom) :], encoding)
    _refuse_magic(data)
    if data.count(0) > len(data) / 5:  # ASCII in UTF-16 is valid UTF-8, every other character a NUL
        return _without_bom(data)
    _refuse_noise(data)
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _decode_odd(data, markup)


def encode(decoded: Decoded) -> bytes:
    """The bytes that :func:`decode` was given."""
    parts: list[bytes] = []
    position = 0
    for offset, byte in decoded.stray:
        parts += (decoded.text[position:offset].encode(decoded.encoding), bytes([byte]))
        position = offset + 1
    parts.append(decoded.text[position:].encode(decoded.encoding))
    bom = next(bom for bom, name in _BOMS if name == decoded.encoding) if decoded.bom else b""
    return bom + b"".join(parts)


def _with_bom(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding, bom=True, how="byte order mark")
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            decoded = _repaired_utf8(data)
            return Decoded(decoded.text, "utf-8", bom=True, stray=decoded.stray, how="byte order mark")
        raise InputError(
            f"the byte order mark says {encoding}, but byte {error.start} is not; re-save the file as UTF-8"
        ) from None


def _without_bom(data: bytes) -> Decoded:
    """UTF-16 without its mark, told by the side on which the NULs stand."""
    encoding = "utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be"
    decoded = _exactly(data, encoding, "detected")
    if decoded is None or not decoded.text[:1000].replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        raise InputError("not a text file: more than a fifth of it is NUL bytes")
    return decoded


def _refuse_magic(data: bytes) -> None:
    for magic, name in _MAGIC:
        if data.startswith(magic) and (name != "a program" or _CONTROL.search(data[:1000])):
            raise InputError(f"not a text file: it looks like {name}")


def _refuse_noise(data: bytes) -> None:
    head = data[:8000]
    if len(_CONTROL.findall(head)) > len(head) / 10:
        raise InputError("not a text file: more than a tenth of its beginning is control characters")


def _decode_odd(data: bytes, markup: bool) -> Decoded:
    """Bytes that are not valid UTF-8 from end to end."""
    if markup and (found := _DECLARED.search(data[:4000])):
        name = (found[1] or found[2]).decode("ascii").lower()
        if decoded := _exactly(data, {"iso-8859-1": "cp1252", "latin1": "cp1252"}.get(name, name), "declared"):
            return decoded
    repaired = _repaired_utf8(data)
    if len(_MULTIBYTE.findall(repaired.text)) > 2 * len(repaired.stray):
        return repaired
    return _detected(data) or repaired


def _repaired_utf8(data: bytes) -> Decoded:
    """UTF-8 with U+FFFD for each byte that is none, and those bytes remembered."""
    text = data.decode("utf-8", "surrogateescape")
    stray = tuple((match.start(), ord(match.group()) - 0xDC00) for match in _STRAY.finditer(text))
    return Decoded(_STRAY.sub("\ufffd", text), stray=stray, how="utf-8 with stray bytes")


def _detected(data: bytes) -> Decoded | None:
    from charset_normalizer import from_bytes  # 40 ms, and few files need it

    start = next(place for place, byte in enumerate(data) if byte >= 0x80)
    matches = list(from_bytes(data[max(0, start - _SAMPLE // 2) : start + _SAMPLE], cp_isolation=_WEB))
    # Short texts leave several encodings equally likely: then the one that more pages are written in.
    matches.sort(key=lambda match: (match.chaos, -match.coherence, _WEB.index(match.encoding)))
    encodings = [match.encoding for match in matches[:1]]
    return next(filter(None, (_exactly(data, name, "detected") for name in [*encodings, "cp1252"])), None)


def _exactly(data: bytes, encoding: str, how: str) -> Decoded | None:
    """The text, if ``encoding`` can read all of ``data`` and write it again to the bit."""
    try:
        text = data.decode(encoding)
        return Decoded(text, encoding, how=how) if text.encode(encoding) == data else None
    except (UnicodeError, LookupError):
        return None
