# The part of longhaul that runs on a host: lists, shows, follows, ends and removes Ansible's async jobs. One file, the standard library
# alone, Python 2.7 and 3.5 or newer. It comes over standard input and leaves nothing behind; requests come in and answers go out as JSON lines.
# Whatever it reads (job files, names, argv, other people's processes) may be hostile, and only harms the answer about itself.

import sys

# With -c the current directory comes first on the path: a json.py in somebody's home must not become ours.
sys.path[:] = [place for place in sys.path if place not in ("", ".")]

import errno
import fcntl
import json
import os
import pwd
import re
import select
import signal
import stat
import struct
import time
import zlib

PROTOCOL = 1
PROC = b"/proc"
USE_INOTIFY = True
USE_PIDFD = True
JOB_FILE_LIMIT = 64 * 1024 * 1024
REQUEST_LIMIT = 16 * 1024 * 1024
RESULT_LIMIT = 256 * 1024
TAIL_CHUNK = 64 * 1024
# Last lines are looked for in so much of a log or an output.
LINES_WITHIN = 1024 * 1024
# So much before it tells a place in a log from the same place in another.
PLACE_BYTES = 64
SLICE_SECONDS = 0.025
FALLBACK_SECONDS = 0.5
SAFETY_SECONDS = 6.0
PIDFDS_AT_MOST = 200
TAIL_SECONDS = 0.2
# Kernels before 5.3 tell nothing of the end of a process.
PROCESS_SECONDS = 2.0
# The watcher looks every 5 s, and removes the module's temporary directory when it leaves on its own.
WATCHER_STEP_SECONDS = 5.0
# A watcher that has ended its job at the limit says so in the file a second later; one that is alone for longer than this has nothing to say.
WATCHER_ALONE_SECONDS = 6.5

PY2 = sys.version_info[0] == 2
Text = type(u"")
NUMBERS = (int, float) if not PY2 else (int, float, type(2 ** 70))

# 123.456 and j123.456 are Ansible's, sixteen hexadecimal digits are mitogen's.
JOB_NAME = re.compile(br"(?:j?[0-9]{1,20}\.[0-9]{1,20}|[0-9a-f]{16})\Z")
# What a job is called where the file is gone: argv of the wrapper has only the part before the dot.
JOB_PREFIX = re.compile(br"j?[0-9]{1,20}\Z")
WRAPPER_JID = re.compile(br"(j?[0-9]{1,20})(?:\.[0-9]{1,20})?\Z")
WRAPPER_NAMES = (b"async_wrapper.py", b"async_wrapper", b"AnsiballZ_async_wrapper.py")
TMP_DIR = re.compile(br"/[^\0]{0,3000}/ansible-tmp-[^/\0]{1,200}(?=/)")
RUNNING_KEYS = frozenset(["started", "finished", "ansible_job_id", "pid", "data", "longhaul"])
# A launcher's pid is in the jid, and its grandchild, soon after, leads the job's session: so many pids a busy host may give to others meanwhile.
SESSION_DISTANCE = 2000


class Fail(Exception):
    """Ends a request with an error: a code for programs and a sentence for people."""

    def __init__(self, code, message):
        Exception.__init__(self, message)
        self.code = code
        self.message = message


# Texts. Paths and argv are bytes inside, as the kernel has them; Python 3 gives every byte back, Python 2 replaces what is no UTF-8.

def to_bytes(text):
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8") if PY2 else text.encode("utf-8", "surrogateescape")
    except UnicodeError:
        raise Fail("bad-request", "A path has characters that no file name can have.")


def path_text(path):
    return path.decode("utf-8", "replace") if PY2 else path.decode("utf-8", "surrogateescape")


def shown(data):
    return data.decode("utf-8", "replace")


def reason(error):
    """What went wrong with a file or a process, in a few words."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else type(error).__name__


# JSON. NaN and Infinity are no JSON for anybody but Python.

def constant(name):
    return Text(name)


DECODER = json.JSONDecoder(parse_constant=constant)
ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def finite(value, depth=0):
    """The same value without numbers that JSON has not, and not too deep to be written."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return Text(repr(value))
    if depth > 50 and isinstance(value, (dict, list)):
        return u"..."
    if isinstance(value, dict):
        return dict((key, finite(inner, depth + 1)) for key, inner in value.items())
    if isinstance(value, list):
        return [finite(inner, depth + 1) for inner in value]
    return value


def encode(value):
    try:
        return ENCODER.encode(value)
    except (ValueError, RuntimeError):
        return ENCODER.encode(finite(value))


def read_all(fd, size):
    """A regular file of about this size; one read where it is as long as it was when asked."""
    part = os.read(fd, size + 1)
    if len(part) <= size:
        return part
    parts = [part]
    left = JOB_FILE_LIMIT + 1 - len(part)
    while part and left > 0:
        part = os.read(fd, min(left, 1 << 20))
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | getattr(os, "O_CLOEXEC", 0)


def read_proc(path, limit=16384):
    """The start of a file of /proc, or None where it cannot be had."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return os.read(fd, limit)
    except OSError:
        return None
    finally:
        os.close(fd)


# Time and boot.

CLOCK_BOOTTIME = 7


def ticking():
    """Seconds that pass evenly, from some start on: whatever waits must not wait for a day because the clock was set back."""
    return time.monotonic() if hasattr(time, "monotonic") else os.times()[4]


def uptime():
    """Seconds since the boot, or None. The clock is asked first: containers may show an uptime of their own in /proc."""
    clock = getattr(time, "clock_gettime", None)
    if clock is not None and sys.platform.startswith("linux"):
        try:
            return clock(CLOCK_BOOTTIME)
        except (OSError, OverflowError):
            pass
    data = read_proc(PROC + b"/uptime")
    try:
        return float(data.split()[0])
    except (AttributeError, IndexError, ValueError):
        return None


def boot_id():
    data = read_proc(PROC + b"/sys/kernel/random/boot_id")
    return shown(data).strip()[:64] if data else None


# Users.

USER_NAMES = {}


def user_name(uid):
    if uid not in USER_NAMES:
        try:
            USER_NAMES[uid] = shown(to_bytes(pwd.getpwuid(uid).pw_name))
        except (KeyError, OverflowError):
            USER_NAMES[uid] = None
    return USER_NAMES[uid]


def home_of(uid):
    try:
        return to_bytes(pwd.getpwuid(uid).pw_dir)
    except (KeyError, OverflowError):
        return None


def absolute(asked):
    """An absolute directory for what the client wrote; ~ is the home of the password file, as for async_status, never $HOME."""
    path = to_bytes(asked)
    if path.startswith(b"~"):
        name, _, rest = path[1:].partition(b"/")
        try:
            home = home_of(os.geteuid()) if not name else to_bytes(pwd.getpwnam(path_text(name)).pw_dir)
        except (KeyError, UnicodeError):
            home = None
        if home is None:
            raise Fail("bad-request", "There is no user %s in the password file." % (path_text(name) or os.geteuid()))
        path = home + b"/" + rest
    if b"\0" in path or not path:
        raise Fail("bad-request", "This is no directory's name.")
    if not path.startswith(b"/"):
        try:
            path = (os.getcwd() if PY2 else os.getcwdb()) + b"/" + path
        except OSError:
            raise Fail("bad-request", "The current directory has gone; name directories from the root.")
    return os.path.normpath(path)


# Processes.

class Process(object):
    """birth and pid together are one process for ever; the pid alone is not."""

    __slots__ = ("pid", "ppid", "pgid", "sid", "state", "birth", "start", "args", "wrapper", "role", "seen_uid")

    def uid(self):
        if self.seen_uid is None:
            try:
                self.seen_uid = os.stat(PROC + b"/%d" % self.pid).st_uid
            except OSError:
                self.seen_uid = -1
        return self.seen_uid

    def key(self):
        return (self.pid, self.birth)


class Wrapper(object):
    """What the argv of an async_wrapper says."""

    __slots__ = ("prefix", "limit", "module")

    def tmp(self):
        found = TMP_DIR.match(self.module)
        return found.group(0) if found else None

    def module_name(self):
        name = self.module.rsplit(b"/", 1)[-1]
        name = name[len(b"AnsiballZ_"):] if name.startswith(b"AnsiballZ_") else name
        name = name[:-3] if name.endswith(b".py") else name
        return shown(name)[:100] or None


def wrapper_of(args):
    """In: argv. Both forms: JID LIMIT MODULE ARGS, and the newer JID LIMIT true|false MODULE."""
    for at in range(min(len(args) - 3, 8)):
        if args[at].rsplit(b"/", 1)[-1] not in WRAPPER_NAMES:
            continue
        jid = WRAPPER_JID.match(args[at + 1])
        if jid is None or not args[at + 2].isdigit():
            return None
        found = Wrapper()
        found.prefix = jid.group(1)
        found.limit = int(args[at + 2][:12])
        newer = args[at + 3] in (b"true", b"false", b"True", b"False") and len(args) > at + 4
        found.module = args[at + 4] if newer else args[at + 3]
        return found
    return None


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on, or None. The name in brackets may hold anything, brackets too."""
    data = read_proc(PROC + b"/%d/stat" % pid, 1024)
    if not data:
        return None
    fields = data[data.rfind(b")") + 2:].split()
    return fields if len(fields) > 19 else None


TICKS = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0
DEAD = (b"Z", b"X", b"x")


def alive(process):
    """True while this very process lives: same pid and same start; a zombie is dead."""
    if HOW == "proc":
        fields = stat_fields(process.pid)
        return fields is not None and fields[0] not in DEAD and fields[19] == process.birth
    if HOW == "ps":
        return any(other.key() == process.key() for other in ps_processes("-p", str(process.pid)))
    return False


