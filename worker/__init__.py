"""The only code that knows both app and ml: it takes jobs from the table and does them.

__main__.py      python -m worker
loop.py          the embedded worker: two lanes, heartbeats, a quick end
celery_app.py    the Celery worker's application: one task, whose message names a job
celery_run.py    a Celery worker from its start to its end
slot.py          one process of a Celery worker: does what rings, and looks at the table by itself
gpus.py           how busy the GPUs are, for the heartbeat
watch.py         upkeep as a process of its own, with the watchdog of jobs that nobody takes
context.py       what a job function gets: the fence, the clock, whether to stop
registry.py      kind of job -> function
train.py         a run: pool, fit, export, judge, publish
judge.py         whether a new network may take over
listener.py      progress of a fit -> database
manifest.py      pool -> ml types
predict.py       predictions of a network for the images of a project
ingest.py export.py rank.py    imports, exports, the order of the queue
failures.py      what a failed job leaves behind
upkeep.py        what is due without anybody asking
"""
