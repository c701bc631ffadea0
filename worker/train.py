"""A training run: freeze the pool, fit, export, judge, publish. No transaction is open meanwhile."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
import torch

from app import jobs
from app.predictions import repository as predictions
from app.predictions import service as networks
from app.predictions.service import NewNetwork, PromotionRaced
from app.predictions.serving import onnx_key, weights_key
from app.storage import BlobMissing
from app.training import lifecycle, pool
from app.training import repository as runs
from app.training import service as training
from ml import checkpoint
from ml.config import FitConfig, auto_config, check_losses
from ml.errors import CheckpointRejected, ExportDiffers, LearningError, Stopped
from ml.evaluate import evaluate
from ml.export import export_onnx
from ml.fitted import Fitted
from ml.train import fit
from ml.types import Manifest, Sample, Scores
from worker.context import JobContext, JobFailed
from worker.judge import judge
from worker.listener import RunListener
from worker.manifest import manifest_of
from worker.pictures import hold_pictures
from worker.team import Task, fit_in_team, process_count

LOSSES: Mapping[str, Mapping[str, Any]] = {
    "L": {"attribute_weight": 0.0, "equivariance_weight": 0.0},
    "L+A": {"equivariance_weight": 0.0},
    "L+ELT": {"attribute_weight": 0.0},
    "L+ELT+A": {},
}
EXPECTED = {"not_enough_labels", "no_space", "diverged", "network_rejected", "losses_not_offered"}
JUDGE_TRIES = 5
log = structlog.get_logger()


@dataclass(frozen=True)
class Files:
    """What a fit left in the run's folder, and the hashes of both."""

    weights: Path
    onnx: Path
    weights_sha256: str
    onnx_sha256: str


def train(context: JobContext) -> None:
    """Do a run from wherever an earlier attempt left it."""
    folder = context.settings.work_dir / f"run-{context.claim.subject_id}"
    try:
        _train(context, folder)
    except LearningError as error:
        code = "network_rejected" if isinstance(error, ExportDiffers) else error.code
        raise JobFailed(code if code in EXPECTED else "internal", str(error)) from error
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise JobFailed("out_of_memory", _out_of_memory(error)) from error
    except RuntimeError as error:
        if "allocate memory" not in str(error):  # torch has no class of its own for this on the CPU
            raise
        raise JobFailed("out_of_memory", _out_of_memory(error)) from error
    shutil.rmtree(folder, ignore_errors=True)


def _train(context: JobContext, folder: Path) -> None:
    sha256 = _find_pool(context)
    if sha256 is None:
        return
    frozen = pool.load(context.storage, sha256)
    held = folder / "pictures"
    try:
        pictures = hold_pictures(context, [image["sha256"] for image in frozen["images"]], held)
        with context.database.reading() as session:
            manifest = manifest_of(session, frozen, pictures)
        fitted = _fit(context, manifest, folder)
        files = _files_of(fitted, folder, context.claim.attempt)
        _publish(context, fitted, files, manifest=manifest, schema_version=frozen["schema_version"])
    finally:
        shutil.rmtree(held, ignore_errors=True)


