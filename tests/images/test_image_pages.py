"""The pages of images: the list with its filters and links, one image, and the upload without JavaScript."""

import re
import uuid

import pytest

from app.images import pages
from app.images.tables import Image
from app.projects.service import get_project
from app.queue import service as queue
from tests.factories import attribute_body, jpeg_bytes, landmarks_body, make_image, make_project, png_bytes
from tests.predictions.test_predictions_service import make_network, row_for


@pytest.fixture
def project(client, database):
    with database.unit_of_work() as session:
        return make_project(session, name="<i>mice</i>")


@pytest.fixture
def url(project):
    return f"/projects/{project.id}/images"


def add(database, project, *names):
    with database.unit_of_work() as session:
        return [make_image(session, project, name=name) for name in names]


def say(client, image, **note):
    assert client.put(f"/api/v1/images/{image.id}/notes/{uuid.uuid4()}", json=note).is_success


def names_in(html):
    return re.findall(r'class="tile-name"[^>]*>([^<]*)<', html)


def href(html, rel):
    found = re.search(rf'rel="{rel}" href="([^"]*)"', html)
    return found and found.group(1).replace("&amp;", "&")


def test_an_empty_project_offers_to_add_images(client, url):
    page = client.get(url).text

    assert "No images yet" in page
    assert 'enctype="multipart/form-data"' in page
    assert "&lt;i&gt;mice&lt;/i&gt;" in page


def test_a_tile_says_what_is_known_of_its_image(client, database, project, url):
    first, second = add(database, project, "one.jpg", "two.jpg")
    client.put(f"/api/v1/images/{first.id}/landmarks", json=landmarks_body())
    client.put(f"/api/v1/images/{first.id}/attributes/pose", json=attribute_body())
    with database.unit_of_work() as session:
        network = make_network(session, project)
        from app.predictions import service

        service.promote(session, network.id, by=None, now=network.created_at)
        service.store_predictions(session, network, [row_for(second.id, 1.0)])

    tiles = re.findall(r'<li>\s*<a class="tile".*?</li>', client.get(url).text, re.DOTALL)

    assert ["landmarks, pose" in tile for tile in tiles] == [True, False]
    assert ["no label" in tile for tile in tiles] == [False, True]
    assert ["predicted" in tile for tile in tiles] == [False, True]


def test_an_image_that_does_not_decode_says_so_in_its_tile_and_on_its_page(client, database, project, url):
    broken, well = add(database, project, "broken.jpg", "well.jpg")
    with database.unit_of_work() as session:
        session.get_one(Image, broken.id).problem = "image_truncated"

    tiles = re.findall(r'<li>\s*<a class="tile".*?</li>', client.get(url).text, re.DOTALL)
    pages = [client.get(f"{url}/{image.id}").text for image in (broken, well)]

    assert ["does not open" in tile for tile in tiles] == [True, False]
    assert ["<img" in tile for tile in tiles] == [False, True]
    assert ["nothing is asked about it" in page for page in pages] == [True, False]
    assert client.get(f"/api/v1/images/{broken.id}").json()["problem"] == "image_truncated"


def test_a_tile_says_how_many_notes_its_image_has_and_that_it_is_flagged(client, database, project, url):
    both, one, _ = add(database, project, "both", "one", "none")
    say(client, both, text="two hands")
    say(client, both, is_flagged=True)
    say(client, one, text="blurred")

    tiles = re.findall(r'<li>\s*<a class="tile".*?</li>', client.get(url).text, re.DOTALL)

    assert ["flagged" in tile for tile in tiles] == [True, False, False]
    assert [re.findall(r"(\d notes?)<", tile) for tile in tiles] == [["2 notes"], ["1 note"], []]
    assert names_in(client.get(url, params={"notes": "any"}).text) == ["both", "one"]
    assert names_in(client.get(url, params={"notes": "flagged"}).text) == ["both"]


