"""What Prometheus reads: who may, what it says, and that it agrees with docs/metrics.md."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import jobs
from app.access import Permission
from app.db import Database, utc_now
from app.heartbeats import GpuUse, Pulse
from app.http.admission import Admission
from app.insights.facts import facts
from app.jobs import JobKind
from app.main import create_app
from app.measures import Measures
from app.predictions.tables import Network, Promotion
from app.projects.tables import Project
from app.queue import handing
from app.queue import service as queue
from app.queue.handing import Asker
from app.settings import Settings
from app.storage import Storage
from app.training.tables import Run, RunStatus
from tests.accounts import make_account, token_of
from tests.factories import NOW, jpeg_bytes, landmarks_body, later, make_image, make_project, make_user
from tests.source import ROOT

Labels = tuple[tuple[str, str], ...]


@pytest.fixture(autouse=True)
def home(settings: Settings) -> None:
    """The folder whose disk is measured."""
    settings.home_dir.mkdir(exist_ok=True)


def numbers(text: str) -> dict[tuple[str, Labels], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(client: TestClient, **headers: str) -> dict[tuple[str, Labels], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.text
    return numbers(answer.text)


def values(metrics: Any, name: str) -> Mapping[tuple[str, ...], float]:
    """Of one measure, by the values of its labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for family in metrics.collect()
        for sample in family.samples
        if sample.name == name
    }


def test_every_web_process_counts_what_it_answered_and_together_it_adds_up(
    settings: Settings, sqlite_url: str
):
    with ExitStack() as stack:
        clients = [
            stack.enter_context(TestClient(create_app(settings), base_url="http://127.0.0.1"))
            for _ in range(2)
        ]
        for client in (*clients, clients[0]):
            client.get("/api/v1/projects")
        clients[1].get("/api/v1/projects/99")

        counted = [read(client) for client in clients]

    listed = ("equimark_answer_seconds_count", (("handler", "list_projects"),))
    refused = ("equimark_answers_total", (("handler", "get_project"), ("status", "4xx")))
    assert [each.get(listed, 0) for each in counted] == [2, 1]
    assert [each.get(refused, 0) for each in counted] == [0, 1]


def test_a_path_that_leads_nowhere_makes_no_measure_of_its_own(client: TestClient):
    client.get("/made/up/by/a/stranger")

    assert "stranger" not in client.get("/metrics").text


def test_a_saved_label_shows_in_the_latency_and_in_the_labels(
    client: TestClient, database: Database, storage: Storage
):
    with database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project, storage=storage, content=jpeg_bytes())
    client.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body())

    said = read(client)

    assert said["equimark_answer_seconds_count", (("handler", "put_landmarks"),)] == 1
    assert said["equimark_labels_total", (("kind", "landmarks"), ("project", str(project.id)))] == 1


@pytest.fixture
def guarded(settings: Settings, sqlite_url: str) -> Any:
    with TestClient(
        create_app(settings.model_copy(update={"accounts": "required"})), base_url="http://127.0.0.1"
    ) as client:
        yield client


def test_only_an_administrators_token_with_its_scope_reads_the_measures(
    guarded: TestClient, database: Database
):
    with database.unit_of_work() as session:
        admin = make_account(session, "ada", is_admin=True)
        plain = make_account(session, "bob")
        made = {
            "right": token_of(session, admin, Permission.METRICS, lasts=timedelta(days=9000)),
            "other scope": token_of(session, admin, Permission.SEE, lasts=timedelta(days=9000)),
            "no administrator": token_of(session, plain, Permission.METRICS, lasts=timedelta(days=9000)),
            "nobody": {},
        }
    status = {name: guarded.get("/metrics", headers=token).status_code for name, token in made.items()}
    elsewhere = guarded.get("/api/v1/projects", headers=made["right"])

    assert status == {"right": 200, "other scope": 403, "no administrator": 403, "nobody": 401}
    assert elsewhere.status_code == 403