def _fit(context: JobContext, manifest: Manifest, folder: Path) -> Fitted:
    """Learn, in this process or in several."""
    config = _config_of(context, manifest)
    listener, processes = RunListener(context), process_count(context.settings, config)
    decoded = context.settings.work_dir / f"pictures-{context.claim.project_id}"
    try:
        if processes == 1:
            fitted = fit(manifest, config, listener, work_dir=folder, cache_dir=decoded)
        else:
            config = replace(config, threads=max(1, config.threads // processes))
            task = Task(manifest=manifest, config=config, work_dir=folder, cache_dir=decoded)
            silence_seconds = context.settings.job_lease_seconds / 2  # before anybody else takes the job
            fitted = fit_in_team(task, listener, processes=processes, silence_seconds=silence_seconds)
    except Stopped:
        if listener.interruption is None:
            raise
        raise listener.interruption from None
    context.check_wanted()
    return fitted


def _find_pool(context: JobContext) -> str | None:
    """Address of the run's pool; the first attempt freezes it. None when the run has ended already."""
    claim = context.claim
    with context.recording() as session:
        run = lifecycle.begin(session, claim.subject_id, attempt=claim.attempt, now=context.clock())
        if run.status not in runs.ACTIVE:
            return None
        if run.pool_sha256 is not None:
            return run.pool_sha256
    with context.database.snapshot() as session:
        frozen = pool.freeze(session, claim.project_id)
    pool.store(context.storage, frozen)
    with context.recording() as session:
        return lifecycle.record_pool(session, claim.subject_id, frozen)


def _config_of(context: JobContext, manifest: Manifest) -> FitConfig:
    """Settings of the run; a second attempt goes on with those of the first."""
    run_id = context.claim.subject_id
    with context.recording() as session:
        run = training.get_run(session, run_id)
        if run.config is not None:
            # an older version wrote other settings, or other values: begin again with today's
            with suppress(TypeError, ValueError):
                return FitConfig.from_json(run.config)
        options = run.options
    if losses := options.get("losses"):
        check_losses(losses, manifest)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config = _adjusted(
        auto_config(manifest, device=device),
        options,
        steps=context.settings.training_steps,
        threads=context.settings.training_threads,
    )
    with context.recording() as session:
        lifecycle.record_config(session, run_id, config.to_json())
    return config


def _adjusted(config: FitConfig, options: Mapping[str, Any], *, steps: int, threads: int) -> FitConfig:
    """What the pool suggests, with what the operator and the person asked for instead."""
    asked = []
    wanted_steps = options.get("steps") or steps or config.steps
    if wanted_steps != config.steps:
        asked.append(f"{wanted_steps} steps as asked for")
    if losses := options.get("losses"):
        asked.append(f"losses {losses} as asked for")
    return replace(
        config,
        **LOSSES[losses or "L+ELT+A"],
        steps=wanted_steps,
        seed=options.get("seed", config.seed),
        threads=threads or os.cpu_count() or 1,
        # a short run too has a curve and a state to go on from
        warmup_steps=min(config.warmup_steps, max(1, wanted_steps // 10)),
        evaluate_every=min(config.evaluate_every, max(1, wanted_steps // 8)),
        save_every=min(config.save_every, max(1, wanted_steps // 8)),
        reason="; ".join([config.reason, *asked]),
    )


def _files_of(fitted: Fitted, folder: Path, attempt: int) -> Files:
    """Write both files and check that ONNX computes what torch computes."""
    weights, onnx = folder / f"{attempt}.safetensors", folder / f"{attempt}.onnx"
    weights_sha256 = checkpoint.save(fitted, weights)
    return Files(weights, onnx, weights_sha256, export_onnx(weights, onnx).sha256)


def _publish(
    context: JobContext, fitted: Fitted, files: Files, *, manifest: Manifest, schema_version: int
) -> None:
    """Store the files, then add the network, promote it if it is not worse, and end run and job at once."""
    with context.recording():
        pass  # an attempt that was taken over leaves no files behind
    context.storage.put(weights_key(files.weights_sha256), files.weights.read_bytes())
    context.storage.put(onnx_key(files.onnx_sha256), files.onnx.read_bytes())
    made = NewNetwork(
        weights_sha256=files.weights_sha256,
        onnx_sha256=files.onnx_sha256,
        schema_version=schema_version,
        landmarks=fitted.landmarks,
        config=fitted.config.to_json(),
        scores=fitted.scores.to_json() | {"skipped_images": fitted.skipped_images},
    )
    for _ in range(JUDGE_TRIES):
        try:
            return _judge_and_record(context, fitted, made, manifest)
        except PromotionRaced:  # a person promoted another network meanwhile: compare with that one
            continue
    raise JobFailed("internal", "The current network changed again and again while it was compared.")


def _judge_and_record(context: JobContext, fitted: Fitted, made: NewNetwork, manifest: Manifest) -> None:
    claim = context.claim
    with context.database.reading() as session:
        last = predictions.find_last_promotion(session, claim.project_id)
        current = predictions.find_current_network(session, claim.project_id)
    new_scores, current_scores = _comparison(
        context, fitted, current.weights_sha256 if current else None, manifest
    )
    verdict = judge(new_scores, current_scores, normaliser=manifest.normaliser)
    with context.recording() as session:
        now = context.clock()
        if training.get_run(session, claim.subject_id).status not in runs.ACTIVE:
            return  # the run was done twice at the same time, and the other one was quicker
        network = networks.add_network(
            session, project_id=claim.project_id, run_id=claim.subject_id, made=made, now=now
        )
        if verdict.is_accepted:
            networks.promote(session, network.id, by=None, now=now, base=last.number if last else 0)
        else:
            networks.announce_network(session, network, is_promoted=False, now=now)
        lifecycle.succeed(session, claim.subject_id, outcome=verdict.words, now=now)
        jobs.finish(session, claim, now=now)


def _comparison(
    context: JobContext, fitted: Fitted, current_sha256: str | None, manifest: Manifest
) -> tuple[Scores, Scores | None]:
    """Scores of the new and the current network on the validation side of this pool.

    Labels have come since the current network was measured, so its stored scores say nothing about these
    images. Where the schema has grown, both are measured on the landmarks that both know.
    """
    if current_sha256 is None:
        return fitted.scores, None
    try:
        current = checkpoint.load(context.storage.fetched(weights_key(current_sha256)))
    # a readable network is better than one that nobody can use or compare
    except (BlobMissing, CheckpointRejected) as error:
        log.warning("current_network_unreadable", error=str(error))
        return fitted.scores, None
    shared = [name for name in fitted.landmarks if name in set(current.landmarks)]
    samples = [_only(sample, shared) for sample in manifest.validation]
    scores = [
        evaluate(
            network.net,
            samples,
            landmarks=network.landmarks,
            attributes=(),
            normaliser=manifest.normaliser,
            input_px=network.config.input_px,
        )
        for network in (fitted, current)
    ]
    return scores[0], scores[1]


def _only(sample: Sample, landmarks: list[str]) -> Sample:
    kept = {name: sample.landmarks[name] for name in landmarks if name in sample.landmarks}
    return replace(sample, landmarks=kept, attributes={})


def _out_of_memory(error: BaseException) -> str:
    return f"The run needs more memory than there is. Fewer images or landmarks need less. ({error})"[:500]
