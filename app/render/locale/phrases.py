"""What each language says in its own words, one table a language, short and plain as a newspaper is.

Nothing is inflected that comes from elsewhere: sentences are built so that days, codes and names stand as
CLDR has them. Uzbek in Latin letters has U+2018 in o‘ and g‘, as CLDR does, and U+2019 for the stop in e’lon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from app.domain.ticks import Cause
from app.render.locale.marks import Name


class Extent(NamedTuple):
    """How far a rate moved: `by` so many percent, or by `less` than the fewest that are shown."""

    by: str
    less: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the facts about a tick are called: its effective date, when the headline changed and when that was
    recorded, who said so and the credit he asks for, the tick that it `corrects` or just `replaces`, that
    by which it was `corrected`, where its data are; and `tick`, the name of one by its number.
    """

    effective: str
    changed: str
    recorded: str
    source: str
    credit: str
    corrects: str
    corrected: str
    replaces: str
    data: str
    tick: str = "№\N{NO-BREAK SPACE}{}"


class Around(NamedTuple):
    """What stands around the items of a strip: its name, the buttons that hold it and that tell the sources,
    what it says of itself when its rates are `delayed` or cannot be asked for `offline`, with their day, and
    when they are `missing`.
    """

    name: str
    pause: str
    sources: str
    delayed: str
    offline: str
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The phrases of one language; what stands in braces is filled in.

    `up` and `down` take an extent, `since` such a movement and the day that it is measured from. Of the
    extents, `written` takes a number with the sign of percent, `spoken` the number alone. `dated` is how a
    day with its year stands inside a sentence (None: as it does by itself). `causes` say why a tick is news
    where that is not plain. A feed of all pairs is called `whole`, that of a few `some`; it has `every`
    change, the `changes` of rates alone, or those of `at_least` a percent, and gives a `promise` about them.
    `names` are those of the house where it does not follow CLDR, `months` how it spells those of CLDR.
    """

    up: str
    down: str
    unchanged: str
    since: str
    decree: str
    correction: str
    story: str
    causes: Mapping[Cause, str]
    whole: str
    some: str
    every: str
    changes: str
    at_least: str
    promise: str
    facts: Facts
    around: Around
    written: Extent
    spoken: Extent
    dated: str | None = None
    names: Mapping[str, Name] = field(default_factory=lambda: MappingProxyType({}))
    months: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


KYRGYZ = Phrases(
    up="{} жогору",
    down="{} төмөн",
    unchanged="өзгөргөн жок",
    since="{day} менен салыштырганда {moved}",
    decree="жарлык менен бекитилген",
    correction="Оңдоо: {}",
    story="{day}: 1 {base} = {rate} {quote}, булагы: {publisher}.",
    causes={
        "revision": "Буга чейин айтылган курсту оңдойт: {before}.",
        "fallback": "Адаттагы булак кечигүүдө, анын ордуна башка булак алынды.",
        "recovery": "Адаттагы булак кайра иштеп жатат.",
        "accepted": "Бул курс далил табылганга чейин кармалып турган.",
    },
    whole="Борбор Азиянын валюта курстары",
    some="Валюта курстары: {}",
    every="колдонуудагы курстардын ар бир өзгөрүүсү",
    changes="курстун өзгөрүүлөрү гана",
    at_least="кеминде {} болгон өзгөрүүлөр",
    promise="{} бир жолу: ким жана кайсы күн үчүн жарыялады.",
    facts=Facts(
        effective="Курстун күнү",
        changed="Өзгөрдү",
        recorded="Жазылды",
        source="Булак",
        credit="Булакка шилтеме",
        corrects="Оңдойт",
        corrected="Оңдогон",
        replaces="Алмаштырат",
        data="Маалымат",
    ),
    around=Around(
        name="Валюта курстары",
        pause="Тындыруу",
        sources="Булактар",
        delayed="Кечигүүдө: {}",
        offline="Тармак жок, курстар: {}",
        missing="Курстар азыр жок",
    ),
    written=Extent("{}", "{}дан азыраакка"),
    spoken=Extent("{} пайызга", "{} пайыздан азыраакка"),
    dated="{year}-ж. {day}",  # CLDR's has a comma after the year, which would end the phrase
)

KAZAKH = Phrases(
    up="{} жоғары",
    down="{} төмен",
    unchanged="өзгерген жоқ",
    since="{day} күнімен салыстырғанда {moved}",
    decree="жарлықпен бекітілген",
    correction="Түзету: {}",
    story="{day}: 1 {base} = {rate} {quote}, дереккөзі: {publisher}.",
    causes={
        "revision": "Бұған дейін айтылған бағамды түзетеді: {before}.",
        "fallback": "Әдеттегі дереккөз кешігіп жатыр, оның орнына басқа дереккөз алынды.",
        "recovery": "Әдеттегі дереккөз қайта жұмыс істеп тұр.",
        "accepted": "Бұл бағам дәлел табылғанша ұсталып тұрды.",
    },
    whole="Орталық Азия валюталарының бағамдары",
    some="Валюта бағамдары: {}",
    every="қолданыстағы бағамдардың әр өзгерісі",
    changes="тек бағам өзгерістері",
    at_least="кемінде {} болған өзгерістер",
    promise="{} бір реттен: кім және қай күнге жариялады.",
    facts=Facts(
        effective="Бағам күні",
        changed="Өзгерді",
        recorded="Жазылды",
        source="Дереккөз",
        credit="Дереккөзге сілтеме",
        corrects="Түзетеді",
        corrected="Түзеткен",
        replaces="Алмастырады",
        data="Деректер",
    ),
    around=Around(
        name="Валюта бағамдары",
        pause="Кідірту",
        sources="Дереккөздер",
        delayed="Кешігуде: {}",
        offline="Желі жоқ, бағамдар: {}",
        missing="Бағамдар қазір жоқ",
    ),
    written=Extent("{}", "{}-дан азға"),
    spoken=Extent("{} пайызға", "{} пайыздан азға"),
)

TAJIK = Phrases(
    up="афзоиши {}",
    down="коҳиши {}",
    unchanged="бетағйир",
    since="{moved} нисбат ба {day}",
    decree="бо фармон муқаррар шудааст",
    correction="Ислоҳ: {}",
    story="{day}: 1 {base} = {rate} {quote}, манбаъ: {publisher}.",
    causes={
        "revision": "Қурби қаблан эълоншударо ислоҳ мекунад: {before}.",
        "fallback": "Манбаи муқаррарӣ дер кард, ба ҷойи он манбаи дигар истифода мешавад.",
        "recovery": "Манбаи муқаррарӣ барқарор шуд.",
        "accepted": "Ин қурб то пайдо шудани далел нигоҳ дошта шуда буд.",
    },
    whole="Қурби асъори Осиёи Марказӣ",
    some="Қурби асъор: {}",
    every="ҳар як тағйири қурбҳои амалкунанда",
    changes="танҳо тағйироти қурб",
    at_least="тағйироти на камтар аз {}",
    promise="{} як бор: кӣ ва барои кадом рӯз эълон кардааст.",
    facts=Facts(
        effective="Санаи қурб",
        changed="Тағйир ёфт",
        recorded="Сабт шуд",
        source="Манбаъ",
        credit="Истинод",
        corrects="Ислоҳ мекунад",
        corrected="Ислоҳкунанда",
        replaces="Иваз мекунад",
        data="Маълумот",
    ),
    around=Around(
        name="Қурби асъор",
        pause="Таваққуф",
        sources="Манбаъҳо",
        delayed="Бо таъхир: {}",
        offline="Бе шабака, қурбҳо: {}",
        missing="Қурбҳо ҳоло нестанд",
    ),
    written=Extent("{}", "камтар аз {}"),
    spoken=Extent("{} фоиз", "камтар аз {} фоиз"),
    names={
        # CLDR has к for қ, the Uzbek letter ў, a small letter, and a yen; so the National Bank of Tajikistan
        "KZT": Name.of("Тангаи Қазоқистон", "тангаи Қазоқистон"),
        "UZS": Name.of("Сӯми Ӯзбекистон", "сӯми Ӯзбекистон"),
        "TMT": Name.of("Манати Туркманистон", "манати Туркманистон"),
        "CNY": Name.of("Юани Чин", "юани Чин"),
    },
)

UZBEK = Phrases(
    up="{} yuqori",
    down="{} past",
    unchanged="o‘zgarmadi",
    since="{day} kuniga nisbatan {moved}",
    decree="farmon bilan belgilangan",
    correction="Tuzatish: {}",
    story="{day}: 1 {base} = {rate} {quote}, manba: {publisher}.",
    causes={
        "revision": "Avval aytilgan kursni tuzatadi: {before}.",
        "fallback": "Odatdagi manba kechikmoqda, uning o‘rniga boshqa manba olindi.",
        "recovery": "Odatdagi manba yana ishlamoqda.",
        "accepted": "Bu kurs dalil topilguncha ushlab turilgan edi.",
    },
    whole="Markaziy Osiyo valyuta kurslari",
    some="Valyuta kurslari: {}",
    every="amaldagi kurslarning har bir o‘zgarishi",
    changes="faqat kurs o‘zgarishlari",
    at_least="kamida {} bo‘lgan o‘zgarishlar",
    promise="{} bir martadan: kim va qaysi kun uchun e’lon qilgani.",
    facts=Facts(
        effective="Kurs sanasi",
        changed="O‘zgardi",
        recorded="Yozildi",
        source="Manba",
        credit="Manbaga havola",
        corrects="Tuzatadi",
        corrected="Tuzatgan",
        replaces="Almashtiradi",
        data="Ma’lumot",
    ),
    around=Around(
        name="Valyuta kurslari",
        pause="Pauza",
        sources="Manbalar",
        delayed="Kechikmoqda: {}",
        offline="Tarmoq yo‘q, kurslar: {}",
        missing="Kurslar hozir yo‘q",
    ),
    written=Extent("{}ga", "{}dan kamroqqa"),
    spoken=Extent("{} foizga", "{} foizdan kamroqqa"),
    dated="{year}-yil {day}",  # CLDR's order, 30-dekabr, 2025, takes no case
    names={"TJS": Name.of("Tojikiston somonisi")},  # CLDR: somoniysi; so the Central Bank of Uzbekistan
)

UZBEK_CYRILLIC = Phrases(
    up="{} юқори",
    down="{} паст",
    unchanged="ўзгармади",
    since="{day} кунига нисбатан {moved}",
    decree="фармон билан белгиланган",
    correction="Тузатиш: {}",
    story="{day}: 1 {base} = {rate} {quote}, манба: {publisher}.",
    causes={
        "revision": "Аввал айтилган курсни тузатади: {before}.",
        "fallback": "Одатдаги манба кечикмоқда, унинг ўрнига бошқа манба олинди.",
        "recovery": "Одатдаги манба яна ишламоқда.",
        "accepted": "Бу курс далил топилгунча ушлаб турилган эди.",
    },
    whole="Марказий Осиё валюта курслари",
    some="Валюта курслари: {}",
    every="амалдаги курсларнинг ҳар бир ўзгариши",
    changes="фақат курс ўзгаришлари",
    at_least="камида {} бўлган ўзгаришлар",
    promise="{} бир мартадан: ким ва қайси кун учун эълон қилгани.",
    facts=Facts(
        effective="Курс санаси",
        changed="Ўзгарди",
        recorded="Ёзилди",
        source="Манба",
        credit="Манбага ҳавола",
        corrects="Тузатади",
        corrected="Тузатган",
        replaces="Алмаштиради",
        data="Маълумот",
    ),
    around=Around(
        name="Валюта курслари",
        pause="Пауза",
        sources="Манбалар",
        delayed="Кечикмоқда: {}",
        offline="Тармоқ йўқ, курслар: {}",
        missing="Курслар ҳозир йўқ",
    ),
    written=Extent("{}га", "{}дан камроққа"),
    spoken=Extent("{} фоизга", "{} фоиздан камроққа"),
    dated="{year} йил {day}",  # as in Latin letters
    names={
        # CLDR has none of the first four, and the last without its ending
        "KGS": Name.of("Қирғизистон соми"),
        "KZT": Name.of("Қозоғистон тенгеси"),
        "TJS": Name.of("Тожикистон сомониси"),
        "TMT": Name.of("Туркманистон манати"),
        "UZS": Name.of("Ўзбекистон сўми"),
    },
    months={
        # CLDR has them letter by letter from the Latin, which knows no soft sign
        "январ": "январь",
        "феврал": "февраль",
        "апрел": "апрель",
        "июн": "июнь",
        "июл": "июль",
        "сентябр": "сентябрь",
        "октябр": "октябрь",
        "ноябр": "ноябрь",
        "декабр": "декабрь",
    },
)

TURKMEN = Phrases(
    up="{} ýokary",
    down="{} pes",
    unchanged="üýtgemedi",
    since="{day} bilen deňeşdirilende {moved}",
    decree="karar bilen bellenen",
    correction="Düzediş: {}",
    story="{day}: 1 {base} = {rate} {quote}, çeşme: {publisher}.",
    causes={
        "revision": "Öň aýdylan kursy düzedýär: {before}.",
        "fallback": "Adaty çeşme gijä galýar, onuň ýerine başga çeşme alyndy.",
        "recovery": "Adaty çeşme ýene işleýär.",
        "accepted": "Bu kurs subutnama tapylýança saklanypdy.",
    },
    whole="Merkezi Aziýanyň walýuta kurslary",
    some="Walýuta kurslary: {}",
    every="hereket edýän kurslaryň her üýtgemesi",
    changes="diňe kursuň üýtgemeleri",
    at_least="azyndan {} bolan üýtgemeler",
    promise="{} bir gezek: kim we haýsy gün üçin yglan etdi.",
    facts=Facts(
        effective="Kursuň senesi",
        changed="Üýtgedi",
        recorded="Ýazyldy",
        source="Çeşme",
        credit="Çeşmä salgylanma",
        corrects="Düzedýär",
        corrected="Düzeden",
        replaces="Çalyşýar",
        data="Maglumat",
    ),
    around=Around(
        name="Walýuta kurslary",
        pause="Arakesme",
        sources="Çeşmeler",
        delayed="Gijä galýar: {}",
        offline="Tor ýok, kurslar: {}",
        missing="Kurslar häzir ýok",
    ),
    written=Extent("{}", "{}-den az"),
    spoken=Extent("{} göterim", "{} göterimden az"),
)

RUSSIAN = Phrases(
    up="рост {}",
    down="снижение {}",
    unchanged="без изменений",
    since="{moved} с {day}",
    decree="курс установлен указом",
    correction="Исправление: {}",
    story="На {day}: 1 {base} = {rate} {quote}, источник: {publisher}.",
    causes={
        "revision": "Исправляет сообщённый ранее курс: {before}.",
        "fallback": "Обычный источник запаздывает, его заменяет другой.",
        "recovery": "Обычный источник снова работает.",
        "accepted": "Курс был задержан до подтверждения.",
    },
    whole="Курсы валют Центральной Азии",
    some="Курсы валют: {}",
    every="каждое изменение действующих курсов",
    changes="только изменения курса",
    at_least="изменения не менее чем на {}",
    promise="{}, один раз: кто опубликовал и на какой день.",
    facts=Facts(
        effective="Дата курса",
        changed="Изменился",
        recorded="Записан",
        source="Источник",
        credit="Ссылка на источник",
        corrects="Исправляет",
        corrected="Исправлено в",
        replaces="Заменяет",
        data="Данные",
    ),
    around=Around(
        name="Курсы валют",
        pause="Пауза",
        sources="Источники",
        delayed="С задержкой, на {}",
        offline="Нет сети, курсы на {}",
        missing="Курсов сейчас нет",
    ),
    written=Extent("на {}", "менее чем на {}"),
    # the word would have to agree with its number
    spoken=Extent("на {}\N{NO-BREAK SPACE}%", "менее чем на {}\N{NO-BREAK SPACE}%"),
    names={
        # CLDR: киргизский, казахский, новый туркменский. Editors say Kyrgyz as the Kyrgyz do, name the tenge
        # after the country, and the manat of 2009 is not new any more
        "KGS": Name(
            "кыргызский сом",
            {"few": "кыргызских сома", "many": "кыргызских сомов", "other": "кыргызского сома"},
        ),
        "KZT": Name(
            "казахстанский тенге",
            {"few": "казахстанских тенге", "many": "казахстанских тенге", "other": "казахстанского тенге"},
        ),
        "TMT": Name(
            "туркменский манат",
            {"few": "туркменских маната", "many": "туркменских манатов", "other": "туркменского маната"},
        ),
    },
)

ENGLISH = Phrases(
    up="up {}",
    down="down {}",
    unchanged="unchanged",
    since="{moved} since {day}",
    decree="fixed by decree",
    correction="Correction: {}",
    story="1 {base} = {rate} {quote} for {day}, by {publisher}.",
    causes={
        "revision": "It corrects the rate told before, {before}.",
        "fallback": "The usual source is late; another one stands in for it.",
        "recovery": "The usual source is back.",
        "accepted": "It had been held until there was evidence for it.",
    },
    whole="Exchange rates of Central Asia",
    some="Exchange rates: {}",
    every="every change of the rates in force",
    changes="only changes of the rate",
    at_least="changes of {} or more",
    promise="{}, once: who published it, and for which day.",
    facts=Facts(
        effective="Effective",
        changed="Changed",
        recorded="Recorded",
        source="Source",
        credit="Credit",
        corrects="Corrects",
        corrected="Corrected by",
        replaces="Replaces",
        data="Data",
        tick="tick {}",
    ),
    around=Around(
        name="Exchange rates",
        pause="Pause",
        sources="Sources",
        delayed="Delayed, as of {}",
        offline="Offline, as of {}",
        missing="No rates at the moment",
    ),
    written=Extent("{}", "by less than {}"),
    spoken=Extent("{} percent", "by less than {} percent"),
    names={
        # the tenge is the same in the plural, and newspapers count the sum of Uzbekistan as soms
        "USD": Name.of("US dollar", "US dollars"),
        "KGS": Name.of("Kyrgyz som", "Kyrgyz soms"),
        "TJS": Name.of("Tajikistani somoni", "Tajikistani somonis"),
        "UZS": Name.of("Uzbekistani sum", "Uzbekistani sums"),
        "TMT": Name.of("Turkmenistani manat", "Turkmenistani manats"),
    },
)

PHRASES: Mapping[str, Phrases] = {
    "ky": KYRGYZ,
    "kk": KAZAKH,
    "tg": TAJIK,
    "uz": UZBEK,
    "uz-Cyrl": UZBEK_CYRILLIC,
    "tk": TURKMEN,
    "ru": RUSSIAN,
    "en": ENGLISH,
}
"""By BCP 47 tag, in the order in which they are offered."""