def proc_processes():
    up = uptime()
    boot = None if up is None else time.time() - up
    found = []
    for name in os.listdir(PROC):
        if not name.isdigit():
            continue
        pid = int(name)
        fields = stat_fields(pid)
        # Children of pid 2 are the kernel's own.
        if fields is None or fields[0] in DEAD or fields[1] == b"2":
            continue
        process = Process()
        process.pid = pid
        process.state = shown(fields[0])
        process.ppid, process.pgid, process.sid = int(fields[1]), int(fields[2]), int(fields[3])
        process.birth = fields[19]
        process.start = None if boot is None else round(boot + int(fields[19]) / TICKS, 2)
        command = read_proc(PROC + b"/%d/cmdline" % pid) or b""
        process.args = command.rstrip(b"\0").split(b"\0")
        process.wrapper = wrapper_of(process.args) if b"async_wrapper" in command else None
        process.role = None
        process.seen_uid = None
        found.append(process)
    return found


PS_LINE = re.compile(br"\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+\d\d:\d\d:\d\d\s+\d{4})\s+(.*)")


def ps_processes(*choice):
    """For systems without /proc (macOS, BSD). Start times are whole seconds there, and argv is words."""
    import subprocess

    columns = ["-o", "pid=", "-o", "ppid=", "-o", "pgid=", "-o", "stat=", "-o", "uid=", "-o", "lstart=", "-o", "command="]
    environ = dict(os.environ, LC_ALL="C", LANG="C")
    with open(os.devnull, "r+b") as null:
        try:
            ps = subprocess.Popen(["ps"] + (list(choice) or ["-ax"]) + ["-ww"] + columns, stdin=null, stdout=subprocess.PIPE, stderr=null, env=environ)
            output = ps.communicate()[0]
        except (OSError, ValueError):
            return []
    found = []
    for line in output.split(b"\n"):
        match = PS_LINE.match(line)
        if match is None or match.group(4)[:1] in DEAD or int(match.group(1)) == ps.pid:
            continue
        process = Process()
        process.pid, process.ppid, process.pgid = int(match.group(1)), int(match.group(2)), int(match.group(3))
        process.state = shown(match.group(4))[:1]
        process.seen_uid = int(match.group(5))
        process.birth = match.group(6)
        try:
            process.start = time.mktime(time.strptime(shown(match.group(6)), "%a %b %d %H:%M:%S %Y"))
        except (ValueError, OverflowError):
            process.start = None
        try:
            process.sid = os.getsid(process.pid)
        except OSError:
            process.sid = process.pgid
        process.args = match.group(7).split()
        process.wrapper = wrapper_of(process.args)
        process.role = None
        found.append(process)
    return found


def how_processes_are_seen():
    if stat_fields(os.getpid()) is not None:
        return "proc"
    return "ps" if any(process.pid == os.getpid() for process in ps_processes("-p", str(os.getpid()))) else None


HOW = None
OTHERS_VISIBLE = False


def others_visible():
    """False where /proc is mounted with hidepid: then only one's own processes are seen."""
    return HOW == "ps" or (HOW == "proc" and read_proc(PROC + b"/1/stat") is not None and read_proc(PROC + b"/1/cmdline") is not None)


def known_for(uid):
    """Whether processes of this user would be seen if they lived."""
    return HOW is not None and (OTHERS_VISIBLE or uid is None or uid == os.geteuid())


class Snapshot(object):
    """All processes, read in one pass."""

    def __init__(self):
        found = proc_processes() if HOW == "proc" else ps_processes() if HOW == "ps" else []
        self.by_pid = dict((process.pid, process) for process in found)
        self.wrappers = {}
        self.children = {}
        self.sessions = {}
        self.tmp_users = {}
        self.left_alone = None
        for process in found:
            self.children.setdefault(process.ppid, []).append(process)
            self.sessions.setdefault(process.sid, []).append(process)
            if process.wrapper is not None:
                self.wrappers.setdefault(process.wrapper.prefix, []).append(process)
                continue
            # A shell that starts a wrapper has it all in one argument; it belongs to the login, not to the job.
            for argument in process.args[:8]:
                place = TMP_DIR.match(argument) if b"/ansible-tmp-" in argument else None
                if place is not None:
                    self.tmp_users.setdefault(place.group(0), []).append(process)
                    break
        self.ours = self.ancestors()
        for prefix, group in self.wrappers.items():
            pids = dict((process.pid, process) for process in group)
            for process in group:
                process.role = self.wrapper_role(process, pids)

    def ancestors(self):
        """The agent and all that it hangs on: never part of a job, whatever it looks like."""
        ours = set()
        pid = os.getpid()
        while pid in self.by_pid and pid not in ours:
            ours.add(pid)
            pid = self.by_pid[pid].ppid
        return ours

    def wrapper_role(self, process, pids):
        """watcher, runner, or None for the passing ones of a launch (the first process and the one that makes the session)."""
        leader = self.by_pid.get(process.sid)
        if process.pid == process.sid:
            inner = [child for child in self.children.get(process.pid, []) if child.pid in pids]
            passing = any(child.pgid == process.sid or child.sid != process.sid for child in inner)
            return None if passing or process.ppid in pids else "watcher" if process.ppid == 1 or inner else None
        if leader is not None and leader.pid not in pids:
            return None
        parent = pids.get(process.ppid)
        if process.pgid == process.pid:
            return "runner"
        if parent is not None and parent.sid == process.sid and parent.pid != parent.sid:
            return "runner"
        return "watcher" if process.pgid == process.sid else None

    def orphans(self):
        """Modules and programs in sessions that have lost their wrappers."""
        if self.left_alone is None:
            self.left_alone = []
            modules = set(process.pid for users in self.tmp_users.values() for process in users)
            for process in self.children.get(1, []):
                if process.wrapper is not None or process.start is None or not self.detached(process) or process.pid in self.ours:
                    continue
                if any(other.wrapper is not None for other in self.sessions.get(process.sid, [])):
                    continue
                found = Orphan()
                found.process, found.is_module = process, process.pid in modules
                found.directory = wrapper_directory(process, b"~/.ansible_async" if found.is_module else None)
                if found.directory is not None:
                    self.left_alone.append(found)
        return self.left_alone

    def detached(self, process):
        """True where nobody's login holds the process: its session has lost its leader, or it leads its own."""
        leader = self.by_pid.get(process.sid)
        return leader is None or leader.pid == process.pid


def trusted(process, uid):
    """A wrapper writes its file as the user it runs as. Another user's process that only bears the name is none; root's is (squashed NFS)."""
    return uid is None or process.uid() in (uid, 0)


def pipes_of(process, fds=None):
    found = set()
    base = PROC + b"/%d/fd" % process.pid
    try:
        for fd in (fds or os.listdir(base)):
            try:
                target = os.readlink(base + b"/" + fd)
            except OSError:
                continue
            if target.startswith(b"pipe:"):
                found.add(target)
    except OSError:
        pass
    return found


class Family(object):
    """The processes of one job, each with its role and with what ties it to the job."""

    def __init__(self, snapshot, job, said=None):
        self.snapshot = snapshot
        self.members = {}
        self.uid = job.uid
        # In a container the session of whoever came in from outside is 0. A process that only the file names may live in somebody's login.
        self.shared = set([0]) if said is None or said.sid == said.pid else set([0, said.sid])
        group = [process for process in snapshot.wrappers.get(job.prefix, []) if process.role and trusted(process, job.uid)]
        self.wrapper = group[0].wrapper if group else None
        for process in group:
            self.add(process, process.role, "argv")
        tmps = set(filter(None, [job.tmp] + [process.wrapper.tmp() for process in group]))
        for tmp in tmps:
            for process in snapshot.tmp_users.get(tmp, []):
                if snapshot.detached(process) and trusted(process, job.uid):
                    self.add(process, "module", "tmp")
        for process in job.known:
            now = snapshot.by_pid.get(process.pid)
            if now is not None and now.birth == process.birth:
                self.add(now, process.role or "program", "seen-before")
        if said is not None:
            self.add(said, "runner", "file")
        self.spread()

    def add(self, process, role, by):
        if process.pid in self.snapshot.ours or process.pid in self.members or process.pid <= 1:
            return
        self.members[process.pid] = (process, role, by)

    def spread(self):
        """Everything in the job's session, and everything below: what it started in sessions of its own."""
        snapshot = self.snapshot
        waiting = [entry[0] for entry in self.members.values()]
        sessions = set(self.shared)
        while waiting:
            process = waiting.pop()
            before = set(self.members)
            if process.sid not in sessions and (process.sid in self.members or process.sid not in snapshot.by_pid):
                sessions.add(process.sid)
                for other in snapshot.sessions.get(process.sid, []):
                    if other.wrapper is None:
                        self.add(other, self.role(other), "session")
            for child in snapshot.children.get(process.pid, []):
                if child.wrapper is None:
                    self.add(child, self.role(child), "parent")
            waiting.extend(self.members[pid][0] for pid in set(self.members) - before)

    def role(self, process):
        wrapper = self.wrapper
        if wrapper is not None and wrapper.module in process.args[:8]:
            return "module"
        parent = self.members.get(process.ppid)
        return "module" if parent is not None and parent[1] == "runner" else "program"

    def deepen(self, jid):
        """Finds what left the family but still holds its output pipes, or has the jid in its environment. Slower: for one job, not for lists."""
        if HOW != "proc":
            return
        pipes = set()
        for process, role, _ in list(self.members.values()):
            if role in ("runner", "module"):
                pipes |= pipes_of(process)
        mark = b"LONGHAUL_JID=" + jid
        for process in list(self.snapshot.by_pid.values()):
            if process.pid in self.members or process.wrapper is not None or not self.snapshot.detached(process):
                continue
            if pipes and pipes & pipes_of(process, (b"1", b"2")):
                self.add(process, "program", "pipe")
            elif mark in (read_proc(PROC + b"/%d/environ" % process.pid, 1 << 18) or b"").split(b"\0"):
                self.add(process, "program", "environ")
        self.spread()

    def orphan(self, job, rivals):
        """
        A module whose wrappers were killed has nothing of the jid left, and neither has a program whose module was killed too. They are taken
        for the job's when everything fits (user, async dir, a session whose number comes right after the launcher's, started when the file
        was written) and fits no other job.
        """
        if self.members or job.state != "running" or job.launcher is None or job.mtime is None:
            return
        fits = [found for found in self.snapshot.orphans() if found.fits(job.launcher, job.mtime) and found.process.uid() == job.uid and same_directory(found.directory, job.directory)]
        if len(set(found.process.sid for found in fits)) != 1 or any(found.fits(launcher, mtime) for found in fits for launcher, mtime in rivals):
            return
        for found in fits:
            self.add(found.process, "module" if found.is_module else "program", "time")
        self.spread()
        for pid, (process, role, _) in list(self.members.items()):
            self.members[pid] = (process, role, "time")

    def has(self, role):
        return any(entry[1] == role for entry in self.members.values())

    def entries(self):
        order = {"watcher": 0, "runner": 1, "module": 2, "program": 3}
        return sorted(self.members.values(), key=lambda entry: (order[entry[1]], entry[0].pid))

    def told(self):
        return [{
            "pid": process.pid, "ppid": process.ppid, "pgid": process.pgid, "sid": process.sid, "uid": process.uid(), "start": process.start,
            "role": role, "by": by, "argv": shown(b" ".join(process.args)[:1200])[:300],
        } for process, role, by in self.entries()[:200]]


