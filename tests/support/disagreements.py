"""Pairs of sentences that give different figures for the same thing, and pairs that do not."""

from __future__ import annotations

DISAGREE = [
    ("en", "The flood killed 31 people in Sarrow.", "The flood killed 36 people in Sarrow.", "31", "36"),
    ("en", "The flood killed 31 people in Sarrow.", "In Sarrow, 36 people died in the flood.", "31", "36"),
    (
        "en",
        "The floods displaced 12,400 people.",
        "Some 15,900 people were displaced by the floods.",
        "12,400",
        "Some 15,900",
    ),
    (
        "en",
        "The Ministry of Health counted 412 cases of cholera in Sarrow.",
        "The Red Cross counted 540 cases of cholera in Sarrow.",
        "412",
        "540",
    ),
    (
        "en",
        "The ministry counted 15,900 displaced people on 12 May.",
        "On 12 May 2025, 14,170 displaced people were on the register.",
        "15,900",
        "14,170",
    ),
    (
        "en",
        "Repairs of the dam cost $2.4 million.",
        "Repairs of the dam cost US$3.1 million, according to the bank.",
        "$2.4 million",
        "US$3.1 million",
    ),
    (
        "en",
        "More than 12,000 hectares of forest burned in Arden.",
        "The fire burned 9,500 hectares of forest in Arden.",
        "More than 12,000 hectares",
        "9,500 hectares",
    ),
    (
        "en",
        "Unemployment in Lorvenna stood at 7.4 per cent in March 2025.",
        "Unemployment in Lorvenna reached 8.1 per cent in March 2025.",
        "7.4 per cent",
        "8.1 per cent",
    ),
    (
        "en",
        "The pipeline in Arden is 12 kilometres long.",
        "The pipeline in Arden is 9,000 metres long.",
        "12 kilometres",
        "9,000 metres",
    ),
    (
        "en",
        "Raids in Poipet freed between 100 and 200 workers.",
        "Raids in Poipet freed 350 workers.",
        "between 100 and 200",
        "350",
    ),
    (
        "en",
        "On 12 May 2025 the number of people displaced by the Isken floods was 14,170, not 15,900.",
        "The Ministry of Health counted 15,900 displaced people on 12 May, against 12,400 on 20 March.",
        "14,170",
        "15,900",
    ),
    ("zh", "洪水在越南造成34人死亡。", "越南洪水造成52人死亡。", "34", "52"),
    (
        "vi",
        "Lũ lụt ở Quảng Trị làm 34 người chết.",
        "Trận lũ lụt ở Quảng Trị đã làm 41 người chết.",
        "34",
        "41",
    ),
    (
        "id",
        "Banjir di Aceh menewaskan 34 orang.",
        "Sebanyak 52 orang tewas akibat banjir di Aceh: banjir itu menewaskan 52 orang.",
        "34",
        "52",
    ),
    (
        "id",
        "Banjir di Aceh merusak 1.250 rumah warga.",
        "Pemerintah mencatat banjir di Aceh merusak 2.400 rumah warga.",
        "1.250",
        "2.400",
    ),
]

