"""A browser in words: enough to recognise one's own in a list, never a basis of a decision."""

from app.language import _

# the first that is found counts: nearly every browser also claims to be Safari, and many to be Chrome
PROGRAMS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "FxiOS/": "Firefox",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "Mac",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_words(user_agent: str) -> str:
    """E.g. `Firefox on Linux`; a program's own name where it is none of the known browsers."""
    program = next((word for mark, word in PROGRAMS.items() if mark in user_agent), "")
    system = next((word for mark, word in SYSTEMS.items() if mark in user_agent), "")
    if program and system:
        return _("{program} on {system}", program=program, system=system)
    return program or system or user_agent[:40] or _("Unknown browser")
