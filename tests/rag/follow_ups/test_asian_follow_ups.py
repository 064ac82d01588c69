"""Follow-ups in Chinese, Vietnamese and Indonesian take names over from earlier turns."""

from __future__ import annotations

import pytest

from rag.follow_ups.conversation import Exchange, stand_alone


@pytest.mark.parametrize(
    ("earlier", "answer", "question", "expected"),
    [
        ("洪马内什么时候下令突袭？", "", "他还说了什么？", "洪马内还说了什么？"),
        ("谁下令突袭诈骗窝点？", "洪马内首相亲自下令突袭。", "他还说了什么？", "洪马内首相还说了什么？"),
        ("马拉维尔大坝为什么倒塌？", "", "它是什么时候建的？", "马拉维尔大坝是什么时候建的？"),
        ("在波贝有多少人被捕？", "", "那里发生了什么？", "在波贝发生了什么？"),
        ("在波贝有多少人被捕？", "", "西哈努克港呢？", "在西哈努克港有多少人被捕？"),
        ("三月有多少人流离失所？", "", "那五月呢？", "五月有多少人流离失所？"),
        ("马拉维尔大坝为什么倒塌？", "", "柬埔寨有多少诈骗窝点？", "柬埔寨有多少诈骗窝点？"),
        ("Hun Manet ra lệnh khi nào?", "", "Ông ấy nói gì?", "Hun Manet nói gì?"),
        ("Ai đã ra lệnh?", "Thủ tướng Hun Manet đã ra lệnh.", "Ông ấy nói gì?", "Hun Manet nói gì?"),
        (
            "Có bao nhiêu người bị bắt ở Poipet?",
            "",
            "Còn Phnom Penh thì sao?",
            "Có bao nhiêu người bị bắt ở Phnom Penh?",
        ),
        ("Có bao nhiêu người bị bắt ở Poipet?", "", "Điều gì xảy ra ở đó?", "Điều gì xảy ra ở Poipet?"),
        (
            "Siapa yang memerintahkannya?",
            "Perdana Menteri Hun Manet memerintahkannya.",
            "Apa lagi yang dia katakan?",
            "Apa lagi yang Perdana Menteri Hun Manet katakan?",
        ),
        (
            "Berapa orang ditangkap di Poipet?",
            "",
            "Bagaimana dengan Phnom Penh?",
            "Berapa orang ditangkap di Phnom Penh?",
        ),
        (
            "Berapa orang ditangkap di Poipet?",
            "",
            "Apa yang terjadi di sana?",
            "Apa yang terjadi di Poipet?",
        ),
        (
            "Berapa orang ditangkap pada bulan Maret?",
            "",
            "Dan bulan Mei?",
            "Berapa orang ditangkap pada bulan Mei?",
        ),
    ],
)
def test_names_are_carried_in_chinese_vietnamese_and_indonesian(
    earlier: str, answer: str, question: str, expected: str
) -> None:
    assert stand_alone(question, [Exchange(earlier, earlier, answer)]).question == expected


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("在波贝有多少人被捕？", "马拉维尔大坝为什么倒塌？"),
        ("Hun Manet ra lệnh khi nào?", "Báo cáo đó được công bố khi nào?"),
        ("Hun Manet ra lệnh khi nào?", "Ji Xiha bị buộc tội gì và ông ấy ở đâu?"),
        ("Berapa orang ditangkap di Poipet?", "Mengapa bendungan Maravel runtuh?"),
    ],
)
def test_a_question_that_says_what_it_is_about_is_left_as_it_is(earlier: str, question: str) -> None:
    assert stand_alone(question, [Exchange(earlier, earlier)]).question == question


def test_an_english_question_with_a_foreign_name_is_read_as_english() -> None:
    earlier = "What did Phạm Minh Chính sign in Hà Nội?"
    assert stand_alone("When did he visit Đà Nẵng?", [Exchange(earlier, earlier)]).question == (
        "When did Phạm Minh Chính visit Đà Nẵng?"
    )
