"""The page to try the echo on."""

from echo.ui_text import WORDS


def test_the_page_has_what_its_script_needs(client):
    """Forms to send and to close with, a place for the frames, its script, and all of its sentences."""
    answer = client.get("/echo/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert all(
        f'id="{name}"' in page for name in ("send-form", "close-form", "frames", "words", "connection")
    )
    assert all(f'"{name}": ' in page for name in WORDS)
    assert "echo/echo.js" in page


def test_the_page_runs_nothing_but_the_sites_own_files(client):
    """It is served under the strict policy, and has no script of its own in it."""
    answer = client.get("/echo/")
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert "onclick=" not in page
    assert "style=" not in page


def test_the_page_is_only_read(client):
    """There is nothing to post."""
    assert client.post("/echo/").status_code == 405


def test_the_page_without_its_slash_leads_to_it(client):
    """Django's own redirect, not an error."""
    assert client.get("/echo").status_code == 301
