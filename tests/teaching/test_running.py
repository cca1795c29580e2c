"""Running a reader's code: it ends within its limit, and nothing of it reaches the page or later code."""

import random
import sys
import threading
import time

import pytest

from helpers.teaching import running
from helpers.teaching.running import run_limited

LIMIT = 0.05


def endless():
    while True:
        pass


def endless_with_bare_except():
    while True:
        try:
            sum(range(1000))
        except:  # noqa: E722
            pass


def endless_sleep_with_bare_except():
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            print("caught")


def endless_with_finally():
    while True:
        try:
            sum(range(10))
        finally:
            continue  # noqa: B012


def endless_print():
    while True:
        print("again")


def endless_generator():
    def forever():
        while True:
            yield 1

    return sum(forever())


@pytest.mark.parametrize(
    "function",
    [endless, endless_with_bare_except, endless_sleep_with_bare_except, endless_with_finally, endless_print],
)
def test_endless_loops_end(function):
    start = time.monotonic()
    run = run_limited(function, LIMIT)
    assert run.expired and not run.still_running
    assert time.monotonic() - start < LIMIT + running.GRACE


def test_a_routine_in_c_cannot_be_stopped_but_is_answered():
    start = time.monotonic()
    run = run_limited(endless_generator, LIMIT)  # sum() runs forever's Python code, so this one does end
    assert run.expired and not run.still_running
    run = run_limited(lambda: time.sleep(1.6), LIMIT)
    assert run.expired and run.still_running
    assert time.monotonic() - start < 1.6 + LIMIT


def test_value_error_output_and_warnings_are_kept_off_the_page(capsys):
    def noisy():
        import numpy as np

        print("seen", np.log(np.array([-1.0])))
        print("also", file=sys.stderr)
        return 3

    streams = sys.stdout, sys.stderr
    run = run_limited(noisy)
    assert (run.value, run.error, run.expired) == (3, None, False)
    assert run.printed == "seen [nan]\nalso\n"
    assert (sys.stdout, sys.stderr) == streams
    assert capsys.readouterr() == ("", "")
    assert len(run_limited(endless_print, LIMIT).printed) <= 4000


def test_other_threads_keep_their_output(capsys):
    def shout():
        thread = threading.Thread(target=print, args=("from elsewhere",))
        thread.start()
        thread.join()
        print("from the exercise")

    assert run_limited(shout).printed == "from the exercise\n"
    assert capsys.readouterr().out == "from elsewhere\n"


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, KeyboardInterrupt, RecursionError])
def test_errors_are_returned(error):
    def fail():
        raise error

    run = run_limited(fail)
    assert isinstance(run.error, error) and not run.expired


def test_nothing_leaks_at_the_limit():
    """Runs that end just before, at and just after the limit; then code that a stray exception would hit."""
    rng = random.Random(5)
    limit, ended, expired = 0.005, 0, 0
    for count in range(200):
        # Python changes threads every 0.005 s, so that "at the limit" is an interval of that length.
        length = (0.0, rng.uniform(0.5 * limit, 2 * limit + 0.005), 60.0)[count % 3]

        def spin(length=length):
            end = time.perf_counter() + length
            while time.perf_counter() < end:
                pass
            return "done"

        run = run_limited(spin, limit)
        ended, expired = ended + (run.value == "done"), expired + run.expired
        assert (run.value == "done") != run.expired, count
        assert sum(range(200)) == 19900
    assert ended > 10 and expired > 10  # both sides of the limit were met
    end = time.perf_counter() + 0.2
    while time.perf_counter() < end:
        pass
    assert not [thread for thread in threading.enumerate() if thread.name == "exercise"]


def test_a_failed_start_of_threads_runs_in_place(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    run = run_limited(lambda: 7)
    assert run.value == 7 and run.error is None


def test_an_interrupt_of_the_kernel_ends_the_run(monkeypatch):
    join = threading.Thread.join
    calls = []

    def interrupted(self, timeout=None):
        calls.append(timeout)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    run = run_limited(endless, 10.0)
    assert run.interrupted and not run.still_running


def test_where_names_the_line_of_the_reader():
    def reader(x):
        y = x + 1
        return y / 0

    run = run_limited(lambda: reader(1))
    assert running.where(run.error, reader).endswith("`return y / 0`")
    assert running.where(ValueError("never raised")) == ""
    assert running.message(ValueError("two\nlines")) == "ValueError: two lines"
