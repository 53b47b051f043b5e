# The far end of the level python: one interpreter that runs tasks in a pool of
# its own. Standard library only. It starts as python3 -c with what follows here,
# and ends with its standard input.
#
# A task comes in as its batch, its place, the length of its function's name and
# that of its input, then these two; a result leaves as batch, place, 1 if it
# failed, the length, and the output or the text of the error.
import asyncio
import http.client
import multiprocessing
import os
import select
import struct
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from urllib.parse import urlsplit

TASK = struct.Struct(">IIHI")
RESULT = struct.Struct(">IIBI")
TIMEOUT = 30  # seconds: a task that never ends is worse than one that fails

MASK = (1 << 64) - 1
MULTIPLIER = 0x9E3779B97F4A7C15
INCREMENT = 0x2545F4914F6CDD1D


def echo(data):
    return data


def chain(data):
    """The chain of package workload: integers of Python know no 64 bits, hence the mask."""
    if len(data) != 16:
        raise ValueError("input of a chain has %d bytes, want 16: its rounds and its seed" % len(data))
    rounds, x = struct.unpack(">QQ", data)
    for _ in range(rounds):
        x ^= x >> 32
        x = (x * MULTIPLIER + INCREMENT) & MASK
    return struct.pack(">Q", x)


kept = threading.local()  # a thread's own connections, by host


def fetch(data):
    url = urlsplit(data.decode())
    for reused in (True, False):
        link = vars(kept).pop(url.netloc, None) if reused else None
        fresh = link is None
        if fresh:
            link = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)
        try:
            link.request("GET", target(url))
            answer = link.getresponse()
            body = answer.read()
            break
        except (ConnectionError, http.client.RemoteDisconnected):
            link.close()
            if fresh:  # a connection that was kept may have been closed since: once more
                raise
        except BaseException:
            link.close()
            raise
    if not answer.will_close:
        vars(kept)[url.netloc] = link
    return body_of(data, answer.status, answer.reason, body)


def target(url):
    return (url.path or "/") + ("?" + url.query if url.query else "")


def body_of(data, status, reason, body):
    if status != 200:
        line = body.split(b"\n", 1)[0][:200].decode(errors="replace")
        raise ValueError('fetch "%s": status %d %s: "%s"' % (data.decode(), status, reason, line))
    return body


idle = {}  # the connections of asyncio that are kept, by host


async def fetch_async(data):
    url = urlsplit(data.decode())
    links = idle.setdefault(url.netloc, [])
    while True:
        fresh = not links
        opening = asyncio.open_connection(url.hostname, url.port or 80) if fresh else None
        reader, writer = await asyncio.wait_for(opening, TIMEOUT) if fresh else links.pop()
        try:
            status, reason, body, stays = await asyncio.wait_for(ask(reader, writer, url), TIMEOUT)
            break
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
            if fresh:
                raise
        except BaseException:
            writer.close()
            raise
    if stays:
        links.append((reader, writer))
    else:
        writer.close()
    return body_of(data, status, reason, body)


