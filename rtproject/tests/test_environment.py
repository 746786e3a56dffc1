"""Settings in the environment: how they are read, and the message about one that cannot be read."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rtproject import environment as env
from rtproject.websocket.throttling.rates import Rate


class TestSetting:
    @pytest.fixture(autouse=True)
    def _declared(self, monkeypatch):
        monkeypatch.setattr(env, "DECLARED", {})

    @pytest.mark.parametrize(("text", "value"), [(" 7 ", 7), (None, 3), ("", 3), ("  ", 3)])
    def test_an_empty_variable_is_the_default(self, monkeypatch, text, value):
        """Compose files unset a variable that way; blanks around a value do not count."""
        monkeypatch.delenv("SOME_LIMIT", raising=False)
        if text is not None:
            monkeypatch.setenv("SOME_LIMIT", text)
        assert env.setting("SOME_LIMIT", env.whole(), 3, "A limit.") == value

    def test_it_is_declared_for_the_documentation(self):
        """With its name, default and help, and the words for the default if it has any."""
        env.setting("SOME_LIMIT", env.whole(), 3, "A limit.")
        env.setting("SOME_SWITCH", env.switch, True, "A switch.", "on")
        assert {
            "SOME_LIMIT": env.Declaration("SOME_LIMIT", "3", "A limit."),
            "SOME_SWITCH": env.Declaration("SOME_SWITCH", "on", "A switch."),
        } == env.DECLARED

    def test_a_wrong_value_is_one_sentence_that_does_not_show_it(self, monkeypatch):
        """It may be a secret in the wrong place: the cause of the error is hidden too."""
        monkeypatch.setenv("SOME_LIMIT", "hidden")
        with pytest.raises(ImproperlyConfigured) as caught:
            env.setting("SOME_LIMIT", env.whole(), 3, "A limit.")
        assert str(caught.value) == "SOME_LIMIT must be a whole number, 0 or more."
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        *((env.switch, text, True) for text in ("on", "ON", "true", "yes", "1")),
        (env.switch, "off", False),
        (env.words, " a , b,, c ,", ["a", "b", "c"]),
        *((env.seconds, text, float(text)) for text in ("0.1", "5", "86400", "1e2")),
        (env.rate, "10/minute", Rate(10, 60.0)),
        (env.hosts, "example.com, .example.org,*,[::1]", ["example.com", ".example.org", "*", "[::1]"]),
        (env.origins, "https://a.test, http://b.test:8000", ["https://a.test", "http://b.test:8000"]),
        (env.redis_urls, "redis://one:6379/0,rediss://two", ["redis://one:6379/0", "rediss://two"]),
        (env.redis_urls, "unix:///run/redis, redis://h", ["unix:///run/redis", "redis://h"]),
        (env.token, "x" * 16, "x" * 16),
    ],
)
def test_a_value_is_read(read, text, value):
    """Lists may have blanks and a trailing comma."""
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "texts", "sentence"),
    [
        (env.switch, ["", "maybe", "2"], "on or off"),
        (env.whole(), ["-1", "1.5", "x", "²", "٣"], "a whole number, 0 or more"),
        (env.whole(1), ["0"], "a whole number, 1 or more"),
        (env.whole(1, 9), ["0", "10", "99999999999999999999"], "a whole number, 1 to 9"),
        (env.seconds, ["0", "-1", "nan", "inf", "often", "86401", "0.09"], "a number of seconds"),
        (env.rate, ["20", "20/week", "x/second"], "a rate such as 20/second"),
        (env.hosts, [",", "http://example.com", "a b", "example.com:80", "example.com/x"], "host names"),
        (
            env.origins,
            [",", "https://", "https://example.com:port", "https://example.com/path", "hidden.test"],
            "a comma separated list of origins",
        ),
        (
            env.redis_urls,
            [",", "redis://", "redis://localhost:abc", "redis://one,http://two", "hidden:6379"],
            "one or several redis://",
        ),
        (env.host_name, ["x" * 256, "a\nb"], "printable"),
        (
            env.token,
            ["x" * 15, "two words that are long", "t\xf6ken" * 4, "x" * 16 + "\n"],
            "16 or more printable ASCII characters",
        ),
    ],
)
def test_a_wrong_value_is_told_by_what_it_must_be(read, texts, sentence):
    """The message completes "NAME must be" and does not show the value."""
    for text in texts:
        with pytest.raises(ValueError, match=sentence) as caught:
            read(text)
        assert "hidden" not in str(caught.value)


READERS = [env.switch, env.whole(), env.whole(1), env.seconds, env.rate, env.origins, env.redis_urls]


@settings(deadline=None)
@given(st.text())
@example("9" * 5000)  # Python itself refuses to read such numbers
def test_every_reader_fails_in_one_way(text):
    """Whatever the environment holds, the message completes "NAME must be"."""
    for read in READERS:
        try:
            read(text)
        except ValueError as error:
            sentence = str(error)
        else:
            continue
        assert sentence.startswith(("on or off", "a ", "one or several"))


class TestDatabase:
    def test_sqlite_is_a_path(self, tmp_path):
        """Three slashes are relative to the project, four are absolute."""
        read = env.database(tmp_path)
        assert read("sqlite:///data/db.sqlite3")["NAME"] == str(tmp_path / "data" / "db.sqlite3")
        assert read("sqlite:////srv/db.sqlite3")["NAME"] == "/srv/db.sqlite3"

    def test_postgresql_is_a_server(self, tmp_path):
        """All parts of the URL reach Django."""
        config = env.database(tmp_path)("postgresql://user:p%40ss@db.test:5433/site")
        assert config["ENGINE"] == "django.db.backends.postgresql"
        found = [config[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")]
        assert found == ["user", "p@ss", "db.test", 5433, "site"]

    @pytest.mark.parametrize(
        "url",
        [
            *("sqlite://:memory:", "sqlite://", "sqlite:///", "postgresql://", "postgresql://u:p@h/"),
            *("mysql://user@host/name", "db.sqlite3", "postgresql://user@host:port/name", ":"),
        ],
    )
    def test_any_other_is_an_error(self, tmp_path, url):
        """Each needs a file or a name: in memory, each thread would have a database of its own."""
        with pytest.raises(ValueError, match="sqlite:///path or postgresql://"):
            env.database(tmp_path)(url)
