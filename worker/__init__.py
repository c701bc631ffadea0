"""The only code that knows both app and ml: it takes jobs from the table and does them.

__main__.py      python -m worker
loop.py          the embedded worker: two lanes, heartbeats, a quick end
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