def test_links_lead_through_all_pages_and_keep_the_filter(client, database, project, url, monkeypatch):
    monkeypatch.setattr(pages, "IMAGES_A_PAGE", 2)
    add(database, project, "a1", "b", "a2", "a3", "a4", "a5")

    first = client.get(url, params={"name": "a", "sort": "name_back"}).text
    second = client.get(url + href(first, "next")).text
    third = client.get(url + href(second, "next")).text

    assert [names_in(page) for page in (first, second, third)] == [["a5", "a4"], ["a3", "a2"], ["a1"]]
    assert (href(first, "prev"), href(third, "next")) == (None, None)
    assert names_in(client.get(url + href(third, "prev")).text) == ["a3", "a2"]


def test_a_filter_that_fits_nothing_says_so(client, database, project, url):
    add(database, project, "a")

    assert "No image fits" in client.get(url, params={"name": "zebra"}).text


@pytest.mark.parametrize(
    "query", ["state=mystery", "side=left", "notes=none", "sort=size", "after=0", "after=x"]
)
def test_an_address_that_the_page_never_gave_out_is_invalid(client, url, query):
    assert client.get(f"{url}?{query}").status_code == 422


def test_the_plain_form_says_what_became_of_each_file(client, url):
    parts = [
        ("files", (name, content, "image/jpeg"))
        for name, content in [
            ("good.jpg", jpeg_bytes(seed=1)),
            ("twin.jpg", jpeg_bytes(seed=1)),
            ("bad.jpg", b"x"),
        ]
    ]

    answer = client.post(url, files=parts)

    outcomes = re.findall(r'data-outcome="(\w+)"', answer.text)
    assert (answer.status_code, outcomes) == (200, ["added", "known", "refused"])
    assert "bad.jpg is not an image." in answer.text
    assert names_in(client.get(url).text) == ["good.jpg"]


def test_an_upload_to_a_project_that_does_not_exist_is_a_page_for_people(client):
    answer = client.post(
        "/projects/99/images", files=[("files", ("a.jpg", jpeg_bytes()))], headers={"Accept": "text/html"}
    )

    assert answer.status_code == 404