def same_directory(one, other):
    """Two names of one directory: a home may be a symlink."""
    try:
        return one == other or os.path.samefile(one, other)
    except OSError:
        return False


class Orphan(object):
    """A process that nobody holds, with the async dir in its environment. Programs have it from the module, which is at its start for some time."""

    __slots__ = ("process", "directory", "is_module")

    def fits(self, launcher, mtime):
        near = launcher < self.process.sid <= launcher + SESSION_DISTANCE
        return near and -0.1 <= self.process.start - mtime <= (5.0 if self.is_module else 60.0)


# Job files.

def is_cut(text):
    """True for a text that began as an object and stops in the middle of it."""
    if not text.lstrip().startswith(u"{"):
        return False
    bare = re.sub(u'"(?:[^"\\\\]|\\\\.)*"', u"", text, flags=re.S)
    return u'"' in bare or bare.count(u"{") + bare.count(u"[") > bare.count(u"}") + bare.count(u"]")


def shape(data):
    """What a job file's bytes are, and the object in them."""
    if not data.strip():
        return "empty", None
    text = data.decode("utf-8", "replace")
    try:
        value, end = DECODER.raw_decode(text, len(text) - len(text.lstrip(u" \t\r\n")))
        if text[end:].strip(u" \t\r\n"):
            return "not-json", None
    except (ValueError, RuntimeError, MemoryError):
        return ("cut" if is_cut(text) else "not-json"), None
    if not isinstance(value, dict):
        return "not-an-object", None
    if truth(value.get("started")) and not truth(value.get("finished")) and RUNNING_KEYS.issuperset(value):
        return "running", value
    message = value.get("msg")
    if message == "Timeout exceeded" and "child_pid" in value:
        return "timeout", value
    if isinstance(message, Text) and message.startswith(u"Job reached maximum time limit of") and truth(value.get("finished")):
        return "timeout", value
    return "result", value


def truth(value):
    """1, true and "1" are all in use, and 0, false and "0"; None for what is neither."""
    if value is True or value is False:
        return value
    if isinstance(value, NUMBERS):
        return bool(value)
    if isinstance(value, Text):
        word = value.strip().lower()
        return True if word in ("1", "true", "yes") else False if word in ("0", "false", "no", "") else None
    return None


def number(value):
    """A number that every reader of JSON can hold."""
    if isinstance(value, bool) or not isinstance(value, NUMBERS):
        if isinstance(value, Text) and re.match(u"-?[0-9]{1,12}\\Z", value):
            return int(value)
        return None
    return value if -2 ** 53 < value < 2 ** 53 else None


def words(value, length):
    """A value as a text of bounded length; None stays None."""
    if value is None:
        return None
    if isinstance(value, Text):
        return value[:length]
    if isinstance(value, list) and value and all(isinstance(word, Text) for word in value[:100]):
        return u" ".join(value[:100])[:length]
    if isinstance(value, (dict, list)):
        return Text(encode(finite(value)))[:length]
    return Text(value)[:length] if not isinstance(value, NUMBERS) or number(value) is not None else None


def last_line(value):
    """The last line with something in it; of a line that was written over again and again (progress), the last state."""
    if not isinstance(value, Text):
        return None
    end = value[-4000:].rstrip() or value.rstrip()
    line = re.split(u"[\r\n]", end[-4000:])[-1]
    return line[:300] or None


def beside(directory, name, suffix):
    try:
        found = os.lstat(directory + b"/" + name + suffix)
    except OSError:
        return None
    return {"size": found.st_size, "mtime": found.st_mtime}


class Job(object):
    """A job file as it was found, and what can be said of it without its processes."""

    def __init__(self, directory, jid, known=()):
        self.directory = directory
        self.jid = jid
        self.path = directory + b"/" + jid
        self.prefix, dot, launcher = jid.partition(b".")
        self.launcher = int(launcher) if dot else None
        self.known = list(known)
        self.data = None
        self.read()

    def read(self):
        self.state = "absent"
        self.value = None
        self.uid = self.mode = self.size = self.mtime = self.ctime = self.tmp = None
        self.inode = None
        try:
            found = self.find()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self.state = "unreadable"
            return
        self.uid, self.mode, self.size = found.st_uid, stat.S_IMODE(found.st_mode), found.st_size
        self.mtime, self.ctime, self.inode = found.st_mtime, found.st_ctime, found.st_ino
        if not stat.S_ISREG(found.st_mode):
            self.state = "not-regular"
        elif found.st_size > JOB_FILE_LIMIT:
            self.state = "too-large"
        else:
            self.parse()

    def find(self):
        """
        Of a job whose file was away only the first part of the jid is known, from argv; the wrapper makes the file again at the end, and that
        has the whole jid. Raises OSError where there is none.
        """
        if self.launcher is None and JOB_PREFIX.match(self.jid):
            for name in os.listdir(self.directory):
                if name.startswith(self.prefix + b".") and JOB_NAME.match(name):
                    self.path = self.directory + b"/" + name
        return os.lstat(self.path)

    def parse(self):
        try:
            fd = os.open(self.path, OPEN_FLAGS)
        except OSError as error:
            self.state = "not-regular" if error.errno == errno.ELOOP else "absent" if error.errno == errno.ENOENT else "unreadable"
            return
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                self.state = "not-regular"
                return
            # The file may have been replaced since it was looked at: what is told belongs to what is read.
            self.uid, self.mode, self.size = found.st_uid, stat.S_IMODE(found.st_mode), found.st_size
            self.mtime, self.ctime, self.inode = found.st_mtime, found.st_ctime, found.st_ino
            data = read_all(fd, min(found.st_size, JOB_FILE_LIMIT))
        except (OSError, MemoryError):
            self.state = "unreadable"
            return
        finally:
            os.close(fd)
        self.data = data[:8192]
        self.state, self.value = ("too-large", None) if len(data) > JOB_FILE_LIMIT else shape(data)
        command = self.value.get("cmd") if self.value is not None else None
        if isinstance(command, Text) and u"/ansible-tmp-" in command:
            place = TMP_DIR.match(to_bytes(command[:4000]))
            self.tmp = place.group(0) if place else None

    def signature(self):
        return (self.inode, self.mtime, self.size)

    def ended(self):
        return self.state in ("result", "timeout")

    def said_pid(self, snapshot):
        """mitogen has no wrapper, but writes the pid of the job's process into the file; a later process with that pid is another one."""
        pid = self.value.get("pid") if self.state == "running" else None
        if isinstance(pid, bool) or not isinstance(pid, int):
            return None
        process = snapshot.by_pid.get(pid)
        if process is None or process.wrapper is not None or process.uid() != self.uid or process.start is None:
            return None
        return process if process.start <= self.mtime + 0.5 else None

    def event(self, family, names=None):
        value = self.value or {}
        get = value.get
        path = self.path
        name = self.jid
        absent = self.state == "absent"
        wrapper = family.wrapper if family is not None else None
        processes = family.told() if family is not None and family.members else []
        uid = self.uid
        if uid is None and processes:
            uid = processes[0]["uid"]
        known = known_for(uid)
        return {
            "event": "job",
            "jid": path_text(name),
            "dir": path_text(self.directory),
            "path": None if absent else path_text(path),
            "owner": None if uid is None else user_name(uid),
            "uid": uid,
            "mode": self.mode,
            "size": self.size,
            "mtime": self.mtime,
            "ctime": self.ctime,
            "file": self.state,
            "started": truth(get("started")),
            "finished": truth(get("finished")),
            "failed": truth(get("failed")),
            "rc": number(get("rc")),
            "msg": words(get("msg"), 500),
            "cmd": words(get("cmd"), 500),
            "start": words(get("start"), 60),
            "end": words(get("end"), 60),
            "delta": words(get("delta"), 60),
            "child_pid": number(get("child_pid")),
            "changed": truth(get("changed")),
            "stdout_last": last_line(get("stdout")),
            "stderr_last": last_line(get("stderr")),
            "tmp": beside(self.directory, name, b".tmp") if names is None or name + b".tmp" in names else None,
            "log": beside(self.directory, name, b".log") if names is None or name + b".log" in names else None,
            "limit": wrapper.limit if wrapper is not None else None,
            "module": wrapper.module_name() if wrapper is not None else None,
            "processes": processes,
            "processes_known": known,
            "supervised": supervised(family) if known else None,
        }


