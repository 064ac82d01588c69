"""Random documents with odd text, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

SENTENCES = (
    "The council of Varda closed the third gate of the dam on Monday.",
    "Dr. Ilves said that 3.5 million people (most of them children) were moved.",
    "“Nobody told us!” she said… “Nobody.”",
    "• a list item without a stop",
    "1. Item one; 2. item two",
    "e\u0301te\u0301 a\u0308ngstlich n\u0303 \u1ec7",
    "The family \U0001f468\u200d\U0001f469\u200d\U0001f467 waited \U0001f1f3\U0001f1f4 for days.",
    "أعلن الوزير إغلاق السد. هل كان ذلك متأخرا؟",
    "המועצה סגרה את הסכר ביום שני.",
    "市议会星期一关闭了大坝。三十人被转移！",
    "市議会は月曜日にダムを閉鎖した。サーバーが止まった。",
    "ប្រទេសកម្ពុជាបានបិទទំនប់។ ប្រជាជនត្រូវបានផ្លាស់ទី។",
    "สภาเมืองปิดเขื่อนในวันจันทร์ ประชาชนถูกย้าย",
    "မြို့တော်ကောင်စီက ဆည်ကို ပိတ်ခဲ့သည်။ လူများ ရွှေ့ပြောင်းခဲ့ရသည်။",
    "댐의 세 번째 수문이 닫혔다.",
    "https://example.org/a?b=c&d=e#f",
    "Item | 2031 | 2030",
    "Gate 3. Repairs | $ 1.2 | —",
    " |  | (in millions)",
    "…",
    "a\u200bb\u00adc\ufeffd",
)
"""Invented sentences: abbreviations, quotations, lists, combining marks, emoji, and ten scripts."""

BREAKS = (
    *(" ", "  ", "\n", "\r\n", "\n\n", "\r\n\r\n", "\t", "\f", "\u2028", "\u2029", "\x85", "\u3000", "\xa0"),
    *("\v", "\x1c", "\x1f", ""),
)
"""Separators between sentences, regular and accidental ones."""

_NO_SPACES = st.sampled_from(["a", "市", "ก", "ក", "e\u0301", "\U0001f468\u200d\U0001f469", "7"]).flatmap(
    lambda letter: st.integers(1, 700).map(lambda times: letter * times)
)
_VERY_LONG = st.tuples(st.sampled_from(["dam ", "12,450\t", "Ortsname, "]), st.integers(50, 400)).map(
    lambda pair: pair[0] * pair[1]
)

PIECES = st.one_of(
    st.sampled_from(SENTENCES), st.sampled_from(SENTENCES), st.text(max_size=30), _NO_SPACES, _VERY_LONG
)

TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(BREAKS)), max_size=12).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)
"""Texts of repeated sentences, odd characters, runs without spaces and very long sentences, or empty."""

LANGUAGES = st.sampled_from(["en", "und", "ar", "de", "he", "ja", "km", "ko", "my", "th", "zh", "xx", ""])
