"""What is said in each language, word by word."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from string import Formatter

import pytest

from app.domain.change import UNCHANGED_BY_DECREE, Change
from app.domain.pairs import TICKER, Pair
from app.domain.ticks import Cause, Wanted
from app.render.locale import LANGUAGES, language
from app.render.locale.phrases import PHRASES
from tests.render.rows import SOM, TICK, moved
from tests.said import at

SPACE = "\N{NO-BREAK SPACE}"
NARROW = "\N{NARROW NO-BREAK SPACE}"

ROWS = (
    SOM,
    moved("1.5"),
    moved("0"),
    moved("-0.004"),
    moved("0.000001"),
    moved("1", date(2025, 12, 30)),
    moved("-0.22", None),
    moved(None),
    replace(SOM, change=UNCHANGED_BY_DECREE),
)
"""Down, up, unmoved, barely down, barely up, since another year, since a day that is not known, by how much
is not known, decreed.
"""

SPOKEN = {
    "ky": (
        "Кыргызстан сому, 0,01144 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
        "Кыргызстан сому, 0,01144 АКШ доллары, 20-май менен салыштырганда 1,5 пайызга жогору",
        "Кыргызстан сому, 0,01144 АКШ доллары, 20-май менен салыштырганда өзгөргөн жок",
        "Кыргызстан сому, 0,01144 АКШ доллары, 20-май менен салыштырганда 0,01 пайыздан азыраакка төмөн",
        "Кыргызстан сому, 0,01144 АКШ доллары, 20-май менен салыштырганда 0,01 пайыздан азыраакка жогору",
        "Кыргызстан сому, 0,01144 АКШ доллары, 2025-ж. 30-декабрь менен салыштырганда 1 пайызга жогору",
        "Кыргызстан сому, 0,01144 АКШ доллары, 0,22 пайызга төмөн",
        "Кыргызстан сому, 0,01144 АКШ доллары",
        "Кыргызстан сому, 0,01144 АКШ доллары, жарлык менен бекитилген",
    ),
    "kk": (
        "Қырғызстан сомы, 0,01144 АҚШ доллары, 20 мамыр күнімен салыстырғанда 0,02 пайызға төмен",
        "Қырғызстан сомы, 0,01144 АҚШ доллары, 20 мамыр күнімен салыстырғанда 1,5 пайызға жоғары",
        "Қырғызстан сомы, 0,01144 АҚШ доллары, 20 мамыр күнімен салыстырғанда өзгерген жоқ",
        "Қырғызстан сомы, 0,01144 АҚШ доллары, 20 мамыр күнімен салыстырғанда 0,01 пайыздан азға төмен",
        "Қырғызстан сомы, 0,01144 АҚШ доллары, 20 мамыр күнімен салыстырғанда 0,01 пайыздан азға жоғары",
        f"Қырғызстан сомы, 0,01144 АҚШ доллары, 2025{NARROW}ж. 30 желтоқсан күнімен салыстырғанда"
        " 1 пайызға жоғары",
        "Қырғызстан сомы, 0,01144 АҚШ доллары, 0,22 пайызға төмен",
        "Қырғызстан сомы, 0,01144 АҚШ доллары",
        "Қырғызстан сомы, 0,01144 АҚШ доллары, жарлықпен бекітілген",
    ),
    "tg": (
        "Соми Қирғизистон, 0,01144 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
        "Соми Қирғизистон, 0,01144 доллари ИМА, афзоиши 1,5 фоиз нисбат ба 20 Май",
        "Соми Қирғизистон, 0,01144 доллари ИМА, бетағйир нисбат ба 20 Май",
        "Соми Қирғизистон, 0,01144 доллари ИМА, коҳиши камтар аз 0,01 фоиз нисбат ба 20 Май",
        "Соми Қирғизистон, 0,01144 доллари ИМА, афзоиши камтар аз 0,01 фоиз нисбат ба 20 Май",
        "Соми Қирғизистон, 0,01144 доллари ИМА, афзоиши 1 фоиз нисбат ба 30 Декабр 2025",
        "Соми Қирғизистон, 0,01144 доллари ИМА, коҳиши 0,22 фоиз",
        "Соми Қирғизистон, 0,01144 доллари ИМА",
        "Соми Қирғизистон, 0,01144 доллари ИМА, бо фармон муқаррар шудааст",
    ),
    "uz": (
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 20-may kuniga nisbatan 1,5 foizga yuqori",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 20-may kuniga nisbatan o‘zgarmadi",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 20-may kuniga nisbatan 0,01 foizdan kamroqqa past",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 20-may kuniga nisbatan 0,01 foizdan kamroqqa yuqori",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 2025-yil 30-dekabr kuniga nisbatan 1 foizga yuqori",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, 0,22 foizga past",
        "Qirg‘iziston somi, 0,01144 AQSH dollari",
        "Qirg‘iziston somi, 0,01144 AQSH dollari, farmon bilan belgilangan",
    ),
    "uz-Cyrl": (
        "Қирғизистон соми, 0,01144 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
        "Қирғизистон соми, 0,01144 АҚШ доллари, 20 май кунига нисбатан 1,5 фоизга юқори",
        "Қирғизистон соми, 0,01144 АҚШ доллари, 20 май кунига нисбатан ўзгармади",
        "Қирғизистон соми, 0,01144 АҚШ доллари, 20 май кунига нисбатан 0,01 фоиздан камроққа паст",
        "Қирғизистон соми, 0,01144 АҚШ доллари, 20 май кунига нисбатан 0,01 фоиздан камроққа юқори",
        "Қирғизистон соми, 0,01144 АҚШ доллари, 2025 йил 30 декабрь кунига нисбатан 1 фоизга юқори",
        "Қирғизистон соми, 0,01144 АҚШ доллари, 0,22 фоизга паст",
        "Қирғизистон соми, 0,01144 АҚШ доллари",
        "Қирғизистон соми, 0,01144 АҚШ доллари, фармон билан белгиланган",
    ),
    "tk": (
        "Gyrgyz somy, 0,01144 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
        "Gyrgyz somy, 0,01144 ABŞ dollary, 20 maý bilen deňeşdirilende 1,5 göterim ýokary",
        "Gyrgyz somy, 0,01144 ABŞ dollary, 20 maý bilen deňeşdirilende üýtgemedi",
        "Gyrgyz somy, 0,01144 ABŞ dollary, 20 maý bilen deňeşdirilende 0,01 göterimden az pes",
        "Gyrgyz somy, 0,01144 ABŞ dollary, 20 maý bilen deňeşdirilende 0,01 göterimden az ýokary",
        "Gyrgyz somy, 0,01144 ABŞ dollary, 30 dekabr 2025 bilen deňeşdirilende 1 göterim ýokary",
        "Gyrgyz somy, 0,01144 ABŞ dollary, 0,22 göterim pes",
        "Gyrgyz somy, 0,01144 ABŞ dollary",
        "Gyrgyz somy, 0,01144 ABŞ dollary, karar bilen bellenen",
    ),
    "ru": (
        f"Кыргызский сом, 0,01144 доллара США, снижение на 0,02{SPACE}% с 20 мая",
        f"Кыргызский сом, 0,01144 доллара США, рост на 1,5{SPACE}% с 20 мая",
        "Кыргызский сом, 0,01144 доллара США, без изменений с 20 мая",
        f"Кыргызский сом, 0,01144 доллара США, снижение менее чем на 0,01{SPACE}% с 20 мая",
        f"Кыргызский сом, 0,01144 доллара США, рост менее чем на 0,01{SPACE}% с 20 мая",
        f"Кыргызский сом, 0,01144 доллара США, рост на 1{SPACE}% с 30 декабря 2025{NARROW}г.",
        f"Кыргызский сом, 0,01144 доллара США, снижение на 0,22{SPACE}%",
        "Кыргызский сом, 0,01144 доллара США",
        "Кыргызский сом, 0,01144 доллара США, курс установлен указом",
    ),
}

INVERSE = {
    "ky": "АКШ доллары, 87,45 Кыргызстан сому, 0,02 пайызга жогору",
    "kk": "АҚШ доллары, 87,45 Қырғызстан сомы, 0,02 пайызға жоғары",
    "tg": "Доллари ИМА, 87,45 соми Қирғизистон, афзоиши 0,02 фоиз",
    "uz": "AQSH dollari, 87,45 Qirg‘iziston somi, 0,02 foizga yuqori",
    "uz-Cyrl": "АҚШ доллари, 87,45 Қирғизистон соми, 0,02 фоизга юқори",
    "tk": "ABŞ dollary, 87,45 gyrgyz somy, 0,02 göterim ýokary",
    "ru": f"Доллар США, 87,45 кыргызского сома, рост на 0,02{SPACE}%",
}

AROUND = {
    "ky": (
        "Валюта курстары",
        "Тындыруу",
        "Улантуу",
        "Булактар",
        "Кечигүүдө: {}",
        "Тармак жок: {}",
        "Курстар азыр жок",
    ),
    "kk": (
        "Валюта бағамдары",
        "Тоқтату",
        "Жалғастыру",
        "Дереккөздер",
        "Кешігуде: {}",
        "Желі жоқ: {}",
        "Бағамдар қазір жоқ",
    ),
    "tg": (
        "Қурби асъор",
        "Таваққуф",
        "Идома",
        "Манбаъҳо",
        "Бо таъхир: {}",
        "Бе шабака: {}",
        "Қурбҳо ҳоло нестанд",
    ),
    "uz": (
        "Valyuta kurslari",
        "Pauza",
        "Davom ettirish",
        "Manbalar",
        "Kechikmoqda: {}",
        "Tarmoq yo‘q: {}",
        "Kurslar hozir yo‘q",
    ),
    "uz-Cyrl": (
        "Валюта курслари",
        "Пауза",
        "Давом эттириш",
        "Манбалар",
        "Кечикмоқда: {}",
        "Тармоқ йўқ: {}",
        "Курслар ҳозир йўқ",
    ),
    "tk": (
        "Walýuta kurslary",
        "Duruzmak",
        "Dowam etmek",
        "Çeşmeler",
        "Gijä galýar: {}",
        "Tor ýok: {}",
        "Kurslar häzir ýok",
    ),
    "ru": (
        "Курсы валют",
        "Пауза",
        "Продолжить",
        "Источники",
        "С задержкой, на {}",
        "Нет сети, на {}",
        "Курсов сейчас нет",
    ),
    "en": (
        "Exchange rates",
        "Pause",
        "Play",
        "Sources",
        "Delayed, as of {}",
        "Offline, as of {}",
        "No rates at the moment",
    ),
}
"""The name of a strip, the buttons that hold it, let it go on and tell the sources; delayed, without a
network, without rates.
"""

THOUSANDS = {
    "ky": (
        f"1{SPACE}000 Кыргызстан сому, 0,08208 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
        f"1{SPACE}000 Казакстан теңгеси, 0,08208 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
        f"1{SPACE}000 Тажикстан сомониси, 0,08208 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
        f"1{SPACE}000 Өзбекстан суму, 0,08208 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
        f"1{SPACE}000 Түркмөнстан манаты, 0,08208 АКШ доллары, 20-май менен салыштырганда 0,02 пайызга төмөн",
    ),
    "kk": (
        f"1{SPACE}000 Қырғызстан сомы, 0,08208 АҚШ доллары, 20 мамыр күнімен салыстырғанда"
        " 0,02 пайызға төмен",
        f"1{SPACE}000 Қазақстан теңгесі, 0,08208 АҚШ доллары, 20 мамыр күнімен салыстырғанда"
        " 0,02 пайызға төмен",
        f"1{SPACE}000 Тәжікстан сомониі, 0,08208 АҚШ доллары, 20 мамыр күнімен салыстырғанда"
        " 0,02 пайызға төмен",
        f"1{SPACE}000 Өзбекстан сомы, 0,08208 АҚШ доллары, 20 мамыр күнімен салыстырғанда 0,02 пайызға төмен",
        f"1{SPACE}000 Түрікменстан манаты, 0,08208 АҚШ доллары, 20 мамыр күнімен салыстырғанда"
        " 0,02 пайызға төмен",
    ),
    "tg": (
        f"1{SPACE}000 соми Қирғизистон, 0,08208 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
        f"1{SPACE}000 тангаи Қазоқистон, 0,08208 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
        f"1{SPACE}000 сомонии Тоҷикистон, 0,08208 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
        f"1{SPACE}000 сӯми Ӯзбекистон, 0,08208 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
        f"1{SPACE}000 манати Туркманистон, 0,08208 доллари ИМА, коҳиши 0,02 фоиз нисбат ба 20 Май",
    ),
    "uz": (
        f"1{SPACE}000 Qirg‘iziston somi, 0,08208 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
        f"1{SPACE}000 Qozog‘iston tengesi, 0,08208 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
        f"1{SPACE}000 Tojikiston somonisi, 0,08208 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
        f"1{SPACE}000 O‘zbekiston so‘mi, 0,08208 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
        f"1{SPACE}000 Turkmaniston manati, 0,08208 AQSH dollari, 20-may kuniga nisbatan 0,02 foizga past",
    ),
    "uz-Cyrl": (
        f"1{SPACE}000 Қирғизистон соми, 0,08208 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
        f"1{SPACE}000 Қозоғистон тенгеси, 0,08208 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
        f"1{SPACE}000 Тожикистон сомониси, 0,08208 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
        f"1{SPACE}000 Ўзбекистон сўми, 0,08208 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
        f"1{SPACE}000 Туркманистон манати, 0,08208 АҚШ доллари, 20 май кунига нисбатан 0,02 фоизга паст",
    ),
    "tk": (
        f"1{SPACE}000 gyrgyz somy, 0,08208 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
        f"1{SPACE}000 gazak teňňesi, 0,08208 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
        f"1{SPACE}000 täjik somonisi, 0,08208 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
        f"1{SPACE}000 özbek somy, 0,08208 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
        f"1{SPACE}000 türkmen manady, 0,08208 ABŞ dollary, 20 maý bilen deňeşdirilende 0,02 göterim pes",
    ),
    "ru": (
        f"1{SPACE}000 кыргызских сомов, 0,08208 доллара США, снижение на 0,02{SPACE}% с 20 мая",
        f"1{SPACE}000 казахстанских тенге, 0,08208 доллара США, снижение на 0,02{SPACE}% с 20 мая",
        f"1{SPACE}000 таджикских сомони, 0,08208 доллара США, снижение на 0,02{SPACE}% с 20 мая",
        f"1{SPACE}000 узбекских сумов, 0,08208 доллара США, снижение на 0,02{SPACE}% с 20 мая",
        f"1{SPACE}000 туркменских манатов, 0,08208 доллара США, снижение на 0,02{SPACE}% с 20 мая",
    ),
}
"""Of each currency of the ticker, in its order."""

TITLES = {
    "ky": (
        "KGS/USD 0,01144, 20-май менен салыштырганда 0,02% төмөн",
        "KGS/USD 0,01144, 20-май менен салыштырганда 1,5% жогору",
        "KGS/USD 0,01144, 20-май менен салыштырганда өзгөргөн жок",
        "KGS/USD 0,01144, 20-май менен салыштырганда 0,01%дан азыраакка төмөн",
        "KGS/USD 0,01144, 20-май менен салыштырганда 0,01%дан азыраакка жогору",
        "KGS/USD 0,01144, 2025-ж. 30-декабрь менен салыштырганда 1% жогору",
        "KGS/USD 0,01144, 0,22% төмөн",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, жарлык менен бекитилген",
    ),
    "kk": (
        "KGS/USD 0,01144, 20 мамыр күнімен салыстырғанда 0,02% төмен",
        "KGS/USD 0,01144, 20 мамыр күнімен салыстырғанда 1,5% жоғары",
        "KGS/USD 0,01144, 20 мамыр күнімен салыстырғанда өзгерген жоқ",
        "KGS/USD 0,01144, 20 мамыр күнімен салыстырғанда 0,01%-дан азға төмен",
        "KGS/USD 0,01144, 20 мамыр күнімен салыстырғанда 0,01%-дан азға жоғары",
        f"KGS/USD 0,01144, 2025{NARROW}ж. 30 желтоқсан күнімен салыстырғанда 1% жоғары",
        "KGS/USD 0,01144, 0,22% төмен",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, жарлықпен бекітілген",
    ),
    "tg": (
        "KGS/USD 0,01144, коҳиши 0,02% нисбат ба 20 Май",
        "KGS/USD 0,01144, афзоиши 1,5% нисбат ба 20 Май",
        "KGS/USD 0,01144, бетағйир нисбат ба 20 Май",
        "KGS/USD 0,01144, коҳиши камтар аз 0,01% нисбат ба 20 Май",
        "KGS/USD 0,01144, афзоиши камтар аз 0,01% нисбат ба 20 Май",
        "KGS/USD 0,01144, афзоиши 1% нисбат ба 30 Декабр 2025",
        "KGS/USD 0,01144, коҳиши 0,22%",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, бо фармон муқаррар шудааст",
    ),
    "uz": (
        "KGS/USD 0,01144, 20-may kuniga nisbatan 0,02%ga past",
        "KGS/USD 0,01144, 20-may kuniga nisbatan 1,5%ga yuqori",
        "KGS/USD 0,01144, 20-may kuniga nisbatan o‘zgarmadi",
        "KGS/USD 0,01144, 20-may kuniga nisbatan 0,01%dan kamroqqa past",
        "KGS/USD 0,01144, 20-may kuniga nisbatan 0,01%dan kamroqqa yuqori",
        "KGS/USD 0,01144, 2025-yil 30-dekabr kuniga nisbatan 1%ga yuqori",
        "KGS/USD 0,01144, 0,22%ga past",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, farmon bilan belgilangan",
    ),
    "uz-Cyrl": (
        "KGS/USD 0,01144, 20 май кунига нисбатан 0,02%га паст",
        "KGS/USD 0,01144, 20 май кунига нисбатан 1,5%га юқори",
        "KGS/USD 0,01144, 20 май кунига нисбатан ўзгармади",
        "KGS/USD 0,01144, 20 май кунига нисбатан 0,01%дан камроққа паст",
        "KGS/USD 0,01144, 20 май кунига нисбатан 0,01%дан камроққа юқори",
        "KGS/USD 0,01144, 2025 йил 30 декабрь кунига нисбатан 1%га юқори",
        "KGS/USD 0,01144, 0,22%га паст",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, фармон билан белгиланган",
    ),
    "tk": (
        f"KGS/USD 0,01144, 20 maý bilen deňeşdirilende 0,02{SPACE}% pes",
        f"KGS/USD 0,01144, 20 maý bilen deňeşdirilende 1,5{SPACE}% ýokary",
        "KGS/USD 0,01144, 20 maý bilen deňeşdirilende üýtgemedi",
        f"KGS/USD 0,01144, 20 maý bilen deňeşdirilende 0,01{SPACE}%-den az pes",
        f"KGS/USD 0,01144, 20 maý bilen deňeşdirilende 0,01{SPACE}%-den az ýokary",
        f"KGS/USD 0,01144, 30 dekabr 2025 bilen deňeşdirilende 1{SPACE}% ýokary",
        f"KGS/USD 0,01144, 0,22{SPACE}% pes",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, karar bilen bellenen",
    ),
    "ru": (
        f"KGS/USD 0,01144, снижение на 0,02{SPACE}% с 20 мая",
        f"KGS/USD 0,01144, рост на 1,5{SPACE}% с 20 мая",
        "KGS/USD 0,01144, без изменений с 20 мая",
        f"KGS/USD 0,01144, снижение менее чем на 0,01{SPACE}% с 20 мая",
        f"KGS/USD 0,01144, рост менее чем на 0,01{SPACE}% с 20 мая",
        f"KGS/USD 0,01144, рост на 1{SPACE}% с 30 декабря 2025{NARROW}г.",
        f"KGS/USD 0,01144, снижение на 0,22{SPACE}%",
        "KGS/USD 0,01144",
        "KGS/USD 0,01144, курс установлен указом",
    ),
}

CORRECTIONS = {
    "ky": "Оңдоо: KGS/USD 0,01144",
    "kk": "Түзету: KGS/USD 0,01144",
    "tg": "Ислоҳ: KGS/USD 0,01144",
    "uz": "Tuzatish: KGS/USD 0,01144",
    "uz-Cyrl": "Тузатиш: KGS/USD 0,01144",
    "tk": "Düzediş: KGS/USD 0,01144",
    "ru": "Исправление: KGS/USD 0,01144",
}

STORIES: dict[str, dict[Cause, str]] = {
    "ky": {
        "publication": "2026-ж., 21-май: 1 KGS = 0,01144 USD, булагы: НБКР.",
        "turn": "2026-ж., 21-май: 1 KGS = 0,01144 USD, булагы: НБКР.",
        "revision": (
            "2026-ж., 21-май: 1 KGS = 0,01144 USD, булагы: НБКР. Буга чейин айтылган курсту оңдойт: 0,01145."
        ),
        "fallback": (
            "2026-ж., 21-май: 1 KGS = 0,01144 USD, булагы: НБКР."
            " Адаттагы булак кечигүүдө, анын ордуна башка булак алынды."
        ),
        "recovery": ("2026-ж., 21-май: 1 KGS = 0,01144 USD, булагы: НБКР. Адаттагы булак кайра иштеп жатат."),
        "accepted": (
            "2026-ж., 21-май: 1 KGS = 0,01144 USD, булагы: НБКР."
            " Бул курс далил табылганга чейин кармалып турган."
        ),
    },
    "kk": {
        "publication": f"2026{NARROW}ж. 21 мамыр: 1 KGS = 0,01144 USD, дереккөзі: НБКР.",
        "turn": f"2026{NARROW}ж. 21 мамыр: 1 KGS = 0,01144 USD, дереккөзі: НБКР.",
        "revision": (
            f"2026{NARROW}ж. 21 мамыр: 1 KGS = 0,01144 USD, дереккөзі: НБКР."
            " Бұған дейін айтылған бағамды түзетеді: 0,01145."
        ),
        "fallback": (
            f"2026{NARROW}ж. 21 мамыр: 1 KGS = 0,01144 USD, дереккөзі: НБКР."
            " Әдеттегі дереккөз кешігіп жатыр, оның орнына басқа дереккөз алынды."
        ),
        "recovery": (
            f"2026{NARROW}ж. 21 мамыр: 1 KGS = 0,01144 USD, дереккөзі: НБКР."
            " Әдеттегі дереккөз қайта жұмыс істеп тұр."
        ),
        "accepted": (
            f"2026{NARROW}ж. 21 мамыр: 1 KGS = 0,01144 USD, дереккөзі: НБКР."
            " Бұл бағам дәлел табылғанша ұсталып тұрды."
        ),
    },
    "tg": {
        "publication": "21 Май 2026: 1 KGS = 0,01144 USD, манбаъ: НБКР.",
        "turn": "21 Май 2026: 1 KGS = 0,01144 USD, манбаъ: НБКР.",
        "revision": (
            "21 Май 2026: 1 KGS = 0,01144 USD, манбаъ: НБКР. Қурби қаблан эълоншударо ислоҳ мекунад: 0,01145."
        ),
        "fallback": (
            "21 Май 2026: 1 KGS = 0,01144 USD, манбаъ: НБКР."
            " Манбаи муқаррарӣ дер кард, ба ҷойи он манбаи дигар истифода мешавад."
        ),
        "recovery": "21 Май 2026: 1 KGS = 0,01144 USD, манбаъ: НБКР. Манбаи муқаррарӣ барқарор шуд.",
        "accepted": (
            "21 Май 2026: 1 KGS = 0,01144 USD, манбаъ: НБКР."
            " Ин қурб то пайдо шудани далел нигоҳ дошта шуда буд."
        ),
    },
    "uz": {
        "publication": "21-may, 2026: 1 KGS = 0,01144 USD, manba: НБКР.",
        "turn": "21-may, 2026: 1 KGS = 0,01144 USD, manba: НБКР.",
        "revision": (
            "21-may, 2026: 1 KGS = 0,01144 USD, manba: НБКР. Avval aytilgan kursni tuzatadi: 0,01145."
        ),
        "fallback": (
            "21-may, 2026: 1 KGS = 0,01144 USD, manba: НБКР."
            " Odatdagi manba kechikmoqda, uning o‘rniga boshqa manba olindi."
        ),
        "recovery": "21-may, 2026: 1 KGS = 0,01144 USD, manba: НБКР. Odatdagi manba yana ishlamoqda.",
        "accepted": (
            "21-may, 2026: 1 KGS = 0,01144 USD, manba: НБКР. Bu kurs dalil topilguncha ushlab turilgan edi."
        ),
    },
    "uz-Cyrl": {
        "publication": "21 май, 2026: 1 KGS = 0,01144 USD, манба: НБКР.",
        "turn": "21 май, 2026: 1 KGS = 0,01144 USD, манба: НБКР.",
        "revision": (
            "21 май, 2026: 1 KGS = 0,01144 USD, манба: НБКР. Аввал айтилган курсни тузатади: 0,01145."
        ),
        "fallback": (
            "21 май, 2026: 1 KGS = 0,01144 USD, манба: НБКР."
            " Одатдаги манба кечикмоқда, унинг ўрнига бошқа манба олинди."
        ),
        "recovery": "21 май, 2026: 1 KGS = 0,01144 USD, манба: НБКР. Одатдаги манба яна ишламоқда.",
        "accepted": (
            "21 май, 2026: 1 KGS = 0,01144 USD, манба: НБКР. Бу курс далил топилгунча ушлаб турилган эди."
        ),
    },
    "tk": {
        "publication": "21 maý 2026: 1 KGS = 0,01144 USD, çeşme: НБКР.",
        "turn": "21 maý 2026: 1 KGS = 0,01144 USD, çeşme: НБКР.",
        "revision": "21 maý 2026: 1 KGS = 0,01144 USD, çeşme: НБКР. Öň aýdylan kursy düzedýär: 0,01145.",
        "fallback": (
            "21 maý 2026: 1 KGS = 0,01144 USD, çeşme: НБКР."
            " Adaty çeşme gijä galýar, onuň ýerine başga çeşme alyndy."
        ),
        "recovery": "21 maý 2026: 1 KGS = 0,01144 USD, çeşme: НБКР. Adaty çeşme ýene işleýär.",
        "accepted": (
            "21 maý 2026: 1 KGS = 0,01144 USD, çeşme: НБКР. Bu kurs subutnama tapylýança saklanypdy."
        ),
    },
    "ru": {
        "publication": f"На 21 мая 2026{NARROW}г.: 1 KGS = 0,01144 USD, источник: НБКР.",
        "turn": f"На 21 мая 2026{NARROW}г.: 1 KGS = 0,01144 USD, источник: НБКР.",
        "revision": (
            f"На 21 мая 2026{NARROW}г.: 1 KGS = 0,01144 USD, источник: НБКР."
            " Исправляет сообщённый ранее курс: 0,01145."
        ),
        "fallback": (
            f"На 21 мая 2026{NARROW}г.: 1 KGS = 0,01144 USD, источник: НБКР."
            " Обычный источник запаздывает, его заменяет другой."
        ),
        "recovery": (
            f"На 21 мая 2026{NARROW}г.: 1 KGS = 0,01144 USD, источник: НБКР. Обычный источник снова работает."
        ),
        "accepted": (
            f"На 21 мая 2026{NARROW}г.: 1 KGS = 0,01144 USD, источник: НБКР."
            " Курс был задержан до подтверждения."
        ),
    },
}

FEEDS = {
    "ky": (
        "Борбор Азиянын валюта курстары",
        "Валюта курстары: KGS/USD, TJS/USD",
        "Колдонуудагы курстардын ар бир өзгөрүүсү бир жолу: ким жана кайсы күн үчүн жарыялады.",
    ),
    "kk": (
        "Орталық Азия валюталарының бағамдары",
        "Валюта бағамдары: KGS/USD, TJS/USD",
        "Қолданыстағы бағамдардың әр өзгерісі бір реттен: кім және қай күнге жариялады.",
    ),
    "tg": (
        "Қурби асъори Осиёи Марказӣ",
        "Қурби асъор: KGS/USD, TJS/USD",
        "Ҳар як тағйири қурбҳои амалкунанда як бор: кӣ ва барои кадом рӯз эълон кардааст.",
    ),
    "uz": (
        "Markaziy Osiyo valyuta kurslari",
        "Valyuta kurslari: KGS/USD, TJS/USD",
        "Amaldagi kurslarning har bir o‘zgarishi bir martadan: kim va qaysi kun uchun e’lon qilgani.",
    ),
    "uz-Cyrl": (
        "Марказий Осиё валюта курслари",
        "Валюта курслари: KGS/USD, TJS/USD",
        "Амалдаги курсларнинг ҳар бир ўзгариши бир мартадан: ким ва қайси кун учун эълон қилгани.",
    ),
    "tk": (
        "Merkezi Aziýanyň walýuta kurslary",
        "Walýuta kurslary: KGS/USD, TJS/USD",
        "Hereket edýän kurslaryň her üýtgemesi bir gezek: kim we haýsy gün üçin yglan etdi.",
    ),
    "ru": (
        "Курсы валют Центральной Азии",
        "Курсы валют: KGS/USD, TJS/USD",
        "Каждое изменение действующих курсов, один раз: кто опубликовал и на какой день.",
    ),
}

FILTERED = {
    "ky": (
        "курстун өзгөрүүлөрү гана",
        "Курстун өзгөрүүлөрү гана бир жолу: ким жана кайсы күн үчүн жарыялады.",
        "кеминде 0,5% болгон өзгөрүүлөр",
        "Кеминде 0,5% болгон өзгөрүүлөр бир жолу: ким жана кайсы күн үчүн жарыялады.",
    ),
    "kk": (
        "тек бағам өзгерістері",
        "Тек бағам өзгерістері бір реттен: кім және қай күнге жариялады.",
        "кемінде 0,5% болған өзгерістер",
        "Кемінде 0,5% болған өзгерістер бір реттен: кім және қай күнге жариялады.",
    ),
    "tg": (
        "танҳо тағйироти қурб",
        "Танҳо тағйироти қурб як бор: кӣ ва барои кадом рӯз эълон кардааст.",
        "тағйироти на камтар аз 0,5%",
        "Тағйироти на камтар аз 0,5% як бор: кӣ ва барои кадом рӯз эълон кардааст.",
    ),
    "uz": (
        "faqat kurs o‘zgarishlari",
        "Faqat kurs o‘zgarishlari bir martadan: kim va qaysi kun uchun e’lon qilgani.",
        "kamida 0,5% bo‘lgan o‘zgarishlar",
        "Kamida 0,5% bo‘lgan o‘zgarishlar bir martadan: kim va qaysi kun uchun e’lon qilgani.",
    ),
    "uz-Cyrl": (
        "фақат курс ўзгаришлари",
        "Фақат курс ўзгаришлари бир мартадан: ким ва қайси кун учун эълон қилгани.",
        "камида 0,5% бўлган ўзгаришлар",
        "Камида 0,5% бўлган ўзгаришлар бир мартадан: ким ва қайси кун учун эълон қилгани.",
    ),
    "tk": (
        "diňe kursuň üýtgemeleri",
        "Diňe kursuň üýtgemeleri bir gezek: kim we haýsy gün üçin yglan etdi.",
        f"azyndan 0,5{SPACE}% bolan üýtgemeler",
        f"Azyndan 0,5{SPACE}% bolan üýtgemeler bir gezek: kim we haýsy gün üçin yglan etdi.",
    ),
    "ru": (
        "только изменения курса",
        "Только изменения курса, один раз: кто опубликовал и на какой день.",
        f"изменения не менее чем на 0,5{SPACE}%",
        f"Изменения не менее чем на 0,5{SPACE}%, один раз: кто опубликовал и на какой день.",
    ),
}
"""What a feed of changes alone adds to its name, and promises; and one of changes of half a percent."""

FACTS = {
    "ky": "Курстун күнү, Өзгөрдү, Жазылды, Булак, Булакка шилтеме, Оңдойт, Оңдогон, Алмаштырат, Маалымат",
    "kk": (
        "Бағам күні, Өзгерді, Жазылды, Дереккөз, Дереккөзге сілтеме, Түзетеді, "
        "Түзеткен, Алмастырады, Деректер"
    ),
    "tg": (
        "Санаи қурб, Тағйир ёфт, Сабт шуд, Манбаъ, Истинод, Ислоҳ мекунад, "
        "Ислоҳкунанда, Иваз мекунад, Маълумот"
    ),
    "uz": "Kurs sanasi, O‘zgardi, Yozildi, Manba, Manbaga havola, Tuzatadi, Tuzatgan, Almashtiradi, Ma’lumot",
    "uz-Cyrl": (
        "Курс санаси, Ўзгарди, Ёзилди, Манба, Манбага ҳавола, Тузатади, Тузатган, Алмаштиради, Маълумот"
    ),
    "tk": "Kursuň senesi, Üýtgedi, Ýazyldy, Çeşme, Çeşmä salgylanma, Düzedýär, Düzeden, Çalyşýar, Maglumat",
    "ru": (
        "Дата курса, Изменился, Записан, Источник, Ссылка на источник, "
        "Исправляет, Исправлено в, Заменяет, Данные"
    ),
}

MOMENTS = {
    "ky": "2026-ж., 21-май, 09:05 UTC",
    "kk": f"2026{NARROW}ж. 21 мамыр, 09:05 UTC",
    "tg": "21 Май 2026, 09:05 UTC",
    "uz": "21-may, 2026, 09:05 UTC",
    "uz-Cyrl": "21 май, 2026, 09:05 UTC",
    "tk": "21 maý 2026, 09:05 UTC",
    "ru": f"21 мая 2026{NARROW}г., 09:05 UTC",
}


@pytest.mark.parametrize("tag", SPOKEN)
def test_a_row_is_spoken_in_every_language_however_it_moved(tag: str) -> None:
    assert tuple(language(tag).spoken(row, "0,01144") for row in ROWS) == SPOKEN[tag]


@pytest.mark.parametrize("tag", INVERSE)
def test_an_inverse_row_is_spoken_of_the_dollar(tag: str) -> None:
    change = Change("previous_publication", Decimal("0.02"))
    inverse = replace(SOM, pair=Pair("USD", "KGS"), base="USD", quote="KGS", change=change)
    assert language(tag).spoken(inverse, "87,45") == INVERSE[tag]


@pytest.mark.parametrize("tag", PHRASES)
def test_what_stands_around_a_strip_is_said_in_every_language(tag: str) -> None:
    assert language(tag).around == AROUND[tag]
    assert all(said.isprintable() for said in AROUND[tag])


@pytest.mark.parametrize("tag", PHRASES)
def test_a_day_ends_what_it_is_said_in(tag: str) -> None:
    """The widget puts the day after the words."""
    said = language(tag).around
    assert [each for each in said if "{" in each] == [said.delayed, said.offline]
    assert said.delayed.endswith(" {}")
    assert said.offline.endswith(" {}")


@pytest.mark.parametrize("tag", THOUSANDS)
def test_a_thousand_are_spoken_of_in_every_language(tag: str) -> None:
    rows = (replace(SOM, pair=pair, base=pair.base) for pair in TICKER)
    assert tuple(language(tag).spoken(row, "0,08208", 1000) for row in rows) == THOUSANDS[tag]


@pytest.mark.parametrize(
    ("code", "rate", "said"),
    [
        ("UZS", f"12{SPACE}142", "узбекских сума"),
        ("UZS", f"11{SPACE}945", "узбекских сумов"),
        ("UZS", f"12{SPACE}142,10", "узбекского сума"),
        ("KGS", "81", "кыргызский сом"),
        ("KGS", "87", "кыргызских сомов"),
        ("KZT", "472", "казахстанских тенге"),
        ("TMT", "3", "туркменских маната"),
        ("TMT", "3,5", "туркменского маната"),
    ],
)
def test_a_russian_currency_agrees_with_its_number(code: str, rate: str, said: str) -> None:
    row = replace(moved(None), pair=Pair("USD", code), base="USD", quote=code)
    assert language("ru").spoken(row, rate) == f"Доллар США, {rate} {said}"


@pytest.mark.parametrize("tag", TITLES)
def test_a_tick_is_titled_in_every_language_however_it_moved(tag: str) -> None:
    ticks = (replace(TICK, change=row.change) for row in ROWS)
    assert tuple(language(tag).title(tick, "0,01144") for tick in ticks) == TITLES[tag]


@pytest.mark.parametrize("tag", CORRECTIONS)
def test_a_correction_says_so_first_in_every_language(tag: str) -> None:
    correction = replace(TICK, cause="revision", corrects=36, change=moved(None).change)
    assert language(tag).title(correction, "0,01144") == CORRECTIONS[tag]


@pytest.mark.parametrize("tag", STORIES)
def test_a_story_tells_in_every_language_why_it_is_news(tag: str) -> None:
    told = {
        cause: language(tag).story(replace(TICK, cause=cause, corrects=36), "0,01144", "0,01145", "НБКР")
        for cause in STORIES[tag]
    }
    assert told == STORIES[tag]


@pytest.mark.parametrize("tag", STORIES)
def test_what_corrects_only_what_a_rate_is_measured_against_is_no_correction_of_it(tag: str) -> None:
    later = replace(TICK, cause="revision", corrects=36, unchanged=True)
    assert language(tag).title(later, "0,01144") == language(tag).title(TICK, "0,01144")
    assert language(tag).story(later, "0,01144", "0,01144", "НБКР") == STORIES[tag]["publication"]


@pytest.mark.parametrize("tag", FEEDS)
def test_a_feed_is_named_in_every_language(tag: str) -> None:
    whole, some, promise = FEEDS[tag]
    two = frozenset([Pair("TJS", "USD"), Pair("KGS", "USD")])
    assert language(tag).about(Wanted()) == (whole, promise)
    assert language(tag).about(Wanted(frozenset(TICKER))) == (whole, promise)
    assert language(tag).about(Wanted(two)) == (some, promise)


@pytest.mark.parametrize("tag", FILTERED)
def test_a_feed_with_a_filter_is_named_after_it_in_every_language(tag: str) -> None:
    (whole, some, _), (changes, changed, at_least, moved_so) = FEEDS[tag], FILTERED[tag]
    two, half = frozenset([Pair("TJS", "USD"), Pair("KGS", "USD")]), Decimal("0.50")
    assert language(tag).about(Wanted(only_changes=True)) == (f"{whole} ({changes})", changed)
    assert language(tag).about(Wanted(two, False, half)) == (f"{some} ({at_least})", moved_so)


@pytest.mark.parametrize("tag", FACTS)
def test_the_facts_of_a_tick_have_names_in_every_language(tag: str) -> None:
    facts = language(tag).facts
    assert facts.tick.format(41) == f"№{SPACE}41"
    assert [getattr(facts, each.name) for each in fields(facts)] == [*FACTS[tag].split(", "), facts.tick]


@pytest.mark.parametrize("tag", MOMENTS)
def test_a_moment_has_its_zone_in_every_language(tag: str) -> None:
    assert language(tag).moment(at("2026-05-21 09:05:12.442")) == MOMENTS[tag]


def test_every_language_is_told_here_word_by_word() -> None:
    for told in (SPOKEN, INVERSE, THOUSANDS, TITLES, CORRECTIONS, STORIES, FEEDS, FILTERED, FACTS, MOMENTS):
        assert [*told, "en"] == [*LANGUAGES]


@pytest.mark.parametrize("tag", PHRASES)
def test_phrases_have_the_places_that_those_of_english_have(tag: str) -> None:
    english, phrases = PHRASES["en"], PHRASES[tag]

    def places(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)

    for name in ("up", "down", "since", "correction", "story", "some", "at_least", "promise"):
        assert places(getattr(phrases, name)) == places(getattr(english, name)), name
    for extent in (phrases.written, phrases.spoken):
        assert [places(each) for each in extent] == [[""], [""]]
    assert {cause: places(said) for cause, said in phrases.causes.items()} == {
        cause: places(said) for cause, said in english.causes.items()
    }
