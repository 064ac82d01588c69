"""Control words of RTF (Rich Text Format 1.9.1), by their effect on the text."""

from __future__ import annotations

UNREAD = frozenset(
    {
        "fonttbl",
        "colortbl",
        "stylesheet",
        "listtable",
        "listoverridetable",
        "revtbl",
        "rsidtbl",
        "pict",
        "objdata",
    }
    | {"fldinst", "info", "filetbl", "themedata", "datastore", "latentstyles", "nonesttables", "annotation"}
    | {"atnid", "atnauthor", "atrfstart", "atrfend", "xe", "tc", "bkmkstart", "bkmkend", "ftnsep", "ftnsepc"}
    | {
        "ftncn",
        "aftnsep",
        "aftnsepc",
        "aftncn",
        "private",
        "shprslt",
        "sp",
        "template",
        "pntxta",
        "pntxtb",
        "txe",
        "rxe",
    }
    | {"nonshppict", "docvar", "formfield", "upr", "background", "generator", "xmlnstbl", "pnseclvl"}
)
"""Groups whose content is not text, such as pictures, field codes, comments, and lists of fonts or styles."""

RUNNING = frozenset(f"{kind}{page}" for kind in ("header", "footer") for page in ("", "l", "r", "f"))
"""Headers and footers of all, left, right and first pages."""

LABELS = frozenset({"listtext", "pntext"})
"""Groups that hold the number or bullet of a list's item."""

PROPERTIES = frozenset({"title", "author"})
"""The properties that are read."""

TIMES = frozenset({"creatim", "revtim"})
"""The times of creation and of the last change."""

CHARACTERS = frozenset(
    {
        "tab",
        "emdash",
        "endash",
        "emspace",
        "enspace",
        "qmspace",
        "bullet",
        "lquote",
        "rquote",
        "ldblquote",
        "rdblquote",
    }
)
"""Control words that stand for one character, which striprtf decodes."""

SPACES = frozenset({"page", "column", "nestcell"})
"""Control words that separate text without ending a paragraph."""

TWO_BYTES = frozenset({128, 129, 130, 134, 136})
"""Character sets of fonts whose characters may take two bytes: Japanese, Korean and Chinese."""

TWO_BYTE_PAGES = frozenset({"932", "936", "949", "950", "1361"})
"""The code pages whose characters may take two bytes."""

LEAD_BYTES = frozenset(range(0x81, 0xFF))
"""The first bytes of two-byte characters. Some programs write an ASCII second byte as a plain letter."""

CHARSETS = {
    437: 254,
    850: 255,
    874: 222,
    932: 128,
    936: 134,
    949: 129,
    950: 136,
    1250: 238,
    1251: 204,
    1253: 161,
    1254: 162,
    1255: 177,
    1256: 178,
    1257: 186,
    1258: 163,
    1361: 130,
    10000: 77,
}
"""Maps code pages to fonts' character sets: some programs give a font's code page, not its character set."""