def supervised(family):
    """Whether somebody will end the job at its limit: null where there is no runner."""
    if family is None:
        return None
    if family.has("runner"):
        return family.has("watcher") or (None if family.wrapper is None else False)
    return None


def family_of(snapshot, job, deep=False):
    said = job.said_pid(snapshot)
    if not deep and said is None and not job.known and job.tmp is None and job.prefix not in snapshot.wrappers:
        return None
    family = Family(snapshot, job, said)
    if deep:
        family.deepen(job.jid)
    return family


def rivals_of(directory, jid):
    """Launcher and time of the other jobs of a directory that were started at about the same time."""
    found = []
    try:
        names = os.listdir(directory)
    except OSError:
        return found
    own = int(jid.partition(b".")[2] or b"0")
    for name in names:
        if name == jid or not JOB_NAME.match(name) or b"." not in name:
            continue
        launcher = int(name.partition(b".")[2])
        if abs(launcher - own) > 2 * SESSION_DISTANCE:
            continue
        try:
            found.append((launcher, os.lstat(directory + b"/" + name).st_mtime))
        except OSError:
            continue
    return found


def wrapper_directory(process, unless_said=b"~/.ansible_async"):
    """Where a wrapper writes its file: ANSIBLE_ASYNC_DIR as the wrapper expands it, with its own HOME and current directory. None where it cannot be known."""
    data = read_proc(PROC + b"/%d/environ" % process.pid, 1 << 20)
    if data is None:
        return None
    value, home = unless_said, None
    for entry in data.split(b"\0"):
        if entry.startswith(b"ANSIBLE_ASYNC_DIR="):
            value = entry[18:]
        elif entry.startswith(b"HOME="):
            home = entry[5:]
    if value is None:
        return None
    if value == b"~" or value.startswith(b"~/"):
        home = home or home_of(process.uid())
        if home is None:
            return None
        value = home + value[1:]
    if not value.startswith(b"/"):
        try:
            value = os.readlink(PROC + b"/%d/cwd" % process.pid) + b"/" + value
        except OSError:
            return None
    return os.path.normpath(value)


# The kernel's news: files by inotify, processes by pidfd. Where there is none, or it fails, the loop looks for itself.

IN_CLOSE_WRITE, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
IN_DELETE_SELF, IN_MOVE_SELF, IN_Q_OVERFLOW, IN_IGNORED, IN_ONLYDIR = 0x400, 0x800, 0x4000, 0x8000, 0x01000000
IN_ALL = IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
SYS_PIDFD_SEND_SIGNAL, SYS_PIDFD_OPEN = 424, 434


class Kernel(object):
    """libc by ctypes; each call gives None where the system has no such thing."""

    def __init__(self):
        self.libc = None
        if sys.platform.startswith("linux"):
            try:
                import ctypes
                self.ctypes = ctypes
                self.libc = ctypes.CDLL(None, use_errno=True)
            except (ImportError, OSError, TypeError):
                self.libc = None

    def inotify(self):
        if self.libc is None or not USE_INOTIFY:
            return None
        try:
            fd = self.libc.inotify_init()
        except AttributeError:
            return None
        if fd < 0:
            return None
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
        fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        return fd

    def watch(self, fd, directory):
        wd = self.libc.inotify_add_watch(fd, self.ctypes.c_char_p(directory), self.ctypes.c_uint32(IN_ALL))
        return wd if wd >= 0 else None

    def unwatch(self, fd, wd):
        self.libc.inotify_rm_watch(fd, wd)

    def pidfd(self, process):
        """A descriptor of exactly this process, or None."""
        if self.libc is None or not USE_PIDFD or HOW != "proc":
            return None
        fd = self.libc.syscall(SYS_PIDFD_OPEN, process.pid, 0)
        if fd < 0:
            return None
        # The descriptor holds on to whoever has the pid now; if that one's start is the right one, it can never be another.
        if alive(process):
            return fd
        os.close(fd)
        return None

    def signal(self, process, number):
        """Sends a signal to this very process, never to one that has got its pid since. Out: None when sent, else why not."""
        fd = self.pidfd(process)
        if fd is not None:
            try:
                if self.libc.syscall(SYS_PIDFD_SEND_SIGNAL, fd, int(number), None, 0) == 0:
                    return None
                code = self.ctypes.get_errno()
                if code not in (errno.ENOSYS, errno.EINVAL):
                    return "gone" if code == errno.ESRCH else os.strerror(code)
            finally:
                os.close(fd)
        if not alive(process):
            return "gone"
        try:
            os.kill(process.pid, number)
        except OSError as error:
            return "gone" if error.errno == errno.ESRCH else reason(error)
        return None


class Task(object):
    """A request at work. steps is a generator: it yields the seconds until it wants to be called again, or None for: when there is news."""

    def __init__(self, agent, number, request):
        self.agent = agent
        self.id = number
        self.request = request
        self.done = {}
        self.due = 0.0
        self.news = set()
        self.all_news = False
        self.patient = False
        self.cleanups = []
        self.steps = None

    def send(self, event):
        event["id"] = self.id
        self.agent.send(event)

    def wake(self, item=None):
        if item is None:
            self.all_news = True
        else:
            self.news.add(item)
        self.due = 0.0


class Agent(object):
    def __init__(self):
        self.tasks = {}
        self.out = []
        self.out_size = 0
        self.input = b""
        self.skipping = False
        self.ended = False
        self.kernel = None
        self.inotify = None
        self.watches = {}
        self.pidfds = {}
        self.poller = select.poll()

    # In and out.

    def send(self, event):
        line = encode(event)
        self.out.append(line)
        self.out_size += len(line)
        if self.out_size > TAIL_CHUNK:
            self.flush()

    def flush(self):
        if not self.out:
            return
        data = "\n".join(self.out) + "\n"
        self.out = []
        self.out_size = 0
        data = data if isinstance(data, bytes) else data.encode("ascii")
        at = 0
        while at < len(data):
            try:
                at += os.write(1, data[at:at + 65536])
            except OSError as error:
                if error.errno == errno.EINTR:
                    continue
                if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
                    # Nobody listens any more.
                    os._exit(0)
                waiting = select.poll()
                waiting.register(1, select.POLLOUT)
                waiting.poll()

    def ready(self):
        try:
            account = pwd.getpwuid(os.geteuid())
            user, home = shown(to_bytes(account.pw_name)), path_text(to_bytes(account.pw_dir))
        except KeyError:
            user, home = None, None
        environ_home = os.environ.get("HOME")
        try:
            cwd = path_text(os.getcwd() if PY2 else os.getcwdb())
        except OSError:
            cwd = None
        self.send({
            "event": "ready", "protocol": PROTOCOL, "python": "%d.%d.%d" % sys.version_info[:3], "user": user, "uid": os.geteuid(), "home": home,
            "home_env": None if environ_home is None else path_text(to_bytes(environ_home)), "cwd": cwd, "boot_id": boot_id(), "now": time.time(),
            "uptime": uptime(), "pid": os.getpid(), "host": shown(to_bytes(os.uname()[1])),
        })

    def run(self, early):
        self.poller.register(0, select.POLLIN)
        # Asked for nothing, the kernel still says when the other end of standard output has gone.
        self.poller.register(1, 0)
        self.ready()
        self.flush()
        self.take(early)
        while not (self.ended and not self.tasks):
            for fd, event in self.wait():
                self.happened(fd, event)
            for task in list(self.tasks.values()):
                if task.due is not None and task.due <= ticking():
                    self.step(task)
            self.flush()

    def wait(self):
        now = ticking()
        dues = [task.due for task in self.tasks.values() if task.due is not None]
        timeout = None if not dues else max(0, min(dues) - now)
        try:
            return self.poller.poll(None if timeout is None else int(timeout * 1000 + 0.999))
        except (select.error, OSError) as error:
            if error.args and error.args[0] == errno.EINTR:
                return []
            raise

    def happened(self, fd, event):
        if fd == 0:
            self.read_input()
        elif fd == 1:
            if event & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                os._exit(0)
        elif fd == self.inotify:
            self.read_inotify()
        elif fd in self.pidfds:
            task, item = self.pidfds[fd]
            self.drop_pidfd(fd)
            task.wake(item)

    def read_input(self):
        try:
            data = os.read(0, 1 << 16)
        except OSError as error:
            if error.errno in (errno.EINTR, errno.EAGAIN):
                return
            data = b""
        if data:
            self.take(data)
            return
        self.poller.unregister(0)
        self.ended = True
        if self.input.strip():
            self.take(b"\n")
        # The client has gone. What ends by itself may finish (a kill most of all); what waits is dropped.
        for task in list(self.tasks.values()):
            if task.patient:
                self.close(task)

    def take(self, data):
        lines = (self.input + data).split(b"\n")
        self.input = lines.pop()
        for line in lines:
            if self.skipping:
                self.skipping = False
            elif line.strip():
                self.begin(line)
        if len(self.input) > REQUEST_LIMIT:
            self.input = b""
            if not self.skipping:
                self.refuse(None, "bad-request", "A request is longer than %d bytes." % REQUEST_LIMIT)
            self.skipping = True

    def refuse(self, number, code, message):
        self.send({"id": number, "event": "error", "code": code, "message": words(Text(message), 500)})

    # Requests.

    def begin(self, line):
        try:
            request = DECODER.decode(line.decode("utf-8"))
        except (ValueError, RuntimeError):
            request = None
        if not isinstance(request, dict):
            return self.refuse(None, "bad-request", "A request is one JSON object on one line.")
        number_ = request.get("id")
        if isinstance(number_, bool) or number(number_) is None or isinstance(number_, Text):
            return self.refuse(None, "bad-request", "A request needs an id, a number.")
        if number_ in self.tasks:
            return self.refuse(number_, "bad-request", "There is a request with this id already.")
        what = request.get("do")
        work = REQUESTS.get(what) if isinstance(what, Text) else None
        if work is None:
            return self.refuse(number_, "unknown-request", "This agent has no request of that name.")
        task = Task(self, number_, request)
        self.tasks[number_] = task
        task.steps = work(task, request)

    def step(self, task):
        try:
            pause = next(task.steps)
            task.due = None if pause is None else ticking() + pause
            return
        except StopIteration:
            self.send(dict(task.done, id=task.id, event="done"))
        except Fail as problem:
            self.refuse(task.id, problem.code, problem.message)
        except Exception as error:
            self.refuse(task.id, "internal", "%s: %s" % (type(error).__name__, error))
        self.close(task)

    def close(self, task):
        self.tasks.pop(task.id, None)
        for cleanup in task.cleanups:
            cleanup()
        task.cleanups = []
        for fd in [fd for fd, (owner, _) in self.pidfds.items() if owner is task]:
            self.drop_pidfd(fd)

    # News.

    def system(self):
        if self.kernel is None:
            self.kernel = Kernel()
        return self.kernel

    def watch(self, directory, task):
        """Tells a task of everything that happens to the names of a directory. Out: False where that cannot be had."""
        if self.inotify is None:
            fd = self.system().inotify()
            self.inotify = -1 if fd is None else fd
            if fd is not None:
                self.poller.register(fd, select.POLLIN)
        if self.inotify < 0:
            return False
        wd = self.kernel.watch(self.inotify, directory)
        if wd is None:
            return False
        self.watches.setdefault(wd, set()).add((directory, task))
        return True

    def unwatch(self, directory, task):
        for wd, listeners in list(self.watches.items()):
            listeners.discard((directory, task))
            if not listeners:
                del self.watches[wd]
                self.kernel.unwatch(self.inotify, wd)

    def read_inotify(self):
        try:
            data = os.read(self.inotify, 1 << 16)
        except OSError:
            return
        at = 0
        while at + 16 <= len(data):
            wd, mask, _, length = struct.unpack_from("iIII", data, at)
            name = data[at + 16:at + 16 + length].rstrip(b"\0")
            at += 16 + length
            if mask & IN_Q_OVERFLOW:
                for task in list(self.tasks.values()):
                    task.wake()
                continue
            lost = mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)
            for directory, task in list(self.watches.get(wd, ())):
                task.wake((directory, None if lost else name))
            if lost and wd in self.watches:
                del self.watches[wd]
                if not mask & IN_IGNORED:
                    self.kernel.unwatch(self.inotify, wd)

    def watch_process(self, process, task, item):
        """Tells a task when a process has gone. Out: False where that cannot be had."""
        if len(self.pidfds) >= PIDFDS_AT_MOST:
            return False
        fd = self.system().pidfd(process)
        if fd is None:
            return False
        self.pidfds[fd] = (task, item)
        self.poller.register(fd, select.POLLIN)
        return True

    def drop_pidfd(self, fd):
        del self.pidfds[fd]
        self.poller.unregister(fd)
        os.close(fd)