async def ask(reader, writer, url):
    writer.write(("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target(url), url.netloc)).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    _, status, reason = (head[0] + "  ").split(" ", 2)
    fields = {}
    for line in head[1:-2]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    body = await reader.readexactly(int(fields["content-length"]))
    return int(status), reason.strip(), body, fields.get("connection", "").lower() != "close"


FUNCS = {"empty": echo, "bytes": echo, "cpu": chain, "skew": chain, "io": fetch}
FUNCS_ASYNC = {"io": fetch_async}  # which the loop awaits; the others block it


def do(name, data):
    """Runs one task. Whatever it raises is its result: nothing may end the pool."""
    try:
        return 0, known(name)(data)
    except BaseException as e:
        return 1, text_of(e)


async def do_async(name, data):
    try:
        return 0, await FUNCS_ASYNC[name](data)
    except BaseException as e:
        return 1, text_of(e)


def known(name):
    if name not in FUNCS:
        raise ValueError('no function is called "%s" in Python: it knows %s' % (name, ", ".join(sorted(FUNCS))))
    return FUNCS[name]


def text_of(e):
    text = str(e) if isinstance(e, ValueError) else "%s: %s" % (type(e).__name__, e)
    return text.encode(errors="replace")


class Answers:
    """Where results go. Each is written as soon as it is there, by the thread that has it."""

    def __init__(self):
        self.fd = os.dup(1)
        os.dup2(2, 1)  # what else is printed must not get between the results
        self.lock = threading.Lock()

    def hello(self, text):
        self.write(b"ready " + text.encode() + b"\n")

    def write(self, data):
        left = memoryview(data)
        with self.lock:
            while left:
                left = left[os.write(self.fd, left):]

    def send(self, batch, place, result):
        failed, data = result
        try:
            self.write(RESULT.pack(batch, place, failed, len(data)) + data)
        except OSError:  # nobody is left to read
            os._exit(1)


def serve_pool(pool, answers):
    stdin = open(0, "rb", buffering=1 << 16, closefd=False)

    def answer(batch, place, future):
        if future.exception() is not None:  # do raises nothing, so a process of the pool has died
            die(future.exception())
        answers.send(batch, place, future.result())

    while True:
        head = stdin.read(TASK.size)
        if len(head) < TASK.size:
            os._exit(0)  # the processes of a pool leave because this one does
        batch, place, n, size = TASK.unpack(head)
        name, data = stdin.read(n).decode(errors="replace"), stdin.read(size)
        try:
            future = pool.submit(do, name, data)
        except RuntimeError as e:  # the same: no pool takes tasks then
            die(e)
        future.add_done_callback(lambda f, batch=batch, place=place: answer(batch, place, f))


def die(why):
    os.write(2, ("%s: %s\n" % (type(why).__name__, why)).encode())
    os._exit(1)


def on_leash():
    """Ends a process of the pool with the one that forked it, whatever that died of."""

    def wait():
        multiprocessing.parent_process().join()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


async def serve_asyncio(workers, answers):
    stdin = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stdin), open(0, "rb", buffering=0, closefd=False))
    threading.Thread(target=hang_up, daemon=True).start()
    gate = asyncio.Semaphore(workers)
    tasks = set()  # the loop itself forgets them

    async def run(batch, place, name, data):
        async with gate:
            answers.send(batch, place, await do_async(name, data) if name in FUNCS_ASYNC else do(name, data))

    while True:
        try:
            batch, place, n, size = TASK.unpack(await stdin.readexactly(TASK.size))
            name, data = (await stdin.readexactly(n)).decode(errors="replace"), await stdin.readexactly(size)
        except asyncio.IncompleteReadError:
            os._exit(0)
        task = loop.create_task(run(batch, place, name, data))
        tasks.add(task)
        task.add_done_callback(tasks.discard)


def hang_up():
    """Ends this process with its standard input, even while a task blocks the loop."""
    poll = select.poll()
    poll.register(0, 0)  # which leaves POLLHUP
    poll.poll()
    os._exit(0)


def version():
    text = "Python " + sys.version.split()[0]
    free = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()
    return text + " without a GIL" if free else text


def main():
    if sys.version_info < (3, 8):
        sys.exit("%s is too old: the level python needs 3.8 or later" % version())
    kind, workers = sys.argv[1], int(sys.argv[2])
    answers = Answers()
    if kind == "asyncio":
        answers.hello(version())
        asyncio.run(serve_asyncio(workers, answers))
    if kind == "processes":
        # Not multiprocessing.Pool: where one of its processes dies, it starts another
        # and the task never ends. By fork, which needs no file to import; the executor
        # forks all before it starts a thread (github.com/python/cpython/issues/90622).
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), on_leash)
        pool.submit(do, "empty", b"").result()
    else:
        pool = ThreadPoolExecutor(workers)
    answers.hello(version())
    serve_pool(pool, answers)
