"""Running a reader's code: it ends within its limit, and nothing of it reaches the page or later code.

No test here measures how fast the machine is: what must end is given a minute, what must not end is held up
by a lock that the test releases.
"""

import contextlib
import gc
import itertools
import queue
import random
import sys
import threading
import time

import pytest

from helpers.teaching import running
from helpers.teaching.running import Run, run_limited

LIMIT = 0.05
LONG = 60.0  # for what must end
monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on


def workers():
    return [one for one in threading.enumerate() if one.name.startswith("exercise")]


def tools():
    return [monitoring.get_tool(one) for one in range(6)] if monitoring else []


def until(condition):
    """Wait, for a minute, until the condition holds."""
    end = time.monotonic() + LONG
    while not condition() and time.monotonic() < end:
        time.sleep(0.001)
    assert condition()


@pytest.fixture(autouse=True)
def as_it_was():
    """After each test, streams and events are as they were."""
    before = sys.stdout, sys.stderr, tools()
    yield
    until(lambda: not workers())
    assert (sys.stdout, sys.stderr, tools()) == before
    assert not running._workers


def in_a_library(source):
    """Define `f` in a file of Python's library."""
    names = {}
    exec(compile(source, f"{running._LIBRARY}/of_a_test.py", "exec"), names)
    return names["f"]


def one_line():
    while True: pass  # noqa: E701  # fmt: skip


def bare_except():
    while True:
        try:
            sum(range(1000))
        except:  # noqa: E722
            pass


def sleep_in_bare_except():
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            print("caught")


def finally_continue():
    while True:
        try:
            sum(range(10))
        finally:
            continue  # noqa: B012


def nested():
    while True:
        try:
            try:
                sum(range(10))
            except:  # noqa: E722
                continue
            finally:
                len("a")
        except BaseException:
            pass


def suppressed():
    while True:
        with contextlib.suppress(BaseException):
            sum(range(10))


def endless_print():
    while True:
        print("again")


def generator():
    def forever():
        while True:
            yield 1

    return sum(forever())


def comprehension():
    return [0 for _ in itertools.repeat(None) if None]


def function_in_c():
    return sum(map(lambda _: 0, itertools.repeat(None)))


def doubling_recursion():
    try:
        doubling_recursion()
    except:  # noqa: E722
        doubling_recursion()


def deep():
    def down(depth):
        return down(depth - 1) if depth else bare_except()

    return down(500)


def method():
    class Odd:
        def __iter__(self):
            return self

        def __next__(self):
            while True:
                with contextlib.suppress(BaseException):
                    raise StopIteration

    return list(Odd())


LIBRARY = in_a_library("def f():\n  while True: pass")


def library():
    return LIBRARY()


ENDLESS = [
    one_line, bare_except, sleep_in_bare_except, finally_continue, nested, suppressed, endless_print,
    generator, comprehension, function_in_c, deep, method, library,
]  # fmt: skip
if monitoring:  # before, each of its levels has to be stopped by an exception of its own
    ENDLESS.append(doubling_recursion)


@pytest.mark.parametrize("function", ENDLESS)
def test_endless_code_is_stopped(function):
    run = run_limited(function, LIMIT)
    assert run.expired and not run.still_running
    assert (run.value, run.error) == (None, None)
    assert "and was stopped." in run.ending(LIMIT)


def test_what_is_returned_after_a_stop_is_no_value():
    def catch():
        try:
            one_line()
        except:  # noqa: E722
            return 1

    run = run_limited(catch, LIMIT)
    assert run.expired and run.value is None


def test_callbacks_of_libraries_are_spared(monkeypatch):
    """Python cannot hand on what is raised in a callback of its garbage collection: it reports it."""
    source = "def f(*_, n=range(2000)):\n  for _ in n: pass"
    callback, lost = in_a_library(source), []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    monkeypatch.setattr(running, "_PATIENCE", LONG)

    def collect():
        while True:
            gc.collect(0)
            for _ in range(2000):
                pass

    gc.callbacks.append(callback)
    try:
        for _ in range(20):
            run = run_limited(collect, 0.01)
            assert run.expired and not run.still_running
    finally:
        gc.callbacks.remove(callback)
    assert not lost