# The requests. Each is a generator of pauses; what it leaves in task.done goes into the last answer.

def dirs_of_users():
    """~/.ansible_async of every user of the password file. It is read as a file: a directory service may have a hundred thousand users."""
    found = []
    try:
        with open("/etc/passwd", "rb") as accounts:
            for line in accounts.read(1 << 22).split(b"\n"):
                fields = line.split(b":")
                if len(fields) > 5 and fields[5].startswith(b"/"):
                    found.append(os.path.normpath(fields[5] + b"/.ansible_async"))
    except (IOError, OSError):
        pass
    return found


def dirs_of_wrappers(snapshot):
    """Directories that living wrappers name, by process, and the homes of their users."""
    named = {}
    for group in snapshot.wrappers.values():
        for process in group:
            place = wrapper_directory(process) if process.role else None
            if place is not None:
                named[process.pid] = place
    return named


class Listing(object):
    """One list request: the directories to look into, each once."""

    def __init__(self, task, request):
        self.task = task
        self.jobs = 0
        self.told = []
        self.places = {}
        self.names = {}
        self.asked = [asked for asked in request.get("dirs") or [] if isinstance(asked, Text)]
        self.everybody = request.get("all_users") is True
        self.snapshot = Snapshot()
        self.named = dirs_of_wrappers(self.snapshot) if self.snapshot.wrappers else {}
        self.doubtful = []
        self.prefixes = {}

    def directories(self):
        """Pairs of a directory and what the client called it; None for those nobody asked for by name."""
        for asked in self.asked:
            try:
                yield absolute(asked), asked
            except Fail as problem:
                self.told.append({"dir": asked, "asked": asked, "readable": False, "why": problem.message, "ignored": 0})
        if self.everybody:
            homes = [home_of(process.uid()) for group in self.snapshot.wrappers.values() for process in group]
            for place in dirs_of_users() + sorted(set(self.named.values())) + [home + b"/.ansible_async" for home in homes if home]:
                yield place, None

    def open(self, directory, asked):
        """The names in a directory, or None where there is nothing to look at."""
        entry = {"dir": path_text(directory), "asked": asked, "readable": True, "ignored": 0}
        try:
            real = os.stat(directory)
            if (real.st_dev, real.st_ino) in self.places:
                return None
            names = os.listdir(directory)
        except OSError as error:
            if asked is not None or error.errno not in (errno.ENOENT, errno.ENOTDIR):
                self.told.append(dict(entry, readable=False, why=reason(error)))
            return None
        self.places[(real.st_dev, real.st_ino)] = directory
        present = set(names)
        self.names[directory] = present
        jobs = [name for name in names if JOB_NAME.match(name)]
        # A .tmp or .log alone is what is left of a job whose file never came or has been removed.
        left = set(name[:-4] for name in names if name[-4:] in (b".tmp", b".log") and JOB_NAME.match(name[:-4]) and name[:-4] not in present)
        companions = sum(1 for name in names if name[-4:] in (b".tmp", b".log") and JOB_NAME.match(name[:-4]))
        entry["ignored"] = len(names) - len(jobs) - companions
        self.told.append(entry)
        return sorted(jobs) + sorted(left)

    def tell(self, job, family):
        self.jobs += 1
        self.task.send(job.event(family, self.names.get(job.directory)))

    def look(self, directory, name):
        """Tells of one file, unless it says running and no process is seen: that has to be looked at twice."""
        job = Job(directory, name)
        family = family_of(self.snapshot, job)
        self.prefixes.setdefault(directory, set()).add(job.prefix)
        if job.state == "running" and (family is None or not family.has("runner")) and known_for(job.uid):
            self.doubtful.append((directory, name))
        else:
            self.tell(job, family)

    def second_looks(self):
        """
        A job may have been launched after the processes were read, or ended before its file was. Processes are read once more: who has no
        process now, and a file that still says running after that, is lost. Then the wrappers whose file is gone.
        """
        gone = [process for group in self.snapshot.wrappers.values() for process in group if self.fileless(process)]
        if not self.doubtful and not gone:
            return
        self.snapshot = Snapshot()
        rivals = {}
        for directory, name in self.doubtful:
            job = Job(directory, name)
            family = family_of(self.snapshot, job)
            if (family is None or not family.members) and job.state == "running" and self.snapshot.orphans():
                if directory not in rivals:
                    others = [Job(directory, other) for where, other in self.doubtful if where == directory]
                    rivals[directory] = [(other.launcher, other.mtime, other.jid) for other in others if other.launcher and other.mtime]
                family = Family(self.snapshot, job)
                family.orphan(job, [(launcher, mtime) for launcher, mtime, jid in rivals[directory] if jid != job.jid])
            yield job, family
        for process in gone:
            now = self.snapshot.by_pid.get(process.pid)
            if now is None or now.birth != process.birth or not self.fileless(now):
                continue
            job = Job(self.named[now.pid], now.wrapper.prefix)
            job.uid = now.uid()
            family = Family(self.snapshot, job)
            job.uid = None
            self.prefixes.setdefault(job.directory, set()).add(job.prefix)
            yield job, family

    def fileless(self, process):
        """True for a job's wrapper whose directory was looked into and has no file of the job."""
        place = self.named.get(process.pid)
        if process.role is None or place is None or process.wrapper.prefix in self.prefixes.get(place, ()):
            return False
        if place in self.names:
            return True
        # The directory may be listed under another name, or be gone itself.
        try:
            real = os.stat(place)
        except OSError as error:
            asked = [absolute(each) for each in self.asked if not each.startswith(u"~") or each[:2] in (u"~", u"~/")]
            return error.errno == errno.ENOENT and (self.everybody or place in asked)
        listed = self.places.get((real.st_dev, real.st_ino))
        return listed is not None and process.wrapper.prefix not in self.prefixes.get(listed, ())


def do_list(task, request):
    if not isinstance(request.get("dirs"), list):
        raise Fail("bad-request", "list needs dirs, a list of directories.")
    listing = Listing(task, request)
    yield 0
    until = ticking() + SLICE_SECONDS
    for directory, asked in listing.directories():
        for name in listing.open(directory, asked) or ():
            listing.look(directory, name)
            if ticking() > until:
                yield 0
                until = ticking() + SLICE_SECONDS
    for job, family in listing.second_looks():
        listing.tell(job, family)
        if ticking() > until:
            yield 0
            until = ticking() + SLICE_SECONDS
    task.done = {"jobs": listing.jobs, "dirs": listing.told}


def asked_job(where):
    """Directory and jid of a request; a jid is a name and never a path."""
    if not isinstance(where, dict) or not isinstance(where.get("dir"), Text) or not isinstance(where.get("jid"), Text):
        raise Fail("bad-request", "A job is named by dir and jid.")
    jid = to_bytes(where["jid"])
    if not JOB_NAME.match(jid) and not JOB_PREFIX.match(jid):
        raise Fail("not-a-job", "This is not the name of a job.")
    return absolute(where["dir"]), jid


