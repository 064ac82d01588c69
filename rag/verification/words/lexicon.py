"""Small word lists of the languages that are checked: stop words, verbs, and forms of words."""

from __future__ import annotations

from collections.abc import Mapping

from rag.word_lists import lines, listed

STOPS: Mapping[str, frozenset[str]] = {
    "en": listed("""
a about additionally after again against all already also although am among an and another any are as at
be because been before being between both but by can could did do does done during each either even ever
for from furthermore had has have having he hence her here herself him himself his however i if in
instead into is it its itself just later may me meanwhile might more moreover most must my no nor not
now of off often on one ones only onto or other our out over own per rather s same shall she should
since so some still such t than that the their them themselves then there therefore these they this
those though through thus to too under until up us usually very via was we were when where whereas which while
who whom whose will with would yet you your
"""),
    "vi": listed("""
bị cho chưa các còn có cũng của do dưới khi không là lên mà mỗi một ngày như nhưng những này nói năm ra
rằng sau sẽ theo tháng thì trong trên trước tại tới từ và vào vì về với đang đã đó được đến để ở
"""),
    "id": listed("""
ada adalah akan atas atau bagi bahwa dalam dan dari dengan di ini itu juga karena ke ketika oleh pada
para saat sebagai secara sedang selama serta setelah setiap sudah tak telah tetapi tidak untuk yang
"""),
}

_FORMS = """
leave left leaving, say said, tell told, rise rose risen rising, fall fell fallen falling, sue sued sues
suing, lend lent, sell sold, buy bought, give gave given giving, take took taken taking, hide hid hidden
hiding, sink sank sunk, begin began begun, grow grew grown growth, win won winning, lose lost losing loss
losses, know knew known, write wrote written writing, speak spoke spoken, steal stole stolen, shrink
shrank shrunk, break broke broken, build built, pay paid, make made making, find found, hold held, keep
kept, meet met, send sent, spend spent, lead led, feel felt, think thought, bring brought, teach taught,
catch caught, fight fought, see saw seen, come came, become became, run ran running, go went gone, get got
gotten, drive drove driven, choose chose chosen, freeze froze frozen, withdraw withdrew withdrawn, strike
struck, die died dies dying, publish published publishes publishing, uphold upheld, overturn overturned,
flee fled, shoot shot, beat beaten, bear born borne, forbid forbade forbidden, deny denied denies denying
denial, refuse refused refuses refusing refusal, child children, man men, woman women, foot feet, teach
taught, swear swore sworn, wear wore worn, throw threw thrown, stand stood, understand understood, people
person persons, percent per cent, arrive arrived arrival, treat treated treatment, lie lies lay lain
lying, reduce reduction reductions reducing, produce production, destroy destruction, receive reception
receipt, grow grower, increase increasing increased increases, fail failure, sing sang sung, cut cuts
cutting, bid bids, quit quits, analyse analyze analysed analyzed analysis, approve approved approves
approval, arrest arrested arrests, free freed frees freeing, agree agreed agrees agreeing, guarantee
guaranteed, draw drew drawn, fly flew flown, grow growing, hang hung, lay laid, light lit, ring rang rung,
seek sought, shake shook shaken, shut shutting, sweep swept, swim swam swum, tear tore torn, wake woke
woken, weave wove, cancel cancelled cancellation, close closure closed closing, inspect inspection,
deliver delivery deliveries, explode explosion, collapse collapsed, resign resignation, expand expansion,
restrict restriction, extend extension, evacuate evacuation evacuated, elect election elected, appoint
appointment, announce announcement, protect protection, vaccinate vaccination vaccinated, inject
injection, submit submission, decide decision, divide division, respond response, exceed excess excessive,
apply application, investigate investigation, settle settlement, pay payment, punish punishment
"""

IRREGULAR: Mapping[str, str] = {form: entry.split()[0] for entry in lines(_FORMS) for form in entry.split()}
"""Forms of English words that a stemmer does not join, each with the first form of its group: *rose* with
*rise*."""

ENGLISH_VERBS = listed("""
accuses aims allows approves are be beat became been began begins bore born bought broke brought built
buys came can carries cast caught causes chose closes contains costs could cut denies did do does drove
ends falls fell felt fled fought found froze gave gives goes got grew grows had has have held hid hides
hit holds hopes hurt includes increases is keeps kept knew lays leads led left lends lent let lies live
lives lost made makes may means met might must needs opens owns paid plans put ran reduces refuses
rejects remains requires rises rose runs said sank saw says sells sent set shall shot should shows
shrank shut sold spent split spoke spread stands stole struck sued sues takes tells told took upheld
uses wants was went were will wins withdrew won would wrote
""")
"""English word forms that are always or mostly verbs. Forms in *-ed* are not listed, because their ending
identifies them."""

AUXILIARIES = listed("""
am are be been being can could did do does had has have is may might must shall should to was were will
would
""")

SPEECH = listed("""
add announce argue claim declare describe explain insist note report say state tell testify warn write
""")

VERBS: Mapping[str, tuple[str, ...]] = {
    "vi": tuple(
        lines("""
kiện, cáo buộc, bắt giữ, bắt, tố cáo, đánh bại, mua, bán, cho vay, phê duyệt, bác bỏ, chỉ trích, ủng hộ,
tăng, giảm, mở cửa, đóng cửa, nói, tuyên bố, xây, phạt, giết
""")
    ),
    "zh": tuple(
        lines("""
起诉, 指控, 逮捕, 击败, 收购, 批评, 支持, 借给, 批准, 否决, 上升, 下降, 增加, 减少, 开放,
关闭, 宣布, 表示, 罚款, 杀死, 赢得, 出售, 拒绝, 否认
""")
    ),
}
"""Verbs of the languages in which verbs have no endings."""

CONJUNCTIONS: Mapping[str, frozenset[str]] = {
    "en": listed("""
although and as because but if though unless whereas while
"""),
    "vi": listed("""
còn nhưng nếu trong_khi và vì
"""),
    "id": listed("""
dan jika karena namun sedangkan sementara tetapi
"""),
    "zh": frozenset(),
}
