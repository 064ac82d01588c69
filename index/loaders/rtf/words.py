"""Control words of RTF (Rich Text Format 1.9.1) by what a reader has to do about them."""

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
"""Groups whose content is no words: tables of the file, pictures, codes of fields, remarks, and the like."""

RUNNING = frozenset(f"{kind}{page}" for kind in ("header", "footer") for page in ("", "l", "r", "f"))
"""Headers and footers, of all pages and of left, right and first ones."""

LABELS = frozenset({"listtext", "pntext"})
"""Groups that hold the number or bullet of a list's item."""

PROPERTIES = frozenset({"title", "author"})
"""What the file says of itself that is read."""

TIMES = frozenset({"creatim", "revtim"})
"""When the document was begun, and when it was saved."""

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
"""Words that stand for one character, which striprtf knows."""

SPACES = frozenset({"page", "column", "nestcell"})
"""Words that part others without ending a paragraph."""

TWO_BYTES = frozenset({128, 129, 130, 134, 136})
"""Character sets of fonts whose characters may take two bytes: Japanese, Korean and Chinese."""

TWO_BYTE_PAGES = frozenset({"932", "936", "949", "950", "1361"})
"""The code pages of those."""

LEAD_BYTES = frozenset(range(0x81, 0xFF))
"""First bytes of such characters; the second may be an ASCII letter, which some programs write as it is."""

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
"""Character sets of fonts by code pages, which some programs name in their place."""
