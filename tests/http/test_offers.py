"""A page offers only what the gate would let its reader do."""

import pytest

from tests.http.conftest import World

OFFERED = {
    "": {"/label": "annotator", "/setup": "manager", "/people": "manager", "/audit": "manager"},
    "/images": {'id="upload"': "manager", "/label": "annotator", "/time": "viewer"},
    "/training": {'data-post="/api/v1/networks/': "manager", "/people": "manager"},
    "/images/{image_id}": {'name="kind"': "annotator"},
}


@pytest.mark.parametrize("path", OFFERED)
@pytest.mark.parametrize("role", ["viewer", "annotator", "reviewer", "manager", "owner"])
def test_a_page_offers_what_its_reader_may_do(world: World, path: str, role: str) -> None:
    ladder = ["viewer", "annotator", "reviewer", "manager", "owner"]
    address = f"/projects/{world.project_id}"

    page = world.client.get(f"{address}{path.format(**world.ids)}", headers=world.callers[role])

    offered = {
        mark: (mark if "=" in mark else f'href="{address}{mark}"') in page.text for mark in OFFERED[path]
    }
    assert offered == {
        mark: ladder.index(role) >= ladder.index(least) for mark, least in OFFERED[path].items()
    }
