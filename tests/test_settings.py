"""The settings: what is right is taken as meant; what is wrong stops the start with one line that helps."""

import re
import traceback
from datetime import timedelta

import pytest
from pydantic import ValidationError

from app.domain.errors import SettingsError
from app.settings import NAMES, Settings, load_settings


def test_an_empty_environment_is_a_sound_one() -> None:
    settings = load_settings({})
    assert settings == Settings()
    assert (settings.database_url, settings.host, settings.port) == (
        "sqlite:///data/silkrate.db",
        "127.0.0.1",
        8000,
    )
    assert (settings.sources, settings.authority, settings.poll_interval) == (None, None, None)
    assert (settings.public_url, settings.upstream_mirror) == (None, None)
    assert (settings.keep_bodies_days, settings.keep_intraday_days) == (None, None)
    assert settings.simulated is False


def test_every_setting_is_read_as_it_is_meant() -> None:
    settings = load_settings(
        {
            "SILKRATE_DATABASE_URL": "sqlite:////var/lib/silkrate/rates.db",
            "SILKRATE_PUBLIC_URL": "https://rates.example.org/ticker/",
            "SILKRATE_SOURCES": "nbkr, page,nbkr,",
            "SILKRATE_AUTHORITY": '{"usd-kgs": ["page", "nbkr"], "TMT/USD": ["peg"]}',
            "SILKRATE_POLL_INTERVAL": "0.5",
            "SILKRATE_UPSTREAM_MIRROR": "http://127.0.0.1:8123/upstreams/",
            "SILKRATE_KEEP_BODIES_DAYS": "365",
            "SILKRATE_KEEP_INTRADAY_DAYS": "400",
            "SILKRATE_HOST": "::1",
            "SILKRATE_PORT": "0",
            "SILKRATE_SIMULATED": "true",
        }
    )
    assert settings == Settings(
        database_url="sqlite:////var/lib/silkrate/rates.db",
        public_url="https://rates.example.org/ticker",
        sources=("nbkr", "page"),
        authority={"KGS/USD": ("page", "nbkr"), "TMT/USD": ("peg",)},
        poll_interval=timedelta(milliseconds=500),
        upstream_mirror="http://127.0.0.1:8123/upstreams",
        keep_bodies_days=365,
        keep_intraday_days=400,
        host="::1",
        port=0,
        simulated=True,
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    assert load_settings({name: ""}) == Settings()


def test_variables_of_others_are_left_alone() -> None:
    assert load_settings({"PORT": "eighty", "MY_SILKRATE_PORT": "eighty", "SILKRATE": "x"}) == Settings()


def test_the_process_is_asked_when_no_environment_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SILKRATE_PORT", "8123")
    assert load_settings().port == 8123
    assert Settings().port == 8000


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("DATABASE_URL", "data/silkrate.db", "it should be a URL"),
        ("PUBLIC_URL", "rates.example.org", "it should be an http or https URL in ASCII"),
        ("PUBLIC_URL", "ftp://rates.example.org", "it should be an http or https URL in ASCII"),
        (
            "PUBLIC_URL",
            "https://курс.example",
            "it should be in ASCII: other letters as DNS has them, with xn--",
        ),
        ("PUBLIC_URL", "https://rates.example.org/?lang=ky", "it should end with its path, without ? or #"),
        ("PUBLIC_URL", "https://[::1", "Invalid IPv6 URL"),
        ("UPSTREAM_MIRROR", "http://mirror:99999", "Port out of range 0-65535"),
        ("UPSTREAM_MIRROR", "http://mirror:0", "it should have a port that can be asked"),
        ("UPSTREAM_MIRROR", "mirror:8123", "it should be an http or https URL in ASCII"),
        ("SOURCES", " , ", "it should name a source"),
        ("AUTHORITY", "KGS/USD=nbkr", "it should be JSON: Expecting value: line 1 column 1 (char 0)"),
        ("AUTHORITY", '["nbkr"]', "it should be a valid dictionary"),
        ("AUTHORITY", '{"KGS/EUR": ["nbkr"]}', "'KGS/EUR' is not a pair served here"),
        ("AUTHORITY", '{"KGS/USD": []}', "it should name a source"),
        ("AUTHORITY", '{"KGS/USD": [1]}', "it should be a valid string"),
        ("AUTHORITY", '{"KGS/USD": ["a"], "USD-KGS": ["b"]}', "it should name a pair once, in one direction"),
        ("POLL_INTERVAL", "5m", "it should be a number of seconds"),
        ("POLL_INTERVAL", "NaN", "it should be a number of seconds"),
        ("POLL_INTERVAL", "1e99", "it should be a number of seconds"),
        ("POLL_INTERVAL", "0.049", "it should be from 0.05 to 86400 seconds"),
        ("POLL_INTERVAL", "-60", "it should be from 0.05 to 86400 seconds"),
        ("POLL_INTERVAL", "86400.1", "it should be from 0.05 to 86400 seconds"),
        ("KEEP_BODIES_DAYS", "0", "it should be greater than or equal to 1"),
        ("KEEP_INTRADAY_DAYS", "0", "it should be greater than or equal to 1"),
        ("HOST", "http://0.0.0.0", "it should be a host name or an IP address, without scheme or port"),
        ("PORT", "http", "it should be a valid integer, unable to parse string as an integer"),
        ("PORT", "65536", "it should be less than or equal to 65535"),
        ("PORT", "-1", "it should be greater than or equal to 0"),
        ("LOG_LEVEL", "loud", "it should be 'debug', 'info', 'warning' or 'error'"),
        ("SIMULATED", "maybe", "it should be a valid boolean, unable to interpret input"),
    ],
)
def test_a_bad_value_is_named_with_what_is_wrong_and_what_would_be_right(
    name: str, value: str, why: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({f"SILKRATE_{name}": value})
    message = str(caught.value)
    assert message.startswith(f"SILKRATE_{name} is {value!r}: {why}. For example: SILKRATE_{name}=")
    assert "\n" not in message


@pytest.mark.parametrize("name", NAMES)
def test_the_example_in_an_error_is_right(name: str) -> None:
    (example,) = Settings.model_fields[NAMES[name]].examples or []
    load_settings({name: example})


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("SILKRATE_DATABSE_URL", "SILKRATE_DATABASE_URL"),
        ("SILKRATE_INTERVAL", "SILKRATE_POLL_INTERVAL"),
        ("SILKRATE_URL", "SILKRATE_PUBLIC_URL"),
        ("silkrate_port", "SILKRATE_PORT"),
    ],
)
def test_an_unknown_variable_stops_the_start_and_the_nearest_is_named(name: str, nearest: str) -> None:
    with pytest.raises(
        SettingsError, match=re.escape(f"{name} is not a setting; the nearest one is {nearest}.")
    ):
        load_settings({name: "x"})


