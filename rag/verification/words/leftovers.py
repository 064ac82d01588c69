"""Decides which of the words that the evidence lacks matter."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from rag.verification.amounts import spans_of
from rag.verification.evidence import Evidence, with_referents
from rag.verification.words.phrases import said_otherwise
from rag.verification.words.words import Word, stem
from rag.word_lists import lines, listed

_LIGHT = {
    "en": listed("""
according tell told say said report reported reports state stated states note noted nearly roughly
approximately about around lack lacks lacked lacking fewer less more without find found make made take
took place addition additional term locate located well people person mainly mostly largely eventually
number total figure respectively overall meanwhile occur occurred happen happened include included
includes including reach reached stand stood record recorded amount amounted compared comparison period
level originally namely specifically currently previously recently thereby whereby around estimated
exactly become became known call called namely cover covered give given get got come came show showed
shows describe described contain contains consist consists involve involves feature features document
finding findings data information per cent percent part fact way allow allowed down up turn turned just
same various both either whose due also result follow following prior subsequent subsequently afterwards
afterward later still again away back longer yes no remain remained remains so long every used use younger
older lower higher fewer leaving gain go went gone going put few several other others another remaining
rest end made
"""),
    "vi": listed("""
hơn khoảng quá vẫn bởi gần ít nhất tối đa thiểu đạt theo tổng số lượng việc người cái đây cả nằm thuộc gồm
so mắc chính là lời biết ấy rồi trở cùng kể suốt đều giữa vâng phải nên lại thêm
"""),
    "id": listed("""
lebih sekitar menurut kata bulan tahun sebanyak hampir kurang mencapai sejumlah tersebut kira-kira ujar
menyatakan mengatakan melaporkan tercatat terdapat yakni yaitu paling sedikit banyak adanya tanggal hari
total jumlah berada terletak merupakan bahwa sekarang masih pun telah menjadi sebesar ya lagi kembali
"""),
}  # fmt: skip
_HAN_LIGHT = frozenset(
    "的了在被将已由于及和与为是有共约近多不超过达到以上下至从据称说表示其该也还并而等个名人只次家项所座些这那它他她们"
    "就其中来自里内外时期间年月日号一二三四五六七八九十百千万亿零两〇第左右大概总计合指出报告道布宣认没未把向对给让使得着地可能会要因"
)
_HAN_ALIKE = tuple(
    lines(
        "升涨增加提高长, 降跌减少低下落, 建造修筑设, 死亡丧遇, 购买收, 雇聘招, 帮助援, 毁坏损,"
        " 开始启, 停止终, 关闭, 受伤, 学校院, 获得取, 批准许, 举办行, 派遣送"
    )
)


def unexcused(
    missing: Sequence[Word], evidence: Sequence[Evidence], sentence: str, language: str
) -> list[str]:
    """Return those of the missing words that matter: words such as *according* and *about* do not.

    For Chinese and Japanese, return the runs of characters that the evidence lacks, without characters of
    little meaning.

    Args:
        missing: the words of the sentence that the evidence lacks.
        evidence: the evidence.
        sentence: the sentence.
        language: the ISO 639-1 code of its language.
    """
    if language in {"zh", "ja"}:
        return _han(sentence, " ".join(with_referents(item) for item in evidence))
    light = _stems(language)
    own = [
        word
        for word in missing
        if word.stem not in light and word.text.lower() not in _LIGHT.get(language, ())
    ]
    return [word.text for word in own]


def _stems(language: str) -> frozenset[str]:
    return frozenset(stem(word, language) for word in _LIGHT.get(language, ()))


def _han(sentence: str, its: str) -> list[str]:
    """Return the runs of Chinese characters that matter and that the evidence does not have."""
    held = set(its)
    for line in _HAN_ALIKE:
        if not held.isdisjoint(line):
            held |= set(line)
    for span in [*said_otherwise(sentence, its, "zh"), *spans_of(sentence, "zh")]:
        sentence = sentence[: span.start] + " " * (span.end - span.start) + sentence[span.end :]
    own = "".join(each if each not in held and each not in _HAN_LIGHT else " " for each in sentence)
    return regex.findall(r"\p{Han}+", own)