def look_at(directory, jid, known=(), deep=False):
    """A job with its processes. The processes are read before the file, so a job that ends in between is seen as ended."""
    snapshot = Snapshot()
    job = Job(directory, jid, known)
    family = family_of(snapshot, job, deep)
    if deep and not family.members and job.state == "running":
        family.orphan(job, rivals_of(directory, jid))
    return job, family


def confirmed(directory, jid, known=(), deep=False):
    """The same, looked at twice where a running file has no runner: it may have been launched after the processes were read."""
    job, family = look_at(directory, jid, known, deep)
    if job.state in ("running", "absent") and (family is None or not family.has("runner")):
        job, family = look_at(directory, jid, known, deep)
    return job, family


def do_show(task, request):
    directory, jid = asked_job(request)
    yield 0
    job, family = confirmed(directory, jid, deep=True)
    event = job.event(family)
    event["asked"] = {"dir": request["dir"], "jid": request["jid"]}
    event["result"], event["cut"] = bounded(job.value)
    event["text"] = shown(job.data)[:2000] if job.value is None and job.data is not None else None
    task.send(event)


def bounded(value):
    """A parsed file in at most RESULT_LIMIT of JSON text, and which texts and lists were shortened for that."""
    if value is None:
        return None, []
    try:
        if len(encode(value)) <= RESULT_LIMIT:
            return finite(value), []
    except (RuntimeError, MemoryError):
        pass
    for texts, items in ((65536, 1000), (16384, 200), (4096, 100), (1024, 50), (200, 20), (50, 5)):
        cut = []
        smaller = shorten(value, "", texts, items, cut)
        if len(encode(smaller)) <= RESULT_LIMIT:
            return smaller, cut[:100]
    return {}, [{"at": "", "length": len(value)}]


