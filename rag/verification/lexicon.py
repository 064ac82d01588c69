"""Small word lists of the languages that are checked: stop words, irregular verbs, words that mean the same."""

from __future__ import annotations

from collections.abc import Mapping

STOPS: Mapping[str, frozenset[str]] = {
    "en": frozenset(["a", "an", "the", "of", "in", "on", "at", "by", "to", "from", "for", "with", "and", "or", "but", "as", "is", "are", "was", "were", "be", "been", "being", "am", "has", "have", "had", "having", "do", "does", "did", "done", "will", "would", "can", "could", "may", "might", "must", "shall", "should", "that", "which", "who", "whom", "whose", "this", "these", "those", "there", "here", "it", "its", "he", "she", "his", "her", "him", "they", "their", "them", "we", "our", "us", "i", "you", "your", "me", "my", "not", "no", "nor", "so", "than", "then", "also", "too", "very", "just", "only", "about", "over", "under", "into", "onto", "up", "out", "off", "through", "during", "after", "before", "since", "until", "while", "when", "where", "if", "because", "although", "though", "however", "both", "either", "each", "all", "any", "some", "more", "most", "instead", "later", "now", "still", "already", "even", "yet", "again", "often", "usually", "additionally", "furthermore", "moreover", "meanwhile", "thus", "therefore", "hence", "rather", "ever", "such", "own", "same", "other", "another", "s", "t", "one", "ones", "itself", "himself", "herself", "themselves", "per", "via", "among", "between", "against"]),
    "vi": frozenset(["của", "trong", "tại", "ở", "và", "là", "đã", "đang", "sẽ", "bị", "được", "cho", "từ", "với", "theo", "khi", "vào", "về", "này", "đó", "các", "những", "do", "để", "mà", "nhưng", "cũng", "không", "chưa", "có", "như", "thì", "rằng", "ra", "lên", "đến", "tới", "trên", "dưới", "vì", "sau", "trước", "còn", "ngày", "tháng", "năm", "một", "mỗi", "nói"]),
    "id": frozenset(["yang", "di", "ke", "dari", "dan", "pada", "untuk", "dengan", "oleh", "adalah", "telah", "sudah", "akan", "sedang", "para", "tidak", "dalam", "karena", "saat", "ketika", "serta", "itu", "ini", "atau", "juga", "sebagai", "bahwa", "bagi", "atas", "tetapi", "ada", "secara", "selama", "setelah", "setiap", "tak"]),
}  # fmt: skip

IRREGULAR: Mapping[str, str] = {
    form: base
    for line in (
        "leave left leaving", "say said", "tell told", "rise rose risen rising", "fall fell fallen falling",
        "sue sued sues suing", "lend lent", "sell sold", "buy bought", "give gave given giving", "take took taken taking",
        "hide hid hidden hiding", "sink sank sunk", "begin began begun", "grow grew grown growth", "win won winning",
        "lose lost losing loss losses", "know knew known", "write wrote written writing", "speak spoke spoken",
        "steal stole stolen", "shrink shrank shrunk", "break broke broken", "build built", "pay paid", "make made making",
        "find found", "hold held", "keep kept", "meet met", "send sent", "spend spent", "lead led", "feel felt",
        "think thought", "bring brought", "teach taught", "catch caught", "fight fought", "see saw seen",
        "come came", "become became", "run ran running", "go went gone", "get got gotten", "drive drove driven",
        "choose chose chosen", "freeze froze frozen", "withdraw withdrew withdrawn", "strike struck", "die died dies dying",
        "publish published publishes publishing", "uphold upheld", "overturn overturned", "flee fled", "shoot shot",
        "beat beaten", "bear born borne", "forbid forbade forbidden", "deny denied denies denying denial",
        "refuse refused refuses refusing refusal", "child children", "man men", "woman women", "foot feet",
        "teach taught", "swear swore sworn", "wear wore worn", "throw threw thrown", "stand stood", "understand understood",
        "people person persons", "percent per cent", "arrive arrived arrival", "treat treated treatment",
        "lie lies lay lain lying", "reduce reduction reductions reducing", "produce production",
        "destroy destruction", "receive reception receipt", "grow grower", "increase increasing increased increases",
        "fail failure", "sing sang sung", "cut cuts cutting", "bid bids", "quit quits",
        "analyse analyze analysed analyzed analysis", "approve approved approves approval", "arrest arrested arrests",
    )
    for base, *forms in [line.split()]
    for form in [base, *forms]
}  # fmt: skip
"""Forms of English words that a stemmer keeps apart, by form."""