def test_an_unknown_variable_that_is_like_no_setting_lists_them_all() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"SILKRATE_FOO": "x"})
    assert str(caught.value) == f"SILKRATE_FOO is not a setting; the settings are {', '.join(NAMES)}."


def test_a_password_is_never_told() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"SILKRATE_DATABASE_URL": "Postgres://silkrate:p@ss/word@db.example/rates"})
    assert "SILKRATE_DATABASE_URL is 'Postgres://***@db.example/rates'" in str(caught.value)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("postgresql://silkrate:p@ss/word@db1,db2:5433/rates?reads=any", "postgresql://db1,db2:5433/rates"),
        ("postgresql://db.example/rates?user=silkrate&password=word", "postgresql://db.example/rates"),
        ("sqlite:///data/a@b.db?timeout=5", "sqlite:///data/a@b.db"),
    ],
)
def test_a_store_is_named_without_who_opens_it(url: str, store: str) -> None:
    assert load_settings({"SILKRATE_DATABASE_URL": url}).store == store


def test_a_key_is_never_told() -> None:
    key = "s3cret"
    settings = load_settings({"SILKRATE_OPENEXCHANGERATES_APP_ID": key})
    assert settings.openexchangerates_app_id == key
    assert key not in repr(settings) + str(settings) + settings.fingerprint()
    with pytest.raises(SettingsError) as caught:
        load_settings({"SILKRATE_OPENEXCHANGERATES_APP_ID": f"{key} {key}"})
    assert str(caught.value) == (
        "SILKRATE_OPENEXCHANGERATES_APP_ID is '***': it should be the key as it was given, without spaces. "
        "For example: SILKRATE_OPENEXCHANGERATES_APP_ID=your-app-id"
    )
    assert key not in "".join(traceback.format_exception(caught.value))


def test_settings_cannot_be_changed_or_misspelt() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1
    with pytest.raises(ValidationError):
        Settings.model_validate({"prot": 1})


def test_every_setting_is_described_in_a_sentence() -> None:
    for field in Settings.model_fields.values():
        assert re.fullmatch(r"[A-Zh].*\.", field.description or "")


@pytest.mark.parametrize(
    "other",
    [
        Settings(public_url="https://rates.example.org"),
        Settings(sources=("nbkr",)),
        Settings(authority={"KGS/USD": ("page",)}),
        Settings(authority={"KGS/USD": ("page", "nbkr")}),
        Settings(authority={"KGS/USD": ("nbkr", "page")}),
        Settings(simulated=True),
    ],
)
def test_what_shapes_answers_shapes_the_fingerprint(other: Settings) -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", other.fingerprint())
    assert other.fingerprint() != Settings().fingerprint()


def test_the_order_of_authority_shapes_the_fingerprint_and_other_orders_do_not() -> None:
    first = Settings(authority={"KGS/USD": ("page", "nbkr"), "TMT/USD": ("peg",)}, sources=("nbkr", "peg"))
    turned = Settings(authority={"KGS/USD": ("nbkr", "page"), "TMT/USD": ("peg",)}, sources=("nbkr", "peg"))
    same = Settings(authority={"TMT/USD": ("peg",), "KGS/USD": ("page", "nbkr")}, sources=("peg", "nbkr"))
    assert first.fingerprint() == same.fingerprint() != turned.fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        Settings(port=1),
        Settings(host="::1"),
        Settings(keep_bodies_days=1),
        Settings(keep_intraday_days=1),
        Settings(database_url="sqlite:///x.db"),
        Settings(upstream_mirror="http://m"),
    ],
)
def test_what_shapes_no_answer_leaves_the_fingerprint(other: Settings) -> None:
    assert other.fingerprint() == Settings().fingerprint()