def shorten(value, at, texts, items, cut, depth=0):
    if isinstance(value, Text):
        if len(value) <= texts:
            return value
        cut.append({"at": at[:200], "length": len(value)})
        return u"%s\n[%d characters left out]\n%s" % (value[:texts // 2], len(value) - texts // 2 * 2, value[-(texts // 2):])
    if isinstance(value, (dict, list)) and depth > 30:
        cut.append({"at": at[:200], "length": len(value)})
        return None
    if isinstance(value, list):
        if len(value) > items:
            cut.append({"at": at[:200], "length": len(value)})
        return [shorten(inner, "%s[%d]" % (at, place), texts, items, cut, depth + 1) for place, inner in enumerate(value[:items])]
    if isinstance(value, dict):
        keys = list(value)
        if len(keys) > items:
            cut.append({"at": at[:200], "length": len(keys)})
        path = (at + u"." if at else u"")
        return dict((key[:200], shorten(value[key], path + key[:200], texts, items, cut, depth + 1)) for key in keys[:items])
    return finite(value)


class Waited(object):
    """A job that a wait or a tail follows, with the processes that were seen of it."""

    def __init__(self, task, where):
        self.task = task
        self.directory, self.jid = asked_job(where)
        self.asked = {"dir": where["dir"], "jid": where["jid"]}
        self.known = []
        self.runner = None
        self.signature = None
        self.digest = None
        self.job = None
        self.family = None
        self.alone_since = None
        self.unwatched = False
        self.over = False

    def take(self, job, family):
        """Keeps what a look found. Out: True when something is new."""
        self.job = job
        self.family = family
        self.signature = job.signature()
        self.follow()
        self.over = self.is_over()
        wrappers = sorted(process.key() for process in self.known if process.role in ("watcher", "runner"))
        digest = (job.state, job.signature(), wrappers, self.over)
        new = digest != self.digest
        self.digest = digest
        return new

    def follow(self):
        entries = self.family.entries() if self.family is not None else []
        before = set(process.key() for process in self.known)
        self.known = [process for process, _, _ in entries][:100]
        self.runner = None
        for process, role, _ in entries:
            process.role = role
            if role == "runner":
                self.runner = process
            if role in ("runner", "watcher") and process.key() not in before and not self.job.ended():
                self.unwatched = not self.task.agent.watch_process(process, self.task, self) or self.unwatched
        alone = self.runner is None and any(role == "watcher" for _, role, _ in entries)
        self.alone_since = (self.alone_since or ticking()) if alone else None

    def is_over(self):
        job = self.job
        if job.ended():
            return True
        if self.runner is not None or not known_for(job.uid):
            return job.state == "absent" and self.runner is None
        # A watcher alone is launching a job, or ending one.
        return self.alone_since is None or self.alone_for_long()

    def alone_for_long(self):
        return self.alone_since is not None and ticking() - self.alone_since > WATCHER_ALONE_SECONDS

    def moved(self):
        """True when the file is not the one that was read, or a wrapper has gone. Cheap: a stat and a line of /proc."""
        try:
            found = os.lstat(self.job.path)
            signature = (found.st_ino, found.st_mtime, found.st_size)
        except OSError:
            signature = (None, None, None)
        return signature != self.signature or self.wrapper_gone() or self.alone_for_long()

    def wrapper_gone(self):
        return any(not alive(process) for process in self.known if process.role in ("watcher", "runner"))

    def tell(self):
        event = self.job.event(self.family)
        event["asked"] = self.asked
        event["ended"] = self.over
        self.task.send(event)


def looks(waited):
    """
    Looks at many jobs with one pass over the processes, and none where the files have the ends in them. A file that says running before and
    after that pass, and has no runner in it, is lost; where it came in between, one more look tells. Out: pairs of a job and whether it is new.
    """
    open_ones = []
    for one in waited:
        job = Job(one.directory, one.jid, one.known)
        if job.ended() and one.job is not None:
            yield one, one.take(job, Alive(job, one.known, one.family))
        else:
            open_ones.append((one, job.state))
    if not open_ones:
        return
    snapshot = Snapshot()
    for one, before in open_ones:
        job = Job(one.directory, one.jid, one.known)
        family = family_of(snapshot, job)
        if job.state == "running" and before != "running" and (family is None or not family.has("runner")):
            job, family = look_at(one.directory, one.jid, one.known)
        yield one, one.take(job, family)


class Alive(Family):
    """The members of an earlier look that still live."""

    def __init__(self, job, known, earlier):
        self.members = dict((process.pid, (process, process.role, "seen-before")) for process in known if alive(process))
        self.wrapper = earlier.wrapper if earlier is not None else None
        self.uid = job.uid


class Following(object):
    """Keeps watches on the directories of waited jobs, and says which jobs have news."""

    def __init__(self, task, waiting):
        self.task = task
        self.by_name = {}
        self.directories = {}
        self.safety = ticking() + SAFETY_SECONDS
        self.waiting = waiting
        for one in waiting:
            self.by_name.setdefault((one.directory, one.jid), []).append(one)
            if one.directory not in self.directories:
                self.directories[one.directory] = task.agent.watch(one.directory, task)
        task.cleanups.append(self.stop)

    def stop(self):
        for directory in self.directories:
            self.task.agent.unwatch(directory, self.task)

    def pause(self):
        blind = not all(self.directories.values())
        if blind:
            return FALLBACK_SECONDS
        return max(0.05, min(self.safety - ticking(), PROCESS_SECONDS if any(one.unwatched for one in self.waiting) else SAFETY_SECONDS))

    def dirty(self, waiting):
        """Those of the waiting that have to be looked at now."""
        self.waiting = waiting
        news, everything = self.task.news, self.task.all_news
        self.task.news, self.task.all_news = set(), False
        found = set()
        for item in news:
            if isinstance(item, Waited):
                found.add(item)
            elif item[1] is None:
                self.directories[item[0]] = False
                found.update(one for one in waiting if one.directory == item[0])
            else:
                found.update(self.by_name.get(item, ()))
        now = ticking()
        due = now >= self.safety
        if due:
            self.safety = now + SAFETY_SECONDS
        for directory, watched in list(self.directories.items()):
            if watched:
                continue
            self.directories[directory] = self.task.agent.watch(directory, self.task)
            found.update(one for one in waiting if one.directory == directory and one.moved())
        if due or everything:
            found.update(one for one in waiting if one.moved())
        else:
            found.update(one for one in waiting if one.unwatched and one.wrapper_gone())
        return [one for one in waiting if one in found]


def do_wait(task, request):
    task.patient = True
    jobs = request.get("jobs")
    if not isinstance(jobs, list) or not jobs:
        raise Fail("bad-request", "wait needs jobs, a list of dir and jid.")
    waiting = [Waited(task, where) for where in jobs]
    following = Following(task, waiting)
    until = ticking() + SLICE_SECONDS
    for one, _ in looks(waiting):
        one.tell()
        if ticking() > until:
            yield 0
            until = ticking() + SLICE_SECONDS
    ended = sum(1 for one in waiting if one.over)
    waiting = [one for one in waiting if not one.over]
    while waiting:
        for one, new in looks(following.dirty(waiting)):
            if new:
                one.tell()
            ended += 1 if one.over else 0
        waiting = [one for one in waiting if not one.over]
        if waiting:
            yield following.pause()
    task.done = {"ended": ended}


def last_lines(data, count):
    """Where the last lines begin; the break at the very end belongs to the last of them."""
    if count <= 0:
        return len(data)
    at = len(data) - 1
    for _ in range(min(count, len(data))):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at + 1


class Log(object):
    """
    <jid>.log beside the job file, read from an offset on, or from its last lines on. Its writer renames it to .log.1 when it is large: then the
    rest of it is read first, and the new one from its start. A symlink or a pipe of that name is no log.
    """

    def __init__(self, path, offset, lines, place):
        self.path = path
        self.offset = offset
        self.lines = lines
        self.place = place
        self.fd = None
        self.name = None
        self.skipped = False

    def open(self, path, other_than=None):
        """Whether there is such a log, and it is another than the one of this name."""
        try:
            fd = os.open(path, OPEN_FLAGS)
        except OSError:
            return False
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or name_of_log(found) == other_than:
            os.close(fd)
            return False
        self.close()
        self.fd = fd
        self.name = name_of_log(found)
        return True

    def here(self):
        """
        Where the next piece begins, for who comes back: which file, and what is before that in it. The number of a file that was taken away
        goes to the next one.
        """
        before = min(self.offset, PLACE_BYTES)
        os.lseek(self.fd, self.offset - before, os.SEEK_SET)
        return u"%s:%08x" % (self.name, zlib.crc32(os.read(self.fd, before)) & 0xFFFFFFFF)

    def back(self, path):
        """Whether this is the file in which the place is."""
        return self.open(path) and self.offset <= os.fstat(self.fd).st_size and self.here() == self.place

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
        self.fd = None

    def begin(self):
        """Opens the file that is read first, and finds the place in it. Out: whether there is one."""
        if self.place is not None:
            if not (self.back(self.path) or self.back(self.path + b".1")):
                # What it was at has been taken away: all there is comes after that.
                self.offset = 0
                self.place = None
                self.skipped = self.open(self.path + b".1")
                return self.skipped or self.open(self.path)
        elif not self.open(self.path):
            return False
        elif self.lines is not None:
            self.offset, have = last_lines_of(self.fd, self.lines)
            if have < self.lines and self.open(self.path + b".1"):
                self.offset, _ = last_lines_of(self.fd, self.lines - have)
        elif self.offset == 0:
            self.open(self.path + b".1")
        size = os.fstat(self.fd).st_size
        if self.offset < 0:
            self.offset = max(0, size + self.offset)
        return True

    def replaced(self):
        """The name of the file that is the log now, where that is another than the one which is read; nothing more is written to this one then."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return None
        return name_of_log(found) if stat.S_ISREG(found.st_mode) and name_of_log(found) != self.name else None

    def read(self, last):
        """The next piece and where it ends, or None where there is no log. Characters that are only half written wait, unless it is the last look."""
        try:
            if self.fd is None and not self.begin():
                return None
            while True:
                # Looked at first: what is written before that is in what is read then.
                next_name = self.replaced()
                if self.offset > os.fstat(self.fd).st_size:
                    self.offset = 0
                os.lseek(self.fd, self.offset, os.SEEK_SET)
                data = os.read(self.fd, TAIL_CHUNK)
                if data or next_name is None:
                    break
                self.offset = 0
                # Held open as it is, its number is nobody else's.
                if self.open(self.path + b".1", self.name):
                    self.skipped = True
                elif not self.open(self.path):
                    return b""
        except OSError:
            return None
        final = (last or next_name is not None) and len(data) < TAIL_CHUNK
        whole = data if final else data[:whole_characters(data)]
        self.offset += len(whole)
        return whole


def name_of_log(found):
    return Text("%d:%d" % (found.st_dev, found.st_ino))


def last_lines_of(fd, lines):
    """Where the last lines of a file begin, and how many of them it has (a half one counts)."""
    start = max(0, os.fstat(fd).st_size - LINES_WITHIN)
    os.lseek(fd, start, os.SEEK_SET)
    data = os.read(fd, LINES_WITHIN)
    at = last_lines(data, lines)
    # A file that is longer than what was looked through has more lines than were seen.
    return start + at, lines if start > 0 or at > 0 else data.count(b"\n") + (0 if data.endswith(b"\n") or not data else 1)


def whole_characters(data):
    """How many of the bytes are whole UTF-8 characters; at most the last three can be the beginning of one."""
    for back in range(1, min(3, len(data)) + 1):
        byte = bytearray(data[-back:])[0]
        if byte < 0x80:
            return len(data)
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) - back if back < length else len(data)
    return len(data)


def do_tail(task, request):
    task.patient = True
    start = number(request.get("from", 0))
    lines = number(request.get("lines"))
    if start is None or (lines is None and request.get("lines") is not None):
        raise Fail("bad-request", "from is a number of bytes, and lines a number of lines.")
    lines = None if lines is None else int(lines)
    one = Waited(task, request)
    following = Following(task, [one])
    list(looks([one]))
    place = request.get("place")
    log = Log(one.directory + b"/" + one.jid + b".log", int(start), lines, place if isinstance(place, Text) else None)
    try:
        for wait in tail(task, request, one, following, log):
            yield wait
    finally:
        log.close()


def tail(task, request, one, following, log):
    lines, start = log.lines, log.offset
    # What comes all at once at the end of a job that is followed is all new.
    kept_lines = lines if one.over else None
    had_log = noted = False
    while True:
        # The job is looked at before its log, so that nothing written before its end is missed.
        over = one.over
        while True:
            piece = log.read(over)
            had_log = had_log or piece is not None
            if not piece:
                break
            if log.skipped:
                log.skipped = False
                task.send({"event": "note", "text": "Some output may be missing before this: the log was replaced more than once since it was last read."})
            task.send({"event": "output", "stream": "log", "text": shown(piece), "offset": log.offset, "place": log.here()})
            yield 0
        if over:
            break
        if not had_log and not noted:
            noted = True
            task.send({"event": "note", "text": "This job has no log of its own; Ansible keeps its output back until it has ended."})
        if request.get("follow") is False:
            break
        yield TAIL_SECONDS if had_log else min(following.pause(), FALLBACK_SECONDS)
        list(looks(following.dirty([one])))
    if not had_log:
        for stream in ("stdout", "stderr"):
            for event in kept_output(stream, (one.job.value or {}).get(stream), start if stream == "stdout" else 0, kept_lines):
                task.send(event)
                yield 0
    task.done = {"file": one.job.state, "offset": max(0, log.offset)}


def kept_output(stream, text, start, lines):
    """The output that a result holds, or its last lines, in pieces; offsets count bytes of UTF-8, as in a log."""
    if not isinstance(text, Text) or not text:
        return
    data = text.encode("utf-8", "replace") if PY2 else text.encode("utf-8", "surrogatepass")
    at = max(0, len(data) + start) if start < 0 else min(start, len(data))
    if lines is not None:
        within = max(0, len(data) - LINES_WITHIN)
        at = within + last_lines(data[within:], lines)
    while at < len(data):
        piece = data[at:at + TAIL_CHUNK]
        if at + len(piece) < len(data):
            piece = piece[:whole_characters(piece)] or piece
        at += len(piece)
        yield {"event": "output", "stream": stream, "text": shown(piece), "offset": at}


class Readers(object):
    """
    The reading ends of the pipes that the programs of a job write to. Those that read them, module and runner, are ended as well, and a program
    that tells of its cleaning up would die of the closed pipe. What is said so late is dropped. Linux.
    """

    def __init__(self):
        self.held = {}

    def hold(self, targets):
        """In: processes with their roles. Opens what runner and module read from the others."""
        written = set()
        for process, _ in targets:
            written |= pipes_of(process, (b"1", b"2"))
        for process in [process for process, role in targets if role in ("runner", "module")]:
            base = PROC + b"/%d/fd" % process.pid
            try:
                for fd in os.listdir(base):
                    self.open(base + b"/" + fd, written)
            except OSError:
                # It has gone meanwhile, or is another user's.
                pass

    def open(self, path, written):
        try:
            pipe = os.readlink(path)
            if pipe in written and pipe not in self.held and os.lstat(path).st_mode & stat.S_IRUSR:
                # Opened like this, and not by the name that the link shows, it is that pipe.
                self.held[pipe] = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            pass

    def drain(self):
        """Reads what is there, so that nobody waits for room in a pipe."""
        for pipe, fd in list(self.held.items()):
            try:
                for _ in range(64):
                    if not os.read(fd, 65536):
                        os.close(self.held.pop(pipe))
                        break
            except OSError:
                # Nothing more for now.
                pass

    def close(self):
        for fd in self.held.values():
            os.close(fd)
        self.held = {}


class Killing(object):
    """Ends the processes of one job. Every process is known by pid and start, and that is looked at again right before each signal."""

    def __init__(self, task, request):
        self.task = task
        self.directory, self.jid = asked_job(request)
        self.orphans = request.get("orphans") is True
        self.only = request.get("only")
        self.targets = {}
        self.sent = {}
        self.left = {}

    def scan(self):
        """Looks for the job's processes again: those of before, and what they have started since. Out: those that live."""
        known = [process for process, _ in self.targets.values()]
        job, family = look_at(self.directory, self.jid, known, deep=True)
        for process, role, by in family.entries():
            if process.key() in self.targets:
                continue
            if by == "time" and not self.orphans:
                self.left[process.key()] = (process, role, "only its start fits the job; ask for orphans to end it")
            elif self.chosen(process):
                process.role = role
                self.targets[process.key()] = (process, role)
        return [(process, role) for process, role in self.targets.values() if alive(process)]

    def chosen(self, process):
        """With only, a list of pid and start as they were shown, nobody else is touched."""
        if self.only is None:
            return True
        for entry in self.only:
            if entry.get("pid") != process.pid:
                continue
            start = number(entry.get("start"))
            if start is not None and process.start is not None and abs(start - process.start) < 1.5:
                return True
            self.left[process.key()] = (process, "program", "not the process that was meant: it started at another time")
        return False

    def strike(self, targets, signal_number, name):
        """Sends each its signal once. What starts after TERM below a process that lives on is its cleaning up: it gets no TERM."""
        living = set(process.pid for process, _ in targets)
        told = bool(self.sent)
        # The runner first: it must not see its module end and write that down as the job's result.
        for process, role in sorted(targets, key=lambda target: (target[1] != "runner", target[0].pid)):
            if self.sent.get(process.key()) == name or (told and name == "TERM" and process.ppid in living):
                continue
            why = self.task.agent.system().signal(process, signal_number)
            if why is None:
                self.sent[process.key()] = name
                self.left.pop(process.key(), None)
            elif why != "gone":
                self.left[process.key()] = (process, role, why)

    def answer(self):
        killed = []
        left = dict(self.left)
        for key, (process, role) in self.targets.items():
            if not alive(process):
                left.pop(key, None)
                killed.append({"pid": process.pid, "start": process.start, "role": role, "signal": self.sent.get(key), "argv": shown(b" ".join(process.args)[:1200])[:300]})
            elif key not in left:
                left[key] = (process, role, "still there (state %s)" % process.state)
        order = {"watcher": 0, "runner": 1, "module": 2, "program": 3}
        return {
            "killed": sorted(killed, key=lambda each: (order[each["role"]], each["pid"])),
            "left": [{"pid": process.pid, "start": process.start, "role": role, "why": why} for process, role, why in left.values() if alive(process)],
        }


def seconds(value, otherwise, most):
    found = number(value)
    return otherwise if found is None else max(0.0, min(float(found), most))


def do_kill(task, request):
    if HOW is None:
        raise Fail("not-supported", "The processes of this host cannot be seen.")
    only = request.get("only")
    if only is not None and not (isinstance(only, list) and all(isinstance(entry, dict) for entry in only)):
        raise Fail("bad-request", "only is a list of pid and start.")
    grace = seconds(request.get("grace"), 5.0, 600.0)
    tidy = seconds(request.get("tidy"), WATCHER_STEP_SECONDS + 1, 60.0)
    killing = Killing(task, request)
    yield 0
    killing.scan()
    readers = Readers()
    try:
        for wait in strike_all(killing, grace, readers):
            yield wait
    finally:
        readers.close()
    for wait in watchers_leave(killing, tidy):
        yield wait
    task.done = killing.answer()


def strike_all(killing, grace, readers):
    """TERM to all but the watcher, and KILL after the grace."""
    for name, signal_number, patience in (("TERM", signal.SIGTERM, grace), ("KILL", signal.SIGKILL, 3.0)):
        until = ticking() + patience
        pause = 0.02
        while True:
            living = [target for target in killing.scan() if target[1] != "watcher"]
            if not living:
                break
            readers.hold(living)
            killing.strike(living, signal_number, name)
            readers.drain()
            if ticking() > until or all(target[0].key() in killing.left for target in living):
                break
            yield pause
            pause = min(pause * 1.5, 0.25)


def watchers_leave(killing, tidy):
    """
    A watcher whose runner has gone leaves within five seconds and takes the module's temporary directory with it, so it gets that time; unless
    its limit falls into it, because then it would write "Timeout exceeded" over the job file.
    """
    living = killing.scan()
    watchers = [target for target in living if target[1] == "watcher"]
    if not watchers or any(target[1] == "runner" for target in living):
        return
    now = time.time()
    for process, _ in watchers:
        limit = process.wrapper.limit if process.wrapper is not None else 0
        if process.start is None or now - process.start + tidy >= limit - 1:
            tidy = 0
    until = ticking() + tidy
    while ticking() < until and any(alive(process) for process, _ in watchers):
        yield 0.1
    for name, signal_number in (("TERM", signal.SIGTERM), ("KILL", signal.SIGKILL)):
        killing.strike([target for target in watchers if alive(target[0])], signal_number, name)
        for _ in range(20):
            if not any(alive(process) for process, _ in watchers):
                return
            yield 0.05


def do_prune(task, request):
    directory, jid = asked_job(request)
    expect = request.get("expect")
    if not isinstance(expect, dict) or not JOB_NAME.match(jid):
        raise Fail("bad-request" if JOB_NAME.match(jid) else "not-a-job", "prune needs a whole jid, and in expect the mtime and size that were seen.")
    yield 0
    job, family = look_at(directory, jid, deep=True)
    if job.state in ("not-regular", "unreadable"):
        raise Fail("not-a-job", "What bears this name is no file that could be read as a job's.")
    if family.members:
        raise Fail("alive", "A process of this job still lives: %s." % ", ".join(str(entry[0].pid) for entry in family.entries()[:10]))
    if job.state == "running" and not known_for(job.uid):
        raise Fail("alive", "The file says running, and the processes of its user cannot be seen from here.")
    if not unchanged(job.mtime, job.size, expect):
        raise Fail("changed", "The file is not as it was when it was looked at.")
    removed = []
    for path in (job.path, job.path + b".tmp", job.path + b".log", job.path + b".log.1"):
        try:
            found = os.lstat(path)
        except OSError:
            continue
        if path == job.path and not unchanged(found.st_mtime, found.st_size, expect):
            raise Fail("changed", "The file is not as it was when it was looked at.")
        if not stat.S_ISREG(found.st_mode):
            continue
        try:
            os.unlink(path)
        except OSError as error:
            raise Fail("not-removed", "%s: %s." % (path_text(path), reason(error)))
        removed.append(path_text(path))
    if not removed:
        raise Fail("not-a-job", "There is nothing of this job to remove.")
    if request.get("empty_dir") is True:
        try:
            os.rmdir(directory)
        except OSError:
            # It holds other files.
            pass
    task.done = {"removed": removed}


def unchanged(mtime, size, expect):
    """expect has null for both where there was no job file, only what was left beside it."""
    seen, length = expect.get("mtime"), expect.get("size")
    if mtime is None or seen is None:
        return mtime is None and seen is None
    return number(seen) is not None and abs(number(seen) - mtime) < 1e-5 and length == size


def do_fetch(task, request):
    """The text of a job file with an end in it, as its reader on the host would read it. What is large or no text is left to that reader."""
    directory, jid = asked_job(request)
    yield 0
    try:
        fd = os.open(directory + b"/" + jid, OPEN_FLAGS)
    except OSError as error:
        raise Fail("unreadable", reason(error))
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_size > RESULT_LIMIT:
            raise Fail("too-large", "The job file is not one to be sent.")
        data = read_all(fd, found.st_size)
    except OSError as error:
        raise Fail("unreadable", reason(error))
    finally:
        os.close(fd)
    try:
        text = data.decode("utf-8")
    except UnicodeError:
        raise Fail("unreadable", "The job file is no text.")
    if len(data) > RESULT_LIMIT or shape(data)[0] not in ("result", "timeout"):
        raise Fail("changed", "There is no end in the job file.")
    task.done = {"text": text, "mtime": found.st_mtime, "size": found.st_size}


def do_erase(task, request):
    """Removes a job file, as the status module's cleanup does, if it is still the one that was fetched."""
    directory, jid = asked_job(request)
    expect = request.get("expect")
    if not isinstance(expect, dict) or not JOB_NAME.match(jid):
        raise Fail("bad-request", "erase needs a whole jid, and in expect the mtime and size that were seen.")
    yield 0
    path = directory + b"/" + jid
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or not unchanged(found.st_mtime, found.st_size, expect):
            raise Fail("changed", "The file is not as it was when it was looked at.")
        os.unlink(path)
    except OSError as error:
        raise Fail("not-removed", reason(error))
    task.done = {"removed": [path_text(path)]}


def do_cancel(task, request):
    """Stops another request, which ends with the error "cancelled"."""
    other = task.agent.tasks.get(number(request.get("target")))
    yield 0
    if other is not None and other is not task and other.id in task.agent.tasks:
        task.agent.refuse(other.id, "cancelled", "The client asked for no more of it.")
        task.agent.close(other)
    task.done = {"cancelled": other is not None}


# What can be asked by a probe; filled by the program that comes with the first such request (probes.py).
PROBES = {}


def do_probe(task, request):
    """Each probe is one event: facts, or why there are none. Few sessions probe, so what does it is not part of what starts on every host."""
    what = request.get("what")
    if not isinstance(what, list) or not what or not all(isinstance(name, Text) for name in what):
        raise Fail("bad-request", "probe needs what, a list of names.")
    if not PROBES:
        source = request.get("program")
        if not isinstance(source, Text):
            raise Fail("bad-request", "The first probe needs the program that does it.")
        exec(compile(source, "longhaul-probes", "exec"), globals())
    for name in what:
        yield 0
        facts = why = None
        try:
            if name not in PROBES:
                raise Fail("unknown-probe", "This agent has no probe of that name.")
            facts = PROBES[name](request)
        except Fail as problem:
            why = problem.message
        except Exception as error:
            why = "%s: %s" % (type(error).__name__, error)
        task.send({"event": "probe", "probe": name[:100], "facts": facts, "why": words(None if why is None else Text(why), 500)})


REQUESTS = {"list": do_list, "show": do_show, "wait": do_wait, "tail": do_tail, "kill": do_kill, "prune": do_prune, "fetch": do_fetch, "erase": do_erase, "probe": do_probe, "cancel": do_cancel}


def read_ahead(stream):
    """
    Requests that came right behind the program and are in Python's buffer already. It cannot be asked what is in there without a read, so
    for that one read standard input must not block.
    """
    if stream is None:
        return b""
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        if hasattr(stream, "peek"):
            return bytes(stream.peek())
        return stream.read(1 << 20)
    except (IOError, OSError):
        return b""
    finally:
        fcntl.fcntl(0, fcntl.F_SETFL, flags)


def main(stream):
    global HOW, OTHERS_VISIBLE
    HOW = how_processes_are_seen()
    OTHERS_VISIBLE = others_visible()
    agent = Agent()
    try:
        agent.run(read_ahead(stream))
    except Exception as error:
        agent.refuse(None, "internal", "%s: %s" % (type(error).__name__, error))
        agent.flush()
    os._exit(0)


if __name__ == "__main__":
    # f is what the starter read this program from.
    main(globals().get("f"))