def test_a_routine_outside_python_goes_on_and_its_output_is_discarded(monkeypatch, capsys):
    monkeypatch.setattr(running, "GRACE", 0.1)
    box = queue.SimpleQueue()

    def wait():
        list(map(print, iter(box.get, None)))  # prints what is put into the box, without a step in Python
        endless_print()

    run = run_limited(wait, LIMIT)
    assert run.expired and run.still_running and len(workers()) == 2
    assert run_limited(lambda: print("next") or 5, LONG).printed == "next\n"  # beside the one that goes on
    write = sys.stdout.write  # IPython exchanges it while a cell runs
    sys.stdout.write = lambda text: write(text)
    print("mine")
    for item in ("late", "later", None):
        box.put(item)
    until(lambda: not workers())
    del sys.stdout.write
    assert capsys.readouterr() == ("mine\n", "")


def test_a_routine_that_lets_nothing_else_run_is_waited_for():
    lengths = []

    def hold():
        start = time.monotonic()
        total = sum(range(10**7))
        lengths.append(time.monotonic() - start)
        return total

    run = run_limited(hold, LIMIT)
    assert run.expired or run.value == sum(range(10**7))
    lengths.clear()
    run = run_limited(lambda: hold() and one_line(), LIMIT)
    assert run.expired and not run.still_running
    assert all(length < run.seconds for length in lengths)  # none if it was stopped before


def test_the_words_say_what_became_of_the_run(monkeypatch):
    monkeypatch.setattr(running, "GRACE", 1.0)
    assert Run(seconds=2.1).ending(2.0) == "Your code was still running after 2 seconds and was stopped."
    assert "could be stopped only after 12 seconds" in Run(seconds=12.3).ending(2.0)
    words = Run(seconds=3.1, still_running=True).ending(2.0)
    assert "It could not be stopped" in words and "was stopped" not in words


def test_a_run_inside_a_run_is_stopped_with_it():
    def check():
        run_limited(bare_except, 0.3)
        bare_except()

    run = run_limited(check, LIMIT)
    assert run.expired and not run.still_running


@pytest.mark.skipif(monitoring is None, reason="needs sys.monitoring")
def test_others_keep_their_numbers_and_events(monkeypatch):
    monkeypatch.setattr(running, "GRACE", 0.1)
    seen, events = [], monitoring.events
    for tool in range(6):
        monitoring.use_tool_id(tool, f"tool {tool}")
    try:
        monitoring.register_callback(0, events.LINE, lambda code, line: seen.append(code))
        monitoring.set_local_events(0, one_line.__code__, events.LINE)
        run = run_limited(one_line, LIMIT)
        assert run.still_running  # for there is no number left
        monitoring.free_tool_id(4)
        until(lambda: not running._workers)
        monitoring.use_tool_id(4, "tool 4")  # given back
        assert monitoring.get_tool(0) == "tool 0" and one_line.__code__ in seen
        assert monitoring.get_local_events(0, one_line.__code__) == events.LINE
    finally:
        monitoring.set_local_events(0, one_line.__code__, 0)
        monitoring.register_callback(0, events.LINE, None)
        for tool in range(6):
            monitoring.free_tool_id(tool)


def test_value_error_output_and_warnings_are_kept_off_the_page(capsys):
    def noisy():
        import numpy as np

        print("seen", np.log(np.array([-1.0])))
        print("also", file=sys.stderr)
        return 3

    streams = sys.stdout, sys.stderr
    run = run_limited(noisy, LONG)
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

    assert run_limited(shout, LONG).printed == "from the exercise\n"
    assert capsys.readouterr().out == "from elsewhere\n"


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, KeyboardInterrupt, RecursionError])
def test_errors_are_returned(error):
    def fail():
        raise error

    run = run_limited(fail, LONG)
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


def test_a_failed_start_of_threads_runs_in_place(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    run = run_limited(lambda: 7, LONG)
    assert run.value == 7 and run.error is None


@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_of_the_kernel_ends_the_run(monkeypatch, times):
    join = threading.Thread.join
    calls = []

    def interrupted(self, timeout=None):
        calls.append(timeout)
        if len(calls) <= times:
            raise KeyboardInterrupt
        return join(self, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    run = run_limited(bare_except, 3600.0)
    assert run.interrupted and run.expired
    assert run.still_running == (times == 2)  # the second ends the waiting, not the asking


def test_where_names_the_line_of_the_reader():
    def reader(x):
        y = x + 1
        return y / 0

    run = run_limited(lambda: reader(1), LONG)
    assert running.where(run.error, reader).endswith("`return y / 0`")
    assert running.where(ValueError("never raised")) == ""
    assert running.message(ValueError("two\nlines")) == "ValueError: two lines"
