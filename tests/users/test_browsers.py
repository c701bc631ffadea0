import pytest

from app.users.browsers import browser_words

CHROME = "(KHTML, like Gecko) Chrome/150.0 Safari/537.36"
AGENTS = {
    f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 {CHROME}": "Chrome on Linux",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 {CHROME} Edg/150.0": "Edge on Windows",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1": "Safari on iPhone",
    "curl/8.5.0": "curl/8.5.0",
    "": "Unknown browser",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_a_browser_is_named_so_that_its_person_knows_it(agent: str) -> None:
    assert browser_words(agent) == AGENTS[agent]