FINE = {
    "the same figure": ("en", "The flood killed 31 people.", "The flood killed thirty-one people."),
    "rounded": (
        "en",
        "The floods displaced about 16,000 people.",
        "The floods displaced 15,900 people.",
    ),
    "rounded without a word": (
        "en",
        "The floods displaced 16,000 people.",
        "The floods displaced 15,900 people.",
    ),
    "over": (
        "en",
        "The raids freed more than a thousand people.",
        "The raids freed 1,043 people.",
    ),
    "at least": ("en", "The flood killed at least 31 people.", "The flood killed 36 people."),
    "nearly": ("en", "The flood displaced nearly 16,000 people.", "The flood displaced 15,900 people."),
    "a range that has it": (
        "en",
        "The raids freed between 100 and 200 workers.",
        "The raids freed 150 workers.",
    ),
    "other units, one length": (
        "en",
        "The pipeline in Arden is 12 kilometres long.",
        "The pipeline in Arden is 12,000 metres long.",
    ),
    "written as millions": (
        "en",
        "Repairs of the dam cost $2.4 million.",
        "Repairs of the dam cost $2,412,000.",
    ),
    "another place": (
        "en",
        "The flood killed 31 people in Sarrow.",
        "The flood killed 36 people in Tamber.",
    ),
    "a place and the whole": (
        "en",
        "The flood displaced 2,480 people in the Quell Delta.",
        "The flood displaced 15,900 people.",
    ),
    "a place at the beginning": (
        "en",
        "Sarrow has taken 5,150 displaced people into its schools and sports halls.",
        "Tamber has taken 3,900 displaced people into its schools and sports halls.",
    ),
    "a country that reports": (
        "en",
        "Vietnam reported 31 deaths from the storm.",
        "Thailand reported 36 deaths from the storm.",
    ),
    "another day": (
        "en",
        "On 20 March the ministry had 12,400 displaced people on its register.",
        "The ministry counted 15,900 displaced people on 12 May.",
    ),
    "another year": (
        "en",
        "Unemployment in Lorvenna was 7.4 per cent in 2023.",
        "Unemployment in Lorvenna was 8.1 per cent in 2024.",
    ),
    "a month and a day of it": (
        "en",
        "Cholera killed 40 people in Sarrow in May 2025.",
        "Cholera killed 3 people in Sarrow on 12 May 2025.",
    ),
    "an undated one long after": (
        "en",
        "On 20 March 2025, 12,400 displaced people were on the register.",
        "The register holds 11,050 displaced people.",
    ),
    "another length of time": (
        "en",
        "Raids in Poipet freed 120 workers within three days.",
        "Raids in Poipet freed 350 workers within three weeks.",
    ),
    "killed and injured": (
        "en",
        "The flood of the upper Isken valley killed 31 people at the market of Sarrow.",
        "The flood of the upper Isken valley injured 120 people at the market of Sarrow.",
    ),
    "people and children": ("en", "The flood killed 31 people.", "The flood killed 4 children."),
    "some of them": (
        "en",
        "The flood killed 31 people in Sarrow.",
        "In Sarrow the flood killed people, including 4 children.",
    ),
    "suspected and confirmed": (
        "en",
        "Sarrow has 412 suspected cases of cholera.",
        "Sarrow has 86 confirmed cases of cholera.",
    ),
    "planned and there": (
        "en",
        "Sarrow has 14 sirens against floods.",
        "Sarrow is expected to have 52 sirens against floods.",
    ),
    "a change": (
        "en",
        "The number of displaced people in Sarrow rose by 1,730.",
        "The number of displaced people in Sarrow is 5,150.",
    ),
    "a change and where it began": (
        "en",
        "The number of displaced people in Sarrow rose from 3,900 to 5,150.",
        "The number of displaced people in Sarrow is 3,900.",
    ),
    "more of them": (
        "en",
        "The flood destroyed 2,140 homes in Sarrow.",
        "The flood destroyed a further 5,300 homes in Sarrow.",
    ),
    "destroyed and damaged": (
        "en",
        "The flood destroyed 2,140 homes in Sarrow.",
        "The flood damaged 5,300 homes in Sarrow.",
    ),
    "other currencies": (
        "en",
        "Repairs of the dam cost $2.4 million.",
        "Repairs of the dam cost €2.1 million.",
    ),
    "a share and a count": (
        "en",
        "The flood destroyed 12 per cent of the homes in Sarrow.",
        "The flood destroyed 2,140 homes in Sarrow.",
    ),
    "a part of those counted": (
        "en",
        "The ministry counted 12,400 displaced people in Sarrow.",
        "The ministry counted 3,900 displaced people in camps in Sarrow.",
    ),
    "what was denied": (
        "en",
        "The flood did not kill 31 people in Sarrow.",
        "The flood killed 36 people in Sarrow.",
    ),
    "another cause": (
        "en",
        "The cholera killed 40 people in the camps of Sarrow.",
        "The measles killed 12 people in the camps of Sarrow.",
    ),
    "another wave": (
        "en",
        "The first wave killed 31 people in Sarrow.",
        "The second wave killed 36 people in Sarrow.",
    ),
    "another part of the day": (
        "en",
        "The market of Sarrow sold 120 tonnes of rice this morning.",
        "The market of Sarrow sold 180 tonnes of rice in the evening.",
    ),
    "women and men": (
        "en",
        "Raids in Poipet freed 120 women from the scam centres.",
        "Raids in Poipet freed 350 men from the scam centres.",
    ),
    "before and after": (
        "en",
        "Before 1 March 2025 the flood killed 31 people in Sarrow.",
        "After 1 March 2025 the flood killed 36 people in Sarrow.",
    ),
    "a rate and a total": (
        "en",
        "Tankers bring 310 cubic metres of water a day to Sarrow.",
        "Tankers bring 9,300 cubic metres of water to Sarrow.",
    ),
    "only persons in common": ("en", "There were 31 people.", "There were 120 people."),
    "places in Chinese": ("zh", "洪水在越南造成34人死亡。", "洪水在泰国造成52人死亡。"),
    "dead and hurt in Chinese": ("zh", "越南洪水造成34人死亡。", "越南洪水造成52人受伤。"),
    "days in Chinese": ("zh", "3月5日越南洪水造成34人死亡。", "3月8日越南洪水造成52人死亡。"),
    "about in Chinese": ("zh", "越南洪水造成约50人死亡。", "越南洪水造成52人死亡。"),
    "places in Vietnamese": (
        "vi",
        "Lũ lụt ở Quảng Trị làm 34 người chết.",
        "Lũ lụt ở Quảng Nam làm 41 người chết.",
    ),
    "dead and hurt in Vietnamese": (
        "vi",
        "Lũ lụt ở Quảng Trị làm 34 người chết.",
        "Lũ lụt ở Quảng Trị làm 41 người bị thương.",
    ),
    "places in Indonesian": (
        "id",
        "Banjir di Aceh merusak 1.250 rumah warga.",
        "Banjir di Jambi merusak 2.400 rumah warga.",
    ),
    "over in Indonesian": (
        "id",
        "Banjir di Aceh merusak lebih dari 1.000 rumah warga.",
        "Banjir di Aceh merusak 1.250 rumah warga.",
    ),
}