class TestOneImage:
    def test_it_leads_to_its_neighbours_without_archived_ones(self, client, database, project, url):
        first, gone, last = add(database, project, "a", "b", "c")
        client.delete(f"/api/v1/images/{gone.id}")

        pages = [client.get(f"{url}/{image.id}").text for image in (first, last)]

        assert [(href(page, "prev"), href(page, "next")) for page in pages] == [
            (None, f"{url}/{last.id}"),
            (f"{url}/{first.id}", None),
        ]

    def test_it_leads_on_in_the_list_one_came_from_and_back_to_it(self, client, database, project, url):
        made = add(database, project, "b2", "a", "b1", "b3")
        said = client.get(url, params={"name": "b", "sort": "name", "state": ""}).text
        [first, *_] = re.findall(r'class="tile" href="([^"]*)"', said)

        page = client.get(first.replace("&amp;", "&")).text

        query = "?name=b&sort=name"
        assert first == f"{url}/{made[2].id}?name=b&amp;sort=name"
        assert (href(page, "prev"), href(page, "next")) == (None, f"{url}/{made[0].id}{query}")
        assert href(client.get(href(page, "next")).text, "next") == f"{url}/{made[3].id}{query}"
        assert f'href="{url}?name=b&amp;sort=name"' in page
        assert client.get(f"{url}/{made[0].id}?sort=size").status_code == 422

    def test_its_points_answers_and_history_are_shown(self, client, database, project, url):
        [image] = add(database, project, "<b>.jpg")
        client.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body())
        client.put(f"/api/v1/images/{image.id}/attributes/pose", json=attribute_body(None))

        page = client.get(f"{url}/{image.id}").text

        assert page.count('class="visible"') == 3
        assert page.count('class="edge"') == 2
        assert "cannot tell" in page
        assert "3 placed" in page
        assert "&lt;b&gt;.jpg" in page
        assert re.findall(r'name="kind" value="(\w+)">(\w+)<', page) == [
            ("landmarks", "Correct"),
            ("pose", "Correct"),
            ("yaw", "Label"),
        ]

    def test_what_nobody_answered_is_shown_as_the_network_sees_it(self, client, database, project, url):
        from app.predictions import service

        [image] = add(database, project, "a")
        with database.unit_of_work() as session:
            network = make_network(session, project)
            service.promote(session, network.id, by=None, now=network.created_at)
            said = row_for(image.id, 1.0) | {"attributes": {"pose": {"front": 0.2, "side": 0.8}, "yaw": 12.5}}
            service.store_predictions(session, network, [said])

        page = client.get(f"{url}/{image.id}").text

        assert page.count('class="ghost"') == 1
        assert "side (80 %)" in page
        assert "1 placed" in page
        assert "12.5" in page

    def test_its_notes_are_shown_with_their_authors_the_newest_first(self, client, database, project, url):
        [image] = add(database, project, "a")
        assert 'id="notes"' not in client.get(f"{url}/{image.id}").text
        say(client, image, text="<u>two</u> hands")
        say(client, image, is_flagged=True)

        page = client.get(f"{url}/{image.id}").text

        notes = page.split('<h2 id="notes">')[1].split("</ul>")[0]
        assert ["flagged" in each for each in notes.split("</li>")[:2]] == [True, False]
        assert "&lt;u&gt;two&lt;/u&gt; hands" in notes
        assert notes.count(">owner</span>") == 2

    def test_a_flag_is_seen_to_by_a_button(self, client, database, project, url):
        [image] = add(database, project, "a")
        say(client, image, is_flagged=True)
        [address] = re.findall(r'action="([^"]*/settle)"', client.get(f"{url}/{image.id}").text)

        sent = client.post(address, follow_redirects=False)

        assert (sent.status_code, sent.headers["location"]) == (303, f"{url}/{image.id}#notes")
        page = client.get(f"{url}/{image.id}").text
        assert 'Seen to by <span dir="auto">owner</span>' in page
        assert "/settle" not in page
        assert names_in(client.get(url, params={"notes": "flagged"}).text) == []
        assert client.post(address.replace("/images/", "/images/9")).status_code == 404

    def test_an_archived_image_can_be_seen_but_not_labelled(self, client, database, project, url):
        [image] = add(database, project, "a")
        client.delete(f"/api/v1/images/{image.id}")

        page = client.get(f"{url}/{image.id}").text

        assert "taken out of the project" in page
        assert 'name="kind"' not in page

    @pytest.mark.parametrize("kind", ["landmarks", "pose", "yaw"])
    def test_a_chosen_question_about_it_is_the_next_one_asked(self, client, database, project, url, kind):
        images = add(database, project, *"abcdef")
        with database.unit_of_work() as session:
            fresh = get_project(session, project.id)
            queue.open_asks(session, project=fresh, image_ids=[image.id for image in images])
        chosen = images[4]
        client.put(f"/api/v1/images/{chosen.id}/attributes/pose", json=attribute_body("front"))

        sent = client.post(f"{url}/{chosen.id}/ask", data={"kind": kind}, follow_redirects=False)

        assert (sent.status_code, sent.headers["location"]) == (303, f"/projects/{project.id}/label")
        ask = client.post(f"/api/v1/projects/{project.id}/asks/next", json={}).json()
        assert (ask["image"]["id"], ask["kind"], ask["reason"]["code"]) == (chosen.id, kind, "chosen")
        assert ask["revision"] == (1 if kind == "pose" else 0)

    def test_nothing_is_asked_about_an_archived_image_or_an_unknown_kind(
        self, client, database, project, url
    ):
        image, gone = add(database, project, "a", "b")
        client.delete(f"/api/v1/images/{gone.id}")

        answers = [
            client.post(f"{url}/{image.id}/ask", data={"kind": "mystery"}),
            client.post(f"{url}/{gone.id}/ask", data={"kind": "pose"}),
            client.post(f"/projects/99/images/{image.id}/ask", data={"kind": "pose"}),
        ]

        assert [each.status_code for each in answers] == [404, 410, 404]
        assert client.post(f"/api/v1/projects/{project.id}/asks/next", json={}).status_code == 204

    def test_an_image_of_another_project_is_not_found(self, client, database, url):
        with database.unit_of_work() as session:
            stranger = make_image(session, make_project(session))

        assert client.get(f"{url}/{stranger.id}").status_code == 404


def test_the_uploaded_file_may_be_of_any_kind_that_the_api_takes(client, url):
    answer = client.post(url, files=[("files", ("a.png", png_bytes()))])

    assert 'data-outcome="added"' in answer.text
