"""The pages in the second language: chosen by browser or person, and whole."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.labelling import click_image, image_id, open_label_page, wait_for_next, wait_until_saved
from tests.browser.test_label_predictions import predict

pytestmark = pytest.mark.browser

GRID_SEEN = "#grid[data-phase=showing][data-seen]"


@pytest.fixture
def german(open_context) -> Page:
    return open_context(locale="de-AT").new_page()


def test_the_sign_in_speaks_the_browsers_language_and_then_the_chosen_one(german, served_with_accounts):
    german.goto(f"{served_with_accounts.url}/sign-in?next=/account")

    expect(german.locator("html")).to_have_attribute("lang", "de")
    expect(german.locator("h1")).to_have_text("Anmelden")

    german.get_by_role("button", name="English").click()

    expect(german.locator("html")).to_have_attribute("lang", "en")
    expect(german.locator("h1")).to_have_text("Sign in")
    assert german.url.endswith("/sign-in?next=/account")


def test_a_refused_sign_in_says_why_in_german(german, served_with_accounts):
    german.goto(f"{served_with_accounts.url}/sign-in")
    german.fill("#name", "ann")
    german.fill("#password", "wrong")
    german.get_by_role("button", name="Anmelden").click()

    expect(german.get_by_role("alert")).to_have_text("Der Name oder das Passwort ist falsch.")


def test_the_labelling_page_speaks_german_from_its_keys_to_what_is_saved(german, served):
    open_label_page(german, served.label_url, mode="landmarks")

    expect(german.locator("#saving-text")).to_have_text("Alles gespeichert")
    expect(german.locator("#landmark-left")).to_have_text("3 von 3 offen")
    expect(german.locator("#stage")).to_have_attribute(
        "aria-label", "Bild. ?: alle Tasten. Esc: zu den Knöpfen."
    )
    expect(german.locator("#why-text")).to_have_text(
        "Als Nächstes in der Reihenfolge des Imports; die Bilder sind noch nicht geordnet. "
        "Landmarken zuerst: Von „pose“ ist noch nichts zu lernen."
    )
    german.keyboard.press("Enter")
    expect(german.locator("#notice")).to_have_text(
        "Noch ist nichts gesetzt. Strg + Leertaste überspringt dieses Bild."
    )
    click_image(german, 100, 80)
    expect(german.locator("#landmark-list .state").first).to_have_text("gesetzt")
    first = image_id(german)
    german.keyboard.press("Enter")
    german.keyboard.press("Enter")
    wait_for_next(german, first)
    wait_until_saved(german)
    expect(german.locator("#progress-text")).to_contain_text("von 8 Bildern")
    german.keyboard.press("Control+S")
    expect(german.locator("#notice")).to_contain_text("Alles gespeichert. Letzte Antwort vor")


def test_help_and_palette_are_german_and_the_palette_finds_german_words(german, served):
    open_label_page(german, served.label_url, mode="landmarks")

    german.keyboard.press("?")
    expect(german.locator("#help-keys")).to_contain_text("Umschalt + Pfeile")
    expect(german.locator("#help-keys")).to_contain_text("Mit zwei Fingern tippen")
    german.keyboard.press("Escape")
    german.keyboard.press("Control+K")
    german.fill("#palette-field", "spiegeln")
    expect(german.locator("#palette-list [role=option]").first).to_contain_text(
        "Die Form an ihrer eigenen Achse spiegeln"
    )
    expect(german.locator("#palette-count")).to_have_text("1 Befehl")


def test_a_refused_answer_is_told_in_german(german, served):
    open_label_page(german, served.label_url, mode="landmarks")
    problem = {
        "code": "stale_revision",
        "status": 409,
        "detail": "This image is at revision 4; your answer was made on revision 0.",
    }
    german.route("**/landmarks", lambda route: route.fulfill(status=409, json=problem))

    click_image(german, 100, 80)
    german.keyboard.press("Enter")
    german.keyboard.press("Enter")

    expect(german.locator("#saving-text")).to_have_text("1 braucht Sie")
    german.click("#saving")
    expect(german.locator("#attention-list .words")).to_have_text(
        "Dieses Bild ist bei Fassung 4; Ihre Antwort bezog sich auf Fassung 0."
    )


def test_the_grid_counts_and_confirms_in_german(german, served):
    german.goto(f"{served.url}/projects/{served.project_id}/grid?attribute=pose")
    german.wait_for_selector(GRID_SEEN)

    expect(german.locator("#page-words")).to_have_text("8 keine Antwort")
    german.keyboard.press("1")
    expect(german.locator("#confirm-words")).to_have_text("1 Antwort bestätigen")
    german.keyboard.press("Control+A")
    german.keyboard.press("1")
    expect(german.locator("#confirm-words")).to_have_text("8 Antworten bestätigen")


def test_what_the_prediction_does_fits_the_panel_of_a_laptop(german, served, database):
    predict(database, served.project_id, image_count=8, shift_px=0)

    open_label_page(german, served.label_url, mode="landmarks")

    expect(german.get_by_role("button", name="Unsicherste zuerst")).to_be_visible()
    assert german.evaluate("document.documentElement.scrollWidth") == 1366
