"""Reading settings, and the sentences about those that cannot be read."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from rtproject import environment as env
from rtproject.websocket.throttling.rates import Rate


@pytest.fixture(autouse=True)
def _declared(monkeypatch):
    """Forget the settings that a test declares."""
    monkeypatch.setattr(env, "DECLARED", {})


class TestSetting:
    def test_a_value_is_read(self, monkeypatch):
        """The reader gets the text without surrounding blanks."""
        monkeypatch.setenv("SOME_LIMIT", " 7 ")
        assert env.setting("SOME_LIMIT", env.whole(), 3, "A limit.") == 7

    @pytest.mark.parametrize("value", [None, "", "  "])
    def test_an_absent_or_empty_one_is_the_default(self, monkeypatch, value):
        """An empty variable is as good as none: that is how compose files unset one."""
        monkeypatch.delenv("SOME_LIMIT", raising=False)
        if value is not None:
            monkeypatch.setenv("SOME_LIMIT", value)
        assert env.setting("SOME_LIMIT", env.whole(), 3, "A limit.") == 3

    def test_it_is_declared_for_the_documentation(self):
        """The declaration has name, default and help, and the words for the default if it has any."""
        env.setting("SOME_LIMIT", env.whole(), 3, "A limit.")
        env.setting("SOME_SWITCH", env.switch, True, "A switch.", "on")
        assert env.DECLARED == {
            "SOME_LIMIT": ("3", "A limit."),
            "SOME_SWITCH": ("on", "A switch."),
        }

    def test_a_wrong_value_is_one_sentence_that_does_not_show_it(self, monkeypatch):
        """The value may be a secret in the wrong place: neither the sentence nor its cause tells it."""
        monkeypatch.setenv("SOME_LIMIT", "hidden")
        with pytest.raises(ImproperlyConfigured) as caught:
            env.setting("SOME_LIMIT", env.whole(), 3, "A limit.")
        assert str(caught.value) == "SOME_LIMIT must be a whole number, 0 or more."
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("text", "value"),
    [("on", True), ("ON", True), ("true", True), ("yes", True), ("1", True), ("off", False)],
)
def test_a_switch_is_read_as_people_write_it(text, value):
    """Upper or lower case, and the words that other programs use."""
    assert env.switch(text) is value


def test_a_list_may_have_blanks_and_a_trailing_comma():
    """Only words between the commas count."""
    assert env.hosts(" a , b,, c ,") == ["a", "b", "c"]


@pytest.mark.parametrize(("text", "value"), [("0.1", 0.1), ("5", 5.0), ("86400", 86400.0), ("1e2", 100.0)])
def test_seconds_are_a_number(text, value):
    """Fractions are fine, from a tenth of a second to a day."""
    assert env.seconds(text) == value


def test_origins_have_their_scheme():
    """They are written as in CSRF_TRUSTED_ORIGINS."""
    assert env.origins("https://a.test, http://b.test:8000") == ["https://a.test", "http://b.test:8000"]


def test_options_in_urls_may_be_any_that_the_libraries_know():
    """Those of libpq, and those of redis-py for its kind of connection."""
    assert (
        env.database("postgresql://h/n?sslmode=require&connect_timeout=9")["OPTIONS"]["connect_timeout"] == 9
    )
    urls = ["redis://host/3?socket_timeout=5&max_connections=50", "rediss://host?ssl_cert_reqs=none"]
    assert env.redis_urls(",".join(urls)) == urls


def test_a_sentence_about_an_option_does_not_show_its_value():
    for url in ("postgresql://h/n?sslmode=hidden", "postgresql://h/n?keepalives_idle=hidden"):
        with pytest.raises(ValueError, match="libpq") as caught:
            env.database(url)
        assert "hidden" not in str(caught.value)
    with pytest.raises(ValueError, match="redis-py") as caught:
        env.redis_urls("redis://host?socket_timeout=hidden")
    assert "hidden" not in str(caught.value)


def test_several_redis_urls_are_shards():
    """All the schemes that the client library knows."""
    sentinels = "redis+sentinel://:secret@one:26379,two,[::1]:7/main?db=1"
    urls = ["redis://one:6379/0", "rediss://two", "unix:///run/redis.sock", sentinels]
    assert env.redis_urls(", ".join(urls)) == urls


WRONG = [
    (env.switch, ["", "maybe", "2"], "on or off"),
    (env.whole(), ["-1", "1.5", "x", "²", "٣"], "a whole number, 0 or more"),
    (env.whole(1), ["0"], "a whole number, 1 or more"),
    (env.whole(1, 9), ["0", "10", "99999999999999999999"], "a whole number, 1 to 9"),
    (env.seconds, ["0", "-1", "nan", "inf", "often", "86401", "0.09"], "a number of seconds"),
    (Rate.parse, ["20", "20/week", "x/second"], "a rate such as 20/second"),
    (env.hosts, [",", "http://example.com", "a b", "example.com:80", "example.com/x"], "host names"),
    (
        env.origins,
        [
            "hidden.test",
            "https://a.test,b.test",
            ",",
            "https://",
            "https://a.test:port",
            "https://a.test/path",
        ],
        "a comma separated list of origins",
    ),
    (env.host_name, ["x" * 256, "a\nb"], "printable"),
    (
        env.redis_urls,
        [
            "localhost:6379",
            "redis://one,http://two",
            "redis://one,two",
            ",",
            "redis://",
            "redis://localhost:abc",
        ]
        + [f"redis+sentinel://{rest}" for rest in ("one", "one,,two/main", "one:99999/main", "one/main/0")],
        "one or several redis://",
    ),
    (
        env.redis_urls,
        ["redis://host/abc", "redis://host/0/1"],
        "a URL whose path is the number of a database",
    ),
    (
        env.redis_urls,
        ["redis://host?soket_timeout=5", "unix:///redis?no=1", "redis://host?socket_timeout=-1"]
        + [f"redis://host?{option}" for option in ("db=x", "db=999999", "max_connections=1", "encoding=foo")]
        + ["redis://host?decode_responses=yes", "redis://host?health_check_interval=-1"]
        + ["redis+sentinel://host/main?no=1", "redis+sentinel://host/main?ssl_cert_reqs=none"],
        "that redis-py knows",
    ),
    (env.redis_urls, ["redis://host/99999999999999"], "a URL whose path is the number of a database"),
    (
        env.database,
        ["sqlite://data/db.sqlite3", "sqlite:///db?timeout=3", "sqlite:/db", "sqlite:///a#b"],
        "with three slashes and no options",
    ),
    (
        env.database,
        [
            "sqlite://:memory:",
            "sqlite://",
            "sqlite:///",
            "postgresql://",
            "postgresql://u:p@h/",
            "mysql://u@h/n",
            "db.sqlite3",
            "postgresql://u@h:port/n",
            ":",
        ],
        "sqlite:///path or postgresql://",
    ),
    (
        env.database,
        ["postgresql://h/n?sslmode=requird", "postgresql://h/n?ssl_mode=require"],
        "that libpq knows",
    ),
    (
        env.database,
        ["postgresql://h/n?connect_timeout=x", "postgresql://h/n?keepalives_idle=abc"],
        "that libpq knows",
    ),
]


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [(read, text, sentence) for read, texts, sentence in WRONG for text in texts],
)
def test_what_cannot_be_read_is_told_as_what_it_must_be(read, text, sentence):
    """The message completes "NAME must be"."""
    with pytest.raises(ValueError, match=sentence) as caught:
        read(text)
    assert len(text) < 14 or text not in str(caught.value)  # a shorter one may be a word of the sentence


READERS = [env.switch, env.whole(), env.whole(1), env.seconds, Rate.parse, env.origins, env.redis_urls]


def assert_told_as_what_it_must_be(text):
    """Each reader returns, or raises a ValueError in the words of an operator."""
    for read in READERS:
        try:
            read(text)
        except ValueError as error:
            sentence = str(error)
        else:
            continue
        assert sentence.startswith(("on or off", "a ", "one or several"))


@settings(deadline=None)
@given(st.text())
def test_every_reader_fails_in_one_way(text):
    """The message completes "NAME must be", for any text in the environment."""
    assert_told_as_what_it_must_be(text)


def test_a_number_of_absurd_length_fails_in_that_way_too():
    """Python itself refuses to read numbers of more than some thousands of digits."""
    assert_told_as_what_it_must_be("9" * 5000)


class TestDatabase:
    def test_a_path_is_relative_or_absolute(self):
        """Three slashes are relative, four are absolute."""
        assert env.database("sqlite:///data/db.sqlite3")["NAME"] == "data/db.sqlite3"
        assert env.database("sqlite:////srv/db.sqlite3")["NAME"] == "/srv/db.sqlite3"


class TestLists:
    def test_hosts_may_be_wild_or_addresses(self):
        """All forms that Django documents for ALLOWED_HOSTS are read."""
        assert env.hosts("example.com, .example.org,*,[::1]") == ["example.com", ".example.org", "*", "[::1]"]

    def test_postgresql_is_read(self):
        """Everything that stands in the URL reaches Django."""
        config = env.database("postgresql://user:p%40ss@db.test:5433/site")
        assert config["ENGINE"] == "django.db.backends.postgresql"
        found = [config[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")]
        assert found == ["user", "p@ss", "db.test", 5433, "site"]
