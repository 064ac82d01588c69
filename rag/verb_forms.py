"""Forms of the English verbs that reports use, mapped to their infinitives. Other verbs are unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_REGULAR = """
abolish accept accuse achieve acquire add adopt advise affect agree allocate allow amend announce apply
appoint approve arrest ask assess assign attack attend award ban block cancel carry cause cease change
charge claim clear close collapse collect commission complete compile conclude condemn conduct confirm
confiscate consider construct consume consult contain contaminate contribute convict count cover create
cross damage decide declare decline decrease deliver demand demolish deny deploy deport destroy detain
detect develop dismiss displace dissolve distribute donate double drain drop earn elect employ enact end
enforce enter erect escape establish estimate evacuate examine exceed exclude expand expect expel expire
explain expose extend fail finance fine finish fire flood found fund gain gather govern grant handle
harvest help hire host house identify imply import impose improve imprison increase indict infect inform
inject injure inspect install interview introduce investigate invest invite issue join kidnap kill land
last launch launder lease license lift link list live load lock lure maintain manage manufacture mark
measure merge mine monitor move murder name need notify number obtain occupy open operate oppose order
organise organize outlaw overturn own paint participate pass perform permit plan plant pledge poison
pollute postpone prepare prescribe prevent process produce prohibit promise propose prosecute protect
provide publish pump punish purchase pursue quarantine question raid raise ratify reach recall receive
reclaim recommend record recover recruit reduce refurbish refuse register reject release relocate remain
remove rename rent repair repeal replace report request rescue resign restore restrict resume return
reveal review revise revoke rule salvage sample sanction save search seize select sentence serve settle
shelter shift ship shorten sign slow smuggle spill stage start state stop strengthen study submit suffer
supply support surrender survey suspend target tax terminate test threaten total train transfer transport
treat trigger try uncover update upgrade urge use vaccinate value visit vote warn waste weaken welcome
widen witness work
"""

_IRREGULAR = """
become became become | begin began begun | break broke broken | bring brought brought |
build built built | buy bought bought | catch caught caught | choose chose chosen | come came come |
cost cost cost | cut cut cut | deal dealt dealt | draw drew drawn | drive drove driven |
fall fell fallen | feed fed fed | fight fought fought | find found found | flee fled fled |
forbid forbade forbidden | freeze froze frozen | give gave given | go went gone | grow grew grown |
hear heard heard | hit hit hit | hold held held | keep kept kept | lay laid laid | lead led led |
leave left left | lend lent lent | lose lost lost | make made made | mean meant meant | meet met met |
overthrow overthrew overthrown | pay paid paid | quit quit quit | rebuild rebuilt rebuilt |
rise rose risen | run ran run | see saw seen | sell sold sold | send sent sent | set set set |
shake shook shaken | shoot shot shot | shut shut shut | sink sank sunk | speak spoke spoken |
spend spent spent | spread spread spread | steal stole stolen | strike struck struck |
sweep swept swept | take took taken | teach taught taught | throw threw thrown |
understand understood understood | win won won | withdraw withdrew withdrawn | write wrote written
"""
"""Each verb with its past tense and its participle."""

_VOWELS = frozenset("aeiou")

_DOUBLED = frozenset({
    "ban", "drop", "plan", "ship", "stop", "transfer", "permit", "submit", "kidnap", "cancel",
    "expel", "refer", "total",
})  # fmt: skip
"""Verbs that double their last letter before -ed."""


def _past_tenses(base: str) -> Iterator[str]:
    """Yield the past tense of a regular verb; two forms if both spellings are in use."""
    if base.endswith("e"):
        yield f"{base}d"
        return
    if base.endswith("y") and base[-2] not in _VOWELS:
        yield f"{base[:-1]}ied"
        return
    if base in _DOUBLED:
        yield f"{base}{base[-1]}ed"
    if base not in _DOUBLED or base in {"cancel", "total"}:
        yield f"{base}ed"


_IRREGULAR_FORMS = [tuple(forms.split()) for forms in _IRREGULAR.split("|")]
_REGULAR_PAST = {form: base for base in _REGULAR.split() for form in _past_tenses(base)}

PAST: Mapping[str, str] = _REGULAR_PAST | {form: base for base, form, _ in _IRREGULAR_FORMS}
"""Past tenses with their infinitives: ``broke`` → ``break``."""

PARTICIPLES: Mapping[str, str] = _REGULAR_PAST | {form: base for base, _, form in _IRREGULAR_FORMS}
"""Participles with their infinitives: ``broken`` → ``break``."""
