"""Breaks one thing after the other, in an order that its seed decides, and waits until all is well again."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import psutil

from tests.faults.history.parts import NotBack, Part, pause, until
from tests.faults.history.proxy import Mode, Proxy
from tests.faults.history.record import History
from tests.faults.history.stacks import JOB_LEASE_SECONDS, Stack

PAUSE_SECONDS = (0.2, 1.0)  # between two faults
STOPPED_SECONDS = (1.0, 4.0)
LOSING_SECONDS = 1.5
BUSY_SECONDS = 3.0


class Nemesis:
    """One thread; `is_over` ends it after the fault that is going on.

    only   names of the kinds of fault; None for all that the stack can have
    """

    def __init__(
        self,
        stack: Stack,
        proxy: Proxy,
        history: History,
        *,
        dice: random.Random,
        only: Sequence[str] | None = None,
    ) -> None:
        self._only = only
        self._stack, self._proxy, self._history, self._dice = stack, proxy, history, dice
        self.is_over = threading.Event()
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="nemesis")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Wait for the end of the last fault."""
        self.is_over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for fault in self._faults():
                if self.is_over.wait(self._dice.uniform(*PAUSE_SECONDS)):
                    return
                with self._history.breaking(_name(fault)):
                    fault()
                    self._stack.wait()
                self._stack.check()
        except BaseException as error:  # noqa: BLE001  # told by whoever waits for the end
            self.error = error

    def _faults(self) -> Iterator[Callable[[], None]]:
        """All kinds in a new order, again and again: none is left out for long."""
        kinds = [self._kill_web, self._stop_web, self._lose_answers, self._lose_requests, self._stall]
        kinds += [self._kill_worker, self._stop_worker, self._upgrade_again]
        kinds += [self._restart_web]
        if self._stack.postgres is not None:
            kinds += [self._kill_postgres, self._stop_postgres, self._cut_sessions]
            kinds += [
                self._kill_redis,
                self._stop_redis,
                self._empty_redis,
                self._kill_celery,
                self._kill_upkeep,
            ]
        if self._only is not None:
            kinds = [kind for kind in kinds if _name(kind) in self._only]
        while kinds:
            self._dice.shuffle(kinds)
            yield from kinds

    def _kill_web(self) -> None:
        web = self._dice.choice(self._stack.webs)
        web.kill()
        web.start()

    def _stop_web(self) -> None:
        web = self._dice.choice(self._stack.webs)
        pause([web.process], self._dice.uniform(*STOPPED_SECONDS))

    def _lose_answers(self) -> None:
        self._lose(Mode.LOSE_ANSWERS)

    def _lose_requests(self) -> None:
        self._lose(Mode.LOSE_REQUESTS)

    def _stall(self) -> None:
        self._lose(Mode.STALL)

    def _lose(self, mode: Mode) -> None:
        self._proxy.mode = mode
        time.sleep(LOSING_SECONDS)
        self._proxy.mode = Mode.PASS

    def _kill_worker(self) -> None:
        with suppress(psutil.NoSuchProcess):
            self._busy_worker().send_signal(signal.SIGKILL)

    def _stop_worker(self) -> None:
        """For longer than its jobs are kept for it: another takes them over, and then it wakes up."""
        pause([self._busy_worker()], JOB_LEASE_SECONDS + self._dice.uniform(1, 3))

    def _busy_worker(self) -> psutil.Process:
        """One of them, once something is being done."""
        with suppress(NotBack):
            until(self._stack.is_busy, "a job", seconds=BUSY_SECONDS)
        until(self._stack.job_processes, "a process that does jobs")
        return self._dice.choice(self._stack.job_processes())

    def _upgrade_again(self) -> None:
        """By somebody who does not know that there is nothing to upgrade."""
        upgrade = Part(
            "upgrade",
            ["app.cli", "db", "upgrade"],
            environment=self._stack.environment,
            log=self._stack.folder / "upgrade.log",
        )
        upgrade.start()
        until(lambda: not upgrade.alive(), "the upgrade")
        assert upgrade.status == 0, upgrade.log()

    def _kill_postgres(self) -> None:
        postgres = self._stack.postgres
        assert postgres is not None
        postgres.kill()
        postgres.start()

    def _stop_postgres(self) -> None:
        assert self._stack.postgres is not None
        pause(self._stack.postgres.processes(), self._dice.uniform(*STOPPED_SECONDS))

    def _cut_sessions(self) -> None:
        """About half of the sessions of the service, whatever they are doing."""
        assert self._stack.postgres is not None
        self._stack.postgres.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = 'history' AND pid % 2 = (random() < 0.5)::int"
        )

    def _restart_web(self) -> None:
        """As for an upgrade: what is under way comes to its end."""
        web = self._dice.choice(self._stack.webs)
        web.end()
        web.start()

    def _kill_redis(self) -> None:
        assert self._stack.redis is not None
        self._stack.redis.kill()
        time.sleep(self._dice.uniform(0, 2))
        self._stack.redis.start()

    def _stop_redis(self) -> None:
        assert self._stack.redis is not None
        self._stack.redis.send_signal(signal.SIGSTOP)
        time.sleep(self._dice.uniform(*STOPPED_SECONDS))
        self._stack.redis.send_signal(signal.SIGCONT)

    def _empty_redis(self) -> None:
        assert self._stack.redis is not None
        self._stack.redis.client().flushall()

    def _kill_celery(self) -> None:
        """The whole worker at once, as by a power cut."""
        self._dice.choice(self._stack.workers[:-1]).remove()

    def _kill_upkeep(self) -> None:
        self._stack.workers[-1].remove()


def _name(fault: Callable[[], None]) -> str:
    return fault.__name__.removeprefix("_")
