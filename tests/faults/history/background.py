"""What must hold of jobs, networks and files once everything is well again: I11 to I13."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Base
from app.exchange.tables import Export, Import
from app.images.tables import Image
from app.jobs import Job, JobKind
from app.predictions.tables import Network, Prediction, Promotion
from app.projects.tables import Project
from app.training.tables import Run
from tests.faults.history.checker import Stored, Violation
from tests.faults.history.record import History

SUBJECTS: dict[str, type[Base]] = {
    JobKind.TRAIN: Run,
    JobKind.PREDICT: Network,
    JobKind.RANK: Project,
    JobKind.IMPORT: Import,
    JobKind.EXPORT: Export,
    JobKind.PREPARE: Project,
}
# what a job's row and its subject's row say together
AGREEING = {
    ("done", "done"),
    ("done", "succeeded"),
    ("failed", "failed"),
    ("failed", "done"),  # its worker was lost twice, the second time just after the end
    ("cancelled", "cancelled"),
}


class Background:
    """Rows and files of what happens behind the labels."""

    def __init__(self, session: Session, blobs: Path, history: History, stored: Stored) -> None:
        self._session, self._blobs, self._history, self._stored = session, blobs, history, stored

    def violations(self) -> list[Violation]:
        """All that is wrong."""
        checks: tuple[Callable[[], Iterator[Violation]], ...] = (
            self._jobs_and_subjects_agree,
            self._runs_have_one_network,
            self._promotions_are_a_chain,
            self._exports_stay,
            self._imports_end_once,
            self._predictions_have_a_source,
            self._blobs_are_whole,
        )
        return [violation for check in checks for violation in check()]

    def _jobs_and_subjects_agree(self) -> Iterator[Violation]:
        for job in self._session.scalars(select(Job)):
            subject = self._session.get(SUBJECTS[job.kind], job.subject_id)
            if subject is None:
                yield Violation("I11", f"job {job.id} ({job.kind}) is about row {job.subject_id}, not there")
                continue
            if job.status in {"queued", "running"}:
                yield Violation("I11", f"job {job.id} ({job.kind}) is {job.status} for ever")
            if job.error_code not in {None, "worker_lost"}:
                yield Violation("I11", f"job {job.id} ({job.kind}): {job.error_code}, {job.error_detail}")
            if job.attempt > job.max_attempts:
                yield Violation("I11", f"job {job.id} ({job.kind}) was begun {job.attempt} times")
            status = getattr(subject, "status", None)
            if status is not None and (job.status, status) not in AGREEING:
                yield Violation("I11", f"job {job.id} ({job.kind}) is {job.status}, its subject {status}")

    def _runs_have_one_network(self) -> Iterator[Violation]:
        made = Counter(self._session.scalars(select(Network.run_id)))
        attempts = {
            job.subject_id: job.attempt
            for job in self._session.scalars(select(Job).where(Job.kind == JobKind.TRAIN))
        }
        for run in self._session.scalars(select(Run)):
            if made[run.id] != (run.status == "succeeded"):
                yield Violation("I11", f"run {run.id} {run.status} with {made[run.id]} networks")
            if run.status == "succeeded" and run.attempt != attempts[run.id]:
                yield Violation("I11", f"run {run.id} ended by attempt {run.attempt} of {attempts[run.id]}")

    def _promotions_are_a_chain(self) -> Iterator[Violation]:
        chains: dict[int, list[Promotion]] = defaultdict(list)
        for step in self._session.scalars(select(Promotion).order_by(Promotion.number)):
            chains[step.project_id].append(step)
        told = Counter(entry.project_id for entry in self._stored.audit if entry.action == "network.promoted")
        for project_id, chain in chains.items():
            if [step.number for step in chain] != list(range(1, len(chain) + 1)):
                yield Violation("I11", f"promotions are numbered {[step.number for step in chain]}")
            if len(chain) != told[project_id]:
                yield Violation("I5", f"{len(chain)} promotions, {told[project_id]} audit rows")

    def _exports_stay(self) -> Iterator[Violation]:
        """A file that somebody has downloaded is there still, the same."""
        for taken in self._history.exports:
            row = self._session.get_one(Export, taken.export_id)
            path = self._blobs / (row.blob_key or "none")
            if row.status != "done" or not path.is_file():
                yield Violation("I11", f"export {row.id} was downloaded and is {row.status} now")
            elif _digest(path) != taken.sha256:
                yield Violation("I11", f"export {row.id} has another file than when it was done")

    def _imports_end_once(self) -> Iterator[Violation]:
        ended = Counter(entry.subject for entry in self._stored.audit if entry.action == "import.done")
        for row in self._session.scalars(select(Import)):
            if ended[f"import:{row.id}"] != (row.status == "done"):
                yield Violation("I11", f"import {row.id} {row.status}, {ended[f'import:{row.id}']} times")

    def _predictions_have_a_source(self) -> Iterator[Violation]:
        networks = {network.id: network for network in self._session.scalars(select(Network))}
        for network in networks.values():
            run = self._session.get(Run, network.run_id)
            pool = run and run.pool_sha256 and self._blob("pools", run.pool_sha256)
            if not pool or not pool.is_file() or _digest(pool) != pool.name:
                yield Violation("I12", f"the pool of network {network.id} is not there as it was")
                continue
            images = orjson.loads(pool.read_bytes())["images"]
            learnt = {revision for image in images for revision in image["revisions"].values()}
            for unknown in learnt - self._stored.revisions.keys():
                yield Violation("I12", f"network {network.id} learnt from {unknown}, which is not there")
        for prediction in self._session.scalars(select(Prediction)):
            network = networks.get(prediction.network_id)
            if network is None or network.project_id != prediction.project_id:
                yield Violation("I12", f"prediction {prediction.id} is of no network of its project")

    def _blobs_are_whole(self) -> Iterator[Violation]:
        for network in self._session.scalars(select(Network)):
            for sha, suffix in ((network.weights_sha256, ".safetensors"), (network.onnx_sha256, ".onnx")):
                if not _is_whole(self._blob("networks", sha, suffix), sha):
                    yield Violation("I13", f"{suffix} of network {network.id} is missing or damaged")
        for image in self._session.scalars(select(Image)):
            if not _is_whole(self._blob("images", image.sha256), image.sha256):
                yield Violation("I13", f"the file of image {image.id} is missing or damaged")

    def _blob(self, family: str, sha: str, suffix: str = "") -> Path:
        return self._blobs / family / sha[:2] / f"{sha}{suffix}"


def _is_whole(path: Path, sha: str) -> bool:
    return path.is_file() and _digest(path) == sha


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