SYNONYMS: tuple[str, ...] = (
    # English, one meaning a line; the first word names it.
    "rise increase grow climb gain surge up jump soar raise lift",
    "fall drop decrease decline shrink plunge down slump slow reduce lower cut",
    "clear acquit exonerate", "convict guilty", "approve pass back endorse adopt", "reject refuse decline turn veto",
    "sue lawsuit", "arrest detain hold custody", "kill dead death die", "say state declare announce tell report add",
    "allow may permit can", "must order require oblige have", "publish release issue", "begin start launch open",
    "end finish stop halt", "people person resident inhabitant", "child pupil kid", "car vehicle", "firm company business",
    "law act legislation", "purchase buy acquire", "write letter", "study research trial", "illness disease",
    "warm heat", "supply provide", "live household reside home", "take carry transport", "crossing journey trip",
    "far distance lie located situated", "over because concerning", "loss lose", "big large", "help aid assist",
    "money fund cash", "show find reveal demonstrate", "wreck destroy", "injure hurt wound", "pay wage salary",
    "minister ministry", "governor governing", "raid arrest", "travel carry passenger ride",
    "promote enhance stimulate activate facilitate trigger boost", "inhibit suppress impede block impair prevent hinder",
    "seize confiscate", "flee escape", "quit resign",
)  # fmt: skip

ENGLISH_VERBS = frozenset(["is", "are", "was", "were", "be", "been", "has", "have", "had", "does", "do", "did", "will", "would", "can", "could", "may", "might", "must", "shall", "should", "said", "says", "told", "rose", "fell", "sued", "lent", "sold", "bought", "gave", "took", "hid", "sank", "began", "grew", "won", "lost", "knew", "wrote", "spoke", "stole", "shrank", "broke", "built", "paid", "made", "found", "held", "born", "kept", "met", "sent", "spent", "led", "felt", "brought", "caught", "fought", "saw", "came", "became", "ran", "went", "got", "drove", "chose", "froze", "withdrew", "struck", "upheld", "fled", "shot", "beat", "bore", "left", "rises", "falls", "grows", "lies", "takes", "costs", "holds", "runs", "begins", "ends", "remains", "stands", "needs", "makes", "gives", "goes", "cut", "put", "set", "hit", "let", "shut", "cast", "hurt", "split", "spread", "says", "lays", "owns", "leads", "wins", "tells", "keeps", "means", "shows", "uses", "plans", "wants", "aims", "hopes", "hides", "sues", "lends", "sells", "buys", "opens", "closes", "carries", "lives", "live", "accuses", "denies", "refuses", "rejects", "approves", "allows", "requires", "contains", "includes", "causes", "reduces", "increases"])  # fmt: skip
"""Forms that are verbs, or mostly; those in *-ed* are found by their ending."""

AUXILIARIES = frozenset(
    ["is", "are", "was", "were", "be", "been", "being", "am", "has", "have", "had", "do", "does", "did", "will", "would", "can", "could", "may", "might", "must", "shall", "should", "to"]
)

SPEECH = frozenset(
    ["say", "tell", "state", "declare", "announce", "add", "claim", "argue", "warn", "insist", "report", "write", "note", "explain", "testify", "describe"]
)

VERBS: Mapping[str, tuple[str, ...]] = {
    "vi": (
        "kiện", "cáo buộc", "bắt giữ", "bắt", "tố cáo", "đánh bại", "mua", "bán", "cho vay", "phê duyệt", "bác bỏ",
        "chỉ trích", "ủng hộ", "tăng", "giảm", "mở cửa", "đóng cửa", "nói", "tuyên bố", "xây", "phạt", "giết",
    ),
    "zh": (
        "起诉", "指控", "逮捕", "击败", "收购", "批评", "支持", "借给", "批准", "否决", "上升", "下降", "增加", "减少",
        "开放", "关闭", "宣布", "表示", "罚款", "杀死", "赢得", "出售", "拒绝", "否认",
    ),
}  # fmt: skip

CONJUNCTIONS: Mapping[str, frozenset[str]] = {
    "en": frozenset(["and", "but", "while", "whereas", "although", "though", "because", "if", "unless", "as"]),
    "vi": frozenset(["và", "nhưng", "còn", "trong_khi", "vì", "nếu"]),
    "id": frozenset(["dan", "tetapi", "sedangkan", "namun", "sementara", "karena", "jika"]),
    "zh": frozenset(),
}