def test_jobs_are_counted_by_kind_and_the_oldest_says_how_long_it_has_waited(
    any_session: Session, settings: Settings
):
    project_id = make_project(any_session).id
    for seconds in (-30, -5, 60):
        jobs.enqueue(
            any_session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=later(seconds)
        )
    jobs.enqueue(any_session, JobKind.TRAIN, project_id=project_id, subject_id=1, now=NOW)
    held = jobs.claim_next(
        any_session, worker="w", now=NOW, lease=timedelta(seconds=30), kinds=[JobKind.TRAIN]
    )
    assert held is not None
    jobs.fail(any_session, held, now=NOW, code="broken", detail="")

    said = facts(any_session, settings, now=NOW)

    assert values(said, "equimark_jobs")["rank", "queued"] == 3
    assert values(said, "equimark_oldest_due_job_seconds")["rank",] == 30
    assert values(said, "equimark_oldest_due_job_seconds")["export",] == 0
    assert values(said, "equimark_jobs_failed_total") == {
        (kind,): int(kind == JobKind.TRAIN) for kind in JobKind
    }


def test_leases_that_ran_out_unanswered_are_counted_for_an_hour(any_session: Session, settings: Settings):
    user, project = make_user(any_session), make_project(any_session)
    images = [make_image(any_session, project) for _ in range(3)]
    queue.open_asks(any_session, project=project, image_ids=[image.id for image in images])
    handed = [
        handing.next_ask(any_session, project_id=project.id, asker=Asker(user.id, None, 60, NOW))
        for _ in images
    ]
    assert handed[0] is not None
    queue.release(any_session, lease_id=handed[0].lease.id, by=handed[0].lease.user_id, now=NOW)

    ran_out = {
        seconds: values(facts(any_session, settings, now=later(seconds)), "equimark_leases_run_out")
        for seconds in (59, 61, 3601)
    }

    project_id = str(project.id)
    assert ran_out == {59: {(project_id,): 0}, 61: {(project_id,): 2}, 3601: {(project_id,): 0}}


def test_the_error_is_that_of_the_promoted_network(any_session: Session, settings: Settings):
    project = make_project(any_session)
    networks = [_network(any_session, project, number, nme) for number, nme in ((1, 0.12), (2, 0.31))]
    for number, network in enumerate((*networks, networks[0]), 1):
        any_session.add(
            Promotion(project_id=project.id, number=number, network_id=network.id, at=NOW, by_user_id=None)
        )
    any_session.flush()

    said = facts(any_session, settings, now=NOW)

    assert values(said, "equimark_network_error") == {(str(project.id), "fraction"): 0.12}


def _network(session: Session, project: Project, number: int, nme: float) -> Network:
    run = Run(
        project_id=project.id, number=number, status=RunStatus.SUCCEEDED, reason="test", requested_at=NOW
    )
    session.add(run)
    session.flush()
    network = Network(
        project_id=project.id,
        run_id=run.id,
        number=number,
        weights_sha256="0" * 64,
        onnx_sha256="0" * 64,
        schema_version=1,
        landmarks=["nose"],
        config={},
        scores={"nme": nme},
        created_at=NOW,
    )
    session.add(network)
    session.flush()
    return network


def test_processes_and_gpus_are_those_that_were_heard_of_within_a_minute(
    any_session: Session, settings: Settings
):
    Pulse(settings.work_dir, "trainer", does=["train"]).beat([GpuUse(0, 0.93, 2**30, 2**34)])
    Pulse(settings.work_dir, "web", does=["web"]).beat()

    now = facts(any_session, settings, now=utc_now())
    later_on = facts(any_session, settings, now=utc_now() + timedelta(minutes=2))

    assert values(now, "equimark_gpu_use_ratio") == {("trainer", "0"): 0.93}
    alive = values(now, "equimark_processes_alive")
    assert (alive["train",], alive["web",], alive["upkeep",]) == (1, 1, 0)
    assert values(later_on, "equimark_gpu_use_ratio") == {}
    assert values(later_on, "equimark_processes_alive")["train",] == 0


def test_every_measure_is_explained_and_nothing_else_is(any_session: Session, settings: Settings):
    text = (ROOT / "docs" / "metrics.md").read_text()
    said = [facts(any_session, settings, now=NOW), Measures(lambda: Admission().places).registry]

    there = {family.name for each in said for family in each.collect()}
    explained = set(re.findall(r"^\| `(\w+?)(?:_total)?` \|", text, re.MULTILINE))
    used = set(re.findall(r"equimark_\w+", text))

    ours = {name for name in there if name.startswith("equimark_")}
    assert explained == ours
    endings = ("", "_total", "_bucket", "_count", "_sum")
    assert {name for name in used if name not in {each + end for each in ours for end in endings}} == set()
