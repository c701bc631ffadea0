"""What Prometheus is told of the installation: jobs, labels, leases, errors of networks, workers, the disk.

Read when asked for, by queries whose price does not grow with the number of images or labels. Every web
process says the same, so these are not added up.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import heartbeats, jobs
from app.annotations.tables import Tally
from app.heartbeats import Heartbeat
from app.jobs import Job, JobKind, JobStatus
from app.predictions.tables import Network, Promotion
from app.projects.schemas import Schema
from app.projects.tables import Project
from app.queue.tables import Lease
from app.settings import Settings

LEASES_OF = timedelta(hours=1)


class Facts(Collector):
    """As they were read; handed to Prometheus once."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._metrics


def facts(session: Session, settings: Settings, *, now: datetime) -> Facts:
    """Everything that is known of the installation at `now`."""
    heard = heartbeats.heard(settings.work_dir)
    metrics = [*_jobs(session, now), *_labels(session, now), _errors(session), *_workers(heard, now)]
    free = GaugeMetricFamily("equimark_disk_free_bytes", "Free bytes where the home folder lies")
    free.add_metric([], shutil.disk_usage(settings.home_dir).free)
    return Facts([*metrics, *_gpus(heard, now), free])


def _jobs(session: Session, now: datetime) -> Iterator[Metric]:
    count = GaugeMetricFamily("equimark_jobs", "Jobs that wait or are being done", labels=["kind", "status"])
    failed = CounterMetricFamily("equimark_jobs_failed", "Jobs that failed for good", labels=["kind"])
    oldest = GaugeMetricFamily(
        "equimark_oldest_due_job_seconds", "How long the oldest due job has waited", labels=["kind"]
    )
    there = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.FAILED)
    counts = select(Job.kind, Job.status, func.count()).where(Job.status.in_(there))
    rows = session.execute(counts.group_by(Job.kind, Job.status)).all()
    of = {(kind, status): number for kind, status, number in rows}
    for kind in JobKind:
        for status in (JobStatus.QUEUED, JobStatus.RUNNING):
            count.add_metric([kind, status], of.get((kind, status), 0))
        failed.add_metric([kind], of.get((kind, JobStatus.FAILED), 0))
        due = jobs.longest_due(session, now=now, kinds=[kind])
        oldest.add_metric([kind], due.waited.total_seconds() if due else 0)
    yield from (count, failed, oldest)


def _labels(session: Session, now: datetime) -> Iterator[Metric]:
    labels = CounterMetricFamily("equimark_labels", "Answers that are stored", labels=["project", "kind"])
    for tally in session.scalars(select(Tally).order_by(Tally.project_id, Tally.kind)):
        labels.add_metric([str(tally.project_id), tally.kind], tally.revision_count)
    yield labels
    ran_out = GaugeMetricFamily(
        "equimark_leases_run_out",
        "Asks handed out within the last hour whose lease ran out unanswered",
        labels=["project"],
    )
    # from the few projects to their leases, by the index of both columns
    lost = (Lease.leased_at > now - LEASES_OF, Lease.ended_at.is_(None), Lease.expires_at < now)
    number = select(func.count()).where(Lease.project_id == Project.id, *lost).scalar_subquery()
    for project_id, count in session.execute(select(Project.id, number).order_by(Project.id)):
        ran_out.add_metric([str(project_id)], count)
    yield ran_out


def _errors(session: Session) -> Metric:
    errors = GaugeMetricFamily(
        "equimark_network_error",
        "Validation error of the promoted network: a fraction of the normaliser, or px",
        labels=["project", "unit"],
    )
    newest = select(Promotion.project_id, func.max(Promotion.number).label("number"))
    newest_of = newest.group_by(Promotion.project_id).subquery()
    current = (
        select(Project, Network)
        .join(newest_of, newest_of.c.project_id == Project.id)
        .join(Promotion, (Promotion.project_id == Project.id) & (Promotion.number == newest_of.c.number))
        .join(Network, Network.id == Promotion.network_id)
    )
    for project, network in session.execute(current.order_by(Project.id)):
        if (error := network.scores.get("nme")) is not None:
            is_pixels = Schema.model_validate(project.schema).normaliser.kind == "pixels"
            errors.add_metric([str(project.id), "px" if is_pixels else "fraction"], error)
    return errors


def _workers(heard: Sequence[Heartbeat], now: datetime) -> Iterator[Metric]:
    living = GaugeMetricFamily(
        "equimark_processes_alive", "Processes heard of within the last minute", labels=["does"]
    )
    for duty in (*heartbeats.DUTIES, heartbeats.WEB):
        alive = [each for each in heard if duty in each.does and not each.is_silent(now)]
        living.add_metric([duty], len(alive))
    yield living


def _gpus(heard: Sequence[Heartbeat], now: datetime) -> Iterator[Metric]:
    labels = ["worker", "gpu"]
    use = GaugeMetricFamily("equimark_gpu_use_ratio", "Share of time in which the GPU worked", labels=labels)
    memory = GaugeMetricFamily("equimark_gpu_memory_bytes", "GPU memory in use", labels=labels)
    total = GaugeMetricFamily("equimark_gpu_memory_size_bytes", "GPU memory there is", labels=labels)
    for each in heard:
        for gpu in each.gpus if not each.is_silent(now) else ():
            names = [each.name, str(gpu.index)]
            use.add_metric(names, gpu.use)
            memory.add_metric(names, gpu.memory_bytes)
            total.add_metric(names, gpu.memory_size_bytes)
    yield from (use, memory, total)
