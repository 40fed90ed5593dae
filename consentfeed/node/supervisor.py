"""Several workers on one port: started one after another, replaced when they die or hang, and drained together."""

import asyncio
import signal
import socket
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from consentfeed import metrics
from consentfeed.node.shared_memory import SharedMemory, new_file
from consentfeed.node.summed import Family, add, of_machine, own_families, retired
from consentfeed.node.worker import METRICS, Place
from consentfeed.node.worker_process import WorkerProcess
from consentfeed.settings import Settings

logger = structlog.get_logger()
_LOOK_SECONDS: Final = 1.0
_TRIES: Final = 3
# One that lived so long starts the back-off anew.
_LONG_SECONDS: Final = 60.0
_MOST_SECONDS: Final = 30.0


class Supervisor:
    """Runs workers until it is told to stop."""

    def __init__(self, settings: Settings, sockets: list[socket.socket], arguments: list[str]) -> None:
        """sockets: one for each worker, all of one port. arguments: of each worker's command."""
        self._settings = settings
        self._sockets = sockets
        self._arguments = arguments
        self._file = new_file(len(sockets))
        self._memory = SharedMemory(self._file, len(sockets))
        self._workers: dict[int, WorkerProcess] = {}
        self._said: dict[int, list[Family]] = {}  # the newest metrics of each worker
        self._gone: list[Family] = []  # what those before them have counted
        self._stopping = asyncio.Event()
        self._statuses: list[int] = []

    async def run(self) -> int:
        """The exit status: 0 where all workers ended well."""
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(ending, self._stop)
        metrics.workers_running.set_function(lambda: sum(worker.answers for worker in self._workers.values()))
        keeping = []
        for number in range(1, len(self._sockets) + 1):
            if self._stopping.is_set():
                break
            first = await self._start(number)
            keeping.append(asyncio.create_task(self._keep(number, first)))
            await first.until_started()
            # Where one serves, the settings are good: another one that fails is replaced until it can start, too.
            if number == 1 and not first.answers and not self._stopping.is_set():
                logger.error("a worker could not start; see its lines above", worker=number)
                self._statuses.append(1)
                self._stop()
        await asyncio.gather(*keeping)
        return 1 if any(self._statuses) else 0

    def _stop(self) -> None:
        """Each signal is passed on: the second one ends a worker at once."""
        self._stopping.set()
        for listening in self._sockets:
            listening.close()  # else connections would wait here for nobody
        for worker in self._workers.values():
            worker.signal(signal.SIGTERM)

    async def _start(self, number: int) -> WorkerProcess:
        place = Place(number, len(self._sockets), self._sockets[number - 1].fileno(), -1, self._file)
        worker = WorkerProcess(place, self._arguments, self._answer)
        await worker.start()
        self._workers[number] = worker
        if self._stopping.is_set():  # the others were told while this one was being made
            worker.signal(signal.SIGTERM)
        return worker

    async def _keep(self, number: int, worker: WorkerProcess) -> None:
        """Replaces a worker whenever it ends, until all are to stop."""
        failures = 0
        while True:
            looking = asyncio.create_task(self._look_after(number, worker))
            status = await worker.wait()
            looking.cancel()
            self._forget(number)
            if self._stopping.is_set():
                self._statuses.append(status)
                return
            failures = 1 if worker.age > _LONG_SECONDS else failures + 1
            seconds = 0.0 if failures == 1 else min(2.0 ** (failures - 2), _MOST_SECONDS)
            metrics.workers_replaced.labels("hung" if worker.hung else "died").inc()
            logger.error(
                "a worker ended and is replaced", worker=number, status=status, hung=worker.hung, after=seconds
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stopping.wait()
            if self._stopping.is_set():
                return
            worker = await self._start(number)

    def _forget(self, number: int) -> None:
        """What a worker has counted stays; what it had does not."""
        self._gone = add([self._gone, retired(self._said.pop(number, []))])
        self._memory.forget_streams(number)

    async def _look_after(self, number: int, worker: WorkerProcess) -> None:
        """Kills a worker that does not answer. More than once it is asked: this process may have slept itself."""
        await worker.until_started()
        while True:
            for _ in range(_TRIES):
                said = await worker.ask(METRICS, self._settings.hang_seconds / _TRIES)
                if said is not None:
                    self._said[number] = msgspec.convert(said, list[Family])
                    break
            else:
                if worker.leaves:  # it answers at once that it does not: it has its time to end, too
                    await asyncio.sleep(self._settings.hang_seconds)
                worker.end_hung()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _answer(self, question: str) -> object:
        """What a worker wants to know of all."""
        answers = await self._ask_all(question)
        if question == METRICS:
            for number, said in answers.items():
                if said is not None and self._workers[number].answers:
                    self._said[number] = msgspec.convert(said, list[Family])
            return of_machine(self._said, self._gone, own_families(of_supervisor=True))
        return [
            f"worker {number}: {reason}"
            for number, said in sorted(answers.items())
            for reason in (["does not answer"] if said is None else msgspec.convert(said, list[str]))
        ]

    async def _ask_all(self, question: str) -> dict[int, object]:
        """Of each worker its answer, None where none comes in time."""
        numbers = range(1, len(self._sockets) + 1)
        answers = await asyncio.gather(*(self._ask(number, question) for number in numbers))
        return dict(zip(numbers, answers, strict=True))

    async def _ask(self, number: int, question: str) -> object:
        worker = self._workers.get(number)
        return await worker.ask(question, _LOOK_SECONDS) if worker else None


def supervise(settings: Settings, sockets: list[socket.socket], arguments: list[str]) -> int:
    """Runs a worker for each socket until SIGTERM or SIGINT; the exit status."""

    async def run() -> int:
        return await Supervisor(settings, sockets, arguments).run()

    return asyncio.run(run())
