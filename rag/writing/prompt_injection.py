"""Recognises sentences of documents that address a language model. They cannot support an answer."""

from __future__ import annotations

import regex

_ABOVE = "above|previous|preceding|prior|earlier|foregoing|following"
_ADDRESSES = regex.compile(
    rf"\b(?:ignore|disregard|forget|override|skip)\s(?:\p{{L}}+\s){{0,3}}?(?:{_ABOVE}|everything"
    rf"|instructions?|rules?|prompts?)\b"
    r"|\bas an? (?:AI|artificial intelligence|(?:large )?language model|assistant|chatbot)\b"
    r"|\byou (?:are|act as) (?:now )?(?:an? )?(?:AI|language model|assistant|chatbot)\b"
    r"|\b(?:say|answer|reply|respond|write|output|print|tell (?:the )?(?:user|reader)) (?:only )?(?:that"
    r"|with)\b(?=.*\b(?:ignore|instead)\b)"
    r"|^\W*(?:say|answer|reply|respond|output|print|repeat|tell (?:the )?(?:user"
    r"|reader))\b(?: only)? (?:that|with|the)\b"
    r"|\b(?:system|new) (?:prompt|instructions?)\b|\bdo not (?:mention|tell|reveal|cite|say)\b"
    r"|\byou must (?:now )?(?:answer|say|reply|respond|write|state)\b"
    r"|(?:忽略|无视|忘记|不要理会|不理会)(?:以上|上述|上面|之前|前面|先前|所有)|作为(?:一个|一名)?(?:人工智能|AI|语言模型|助手)|请(?:只)?(?:回答|回复|输出)"
    r"|系统提示|^\s*(?:请)?(?:回答|回复|输出)(?:说|道|：|:)"
    r"|\b(?:bỏ qua|phớt lờ|quên|không tuân theo)\s(?:\p{L}+\s){0,3}?(?:trên|trước|hướng dẫn|chỉ dẫn"
    r"|chỉ thị|câu lệnh)\b"
    r"|\b(?:là|như|với tư cách) (?:một )?(?:trí tuệ nhân tạo|AI|mô hình ngôn ngữ|trợ lý)\b"
    r"|\bhãy (?:trả lời|nói|viết) (?:rằng|là)\b"
    r"|\b(?:abaikan|lupakan|hiraukan)\s(?:\p{L}+\s){0,3}?(?:di atas|sebelumnya|petunjuk|instruksi|perintah)\b"
    r"|\bsebagai (?:sebuah )?(?:AI|kecerdasan buatan|model bahasa|asisten)\b|\b(?:jawab|katakan"
    r"|tuliskan)(?:lah)? bahwa\b",
    regex.IGNORECASE,
)


def is_instruction(sentence: str) -> bool:
    """Return whether a sentence tells a language model, or a program, what to say or do."""
    return _ADDRESSES.search(sentence) is not None
