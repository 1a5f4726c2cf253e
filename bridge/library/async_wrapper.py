#!/usr/bin/python
# Copyright (c) the longhaul authors. Licensed under the Apache License, Version 2.0; see LICENSE.
#
# longhaul's supervisor of one async job on the target, in the place of Ansible's async_wrapper: a module of that name in the library path
# is the one that Ansible starts. Same arguments, same answer, same job file, so that every async_status reads it. Python 2.7 and 3.5 or newer.
#
#   first process - session - watcher (limit, end of everything) - runner (result of the module) - module - the user's program
#
# Ansible ships this file as it is, and puts its version into CORE, because of this mark: <<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>

from __future__ import absolute_import, division, print_function

import errno
import fcntl
import json
import os
import select
import signal
import stat
import subprocess
import sys
import syslog
import time

__metaclass__ = type

CORE = "<<ANSIBLE_VERSION>>"
PY2 = sys.version_info[0] == 2
# From TERM to KILL, and from KILL to giving up on a process that cannot die.
GRACE_SECONDS = 5.0
KILL_SECONDS = 5.0
# How long the launch waits for a slow machine. The job runs in any case.
START_SECONDS = 120.0
# A result that cannot be written (disk full) is tried for so long.
WRITE_SECONDS = 600.0
# Tasks that restart the machine or a service get along with `async: 1`, because Ansible's own limit came after 10 s.
RESTART_SECONDS = 10.0
RESTARTS = (b"shutdown", b"reboot", b"poweroff", b"halt", b"kexec", b"telinit", b"systemctl", b"service", b"rc-service", b"restart")
LOG_BYTES = 8 * 1024 * 1024
# Logs of jobs whose file has been cleaned up.
STALE_LOG_SECONDS = 24 * 3600.0
FULL = tuple(getattr(errno, name) for name in ("ENOSPC", "EDQUOT") if hasattr(errno, name))
SIGNALS = dict((getattr(signal, name), name) for name in dir(signal) if name.startswith("SIG") and not name.startswith("SIG_"))

# Becomes the sitecustomize of the module's Python, after a line with SETTINGS: what run_command reads from the user's program is written to
# the job's log as well. It only looks on: whatever fails in it, the task runs as if it were not there.
HOOK = r'''
import os
import re
import select
import sys


def leave_no_trace():
    """The user's program finds the PYTHONPATH that it would have had, and the machine's own sitecustomize is run."""
    if SETTINGS["pythonpath"] is None:
        os.environ.pop("PYTHONPATH", None)
    else:
        os.environ["PYTHONPATH"] = SETTINGS["pythonpath"]
    sys.path[:] = [place for place in sys.path if place != SETTINGS["place"]]
    sys.path_importer_cache.pop(SETTINGS["place"], None)


class Log(object):
    """Appends to the log. It is renamed to .log.1 at half of the bytes that both may have."""

    def __init__(self, path, most):
        self.path = path
        self.half = most // 2
        self.open()

    def open(self):
        self.fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0), 0o600)
        import fcntl
        fcntl.fcntl(self.fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        self.size = os.fstat(self.fd).st_size

    def write(self, data):
        data = data[-self.half:]
        if self.size + len(data) > self.half:
            os.close(self.fd)
            os.rename(self.path, self.path + ".1")
            self.open()
        while data:
            written = os.write(self.fd, data)
            self.size += written
            data = data[written:]


class Tee(object):
    """Stands for a pipe of the program: what is read from it goes to the log first, where there is one. Secrets that the module knows are veiled."""

    def __init__(self, pipe, log, secrets):
        self.pipe = pipe
        self.log = log
        self.secrets = secrets
        self.kept = b""
        self.ended = False

    def fileno(self):
        return self.pipe.fileno()

    def close(self):
        return self.pipe.close()

    def read(self, *size):
        data = self.pipe.read(*size)
        self.ended = data == b""
        if self.log is not None and (data or self.kept):
            try:
                self.tell(data)
            except Exception:
                self.log = None
        return data

    def tell(self, data):
        text = self.kept + (data or b"")
        self.kept = b""
        if self.secrets:
            text, self.kept = veiled(text, self.secrets, not data)
        if text:
            self.log.write(text)

    def __getattr__(self, name):
        return getattr(self.pipe, name)


def veiled(text, secrets, last):
    """The text without the secrets, and its end where that may be the beginning of one."""
    pattern = re.compile(b"|".join(re.escape(secret) for secret in secrets))
    longest = max(len(secret) for secret in secrets) - 1
    told = []
    at = 0
    while True:
        held = 0 if last else min(longest, len(text) - at)
        while held and not any(secret.startswith(text[len(text) - held:]) for secret in secrets):
            held -= 1
        found = pattern.search(text, at)
        if found is None or found.start() >= len(text) - held:
            return b"".join(told) + text[at:len(text) - held], text[len(text) - held:]
        told += [text[at:found.start()], b"********"]
        at = found.end()


def exit_code(code, pipes):
    """
    A program's exit code, but None while there is output of it to be read. run_command (basic.py, 2.14 to 2.21) looks at the pipes for a second and
    then at the program: what was printed between these two looks by a program that has then ended would be lost.
    """
    try:
        unread = [pipe for pipe in pipes if not pipe.ended]
        if code is not None and unread and select.select(unread, [], [], 0)[0]:
            return None
    except Exception:
        pass
    return code


def secrets_of(module):
    found = set()
    for value in getattr(module, "no_log_values", None) or ():
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape" if sys.version_info[0] > 2 else "replace")
        if data:
            found.add(data)
    return sorted(found, key=len, reverse=True)


def attach(basic):
    original = basic.AnsibleModule.run_command
    names = original.__code__.co_varnames[:original.__code__.co_argcount]
    if "before_communicate_callback" not in names:
        return
    at = names.index("before_communicate_callback")
    state = {}

    def log_of(module):
        if module.no_log:
            return None
        if "log" not in state:
            state["log"] = None
            state["log"] = Log(SETTINGS["log"], SETTINGS["bytes"])
        return state["log"]

    def look_on(module, program):
        try:
            log = log_of(module)
        except Exception:
            log = None
        secrets = secrets_of(module)
        pipes = [Tee(pipe, log, secrets) for pipe in (program.stdout, program.stderr)]
        poll = program.poll
        program.stdout, program.stderr = pipes
        program.poll = lambda: exit_code(poll(), pipes)

    def run_command(self, *args, **kwargs):
        if 1 + len(args) <= at:
            theirs = kwargs.get("before_communicate_callback")

            def before_communicate(program):
                if theirs:
                    theirs(program)
                try:
                    look_on(self, program)
                except Exception:
                    pass

            kwargs["before_communicate_callback"] = before_communicate
        return original(self, *args, **kwargs)

    basic.AnsibleModule.run_command = run_command


class Lookout(object):
    """Finds no module; it only sees, at each import, whether Ansible's basic has come meanwhile."""

    def __init__(self):
        self.done = False
        self.keep = sys.modules.get(__name__)

    def find_spec(self, name, path=None, target=None):
        if not self.done:
            basic = sys.modules.get("ansible.module_utils.basic")
            if basic is not None and hasattr(getattr(basic, "AnsibleModule", None), "run_command"):
                self.done = True
                try:
                    attach(basic)
                except Exception:
                    pass
        return None

    find_module = find_spec


lookout = Lookout()
try:
    leave_no_trace()
    sys.meta_path.insert(0, lookout)
finally:
    sys.modules.pop(__name__, None)
    try:
        import sitecustomize
    except ImportError:
        pass
    finally:
        sys.modules.setdefault(__name__, lookout.keep)
'''


def now():
    return time.monotonic() if hasattr(time, "monotonic") else time.time()


def notice(message):
    try:
        syslog.syslog(syslog.LOG_NOTICE, message)
    except Exception:
        pass


def text(data):
    return data.decode("utf-8", "replace") if PY2 else data.decode("utf-8", "surrogateescape")


def name_of(number):
    return "signal %d (%s)" % (number, SIGNALS[number]) if number in SIGNALS else "signal %d" % number


def words(error):
    return getattr(error, "strerror", None) or str(error)


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data):]


def read_start(path, limit=65536):
    """The start of a file, or nothing where it cannot be read."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(fd, limit)
    except OSError:
        return b""
    finally:
        os.close(fd)


def close_quietly(*fds):
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass


def unlink_quietly(*paths):
    for path in paths:
        try:
            os.unlink(path)
        except OSError:
            pass


class Bell:
    """Wakes a wait when a child has ended or somebody wants this process to end; no time is spent on looking."""

    def __init__(self):
        self.asked = None
        self.out, self.into = os.pipe()
        for fd in (self.out, self.into):
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
            fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        signal.set_wakeup_fd(self.into)
        self.listen(signal.SIGCHLD, lambda number, frame: None)

    def listen(self, number, handler):
        signal.signal(number, handler)
        signal.siginterrupt(number, False)

    def mind(self, number):
        """From now on this signal is remembered instead of ending the process."""
        def handler(_, frame):
            self.asked = number
        self.listen(number, handler)

    def wait(self, seconds, fds=()):
        """Out: those of the file descriptors that can be read."""
        try:
            ready = select.select([self.out] + list(fds), [], [], max(0.0, min(seconds, 3600.0)))[0]
        except (OSError, select.error) as error:
            if error.args[0] != errno.EINTR:
                raise
            ready = [self.out]
        if self.out in ready:
            try:
                while len(os.read(self.out, 512)) == 512:
                    pass
            except OSError:
                pass
        return [fd for fd in ready if fd != self.out]


class Token:
    """One byte in a pipe: of watcher and runner, the one that takes it writes the job's end, and no other."""

    def __init__(self):
        self.out, self.into = os.pipe()
        fcntl.fcntl(self.out, fcntl.F_SETFL, fcntl.fcntl(self.out, fcntl.F_GETFL) | os.O_NONBLOCK)
        for fd in (self.out, self.into):
            fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        os.write(self.into, b"1")

    def take(self):
        try:
            return os.read(self.out, 1) == b"1"
        except OSError:
            return False


def series(version):
    try:
        return tuple(int(part) for part in version.split(".")[:2])
    except ValueError:
        return None


class Job:
    """What the arguments say, and the job file."""

    def __init__(self, args):
        # JID LIMIT true|false MODULE COMMAND...  from 2.21 on; JID LIMIT MODULE ARGS|_ [-preserve_tmp]  before.
        newer = args[2] in ("true", "false")
        self.prefix = args[0]
        self.jid = "%s.%d" % (args[0], os.getpid())
        # A limit of 0 or less is none that a job could keep; Ansible's own wrapper ends such a job after 10 s.
        self.limit = int(args[1]) if int(args[1]) > 0 else int(RESTART_SECONDS)
        self.module = args[3] if newer else args[2]
        self.given = args[4:] if newer else None
        self.args_file = None if newer or args[3] == "_" else args[3]
        core = series(CORE)
        booleans = newer if core is None else core >= (2, 19)
        self.yes, self.no = (True, False) if booleans else (1, 0)
        tmp = os.path.dirname(self.module)
        preserve = args[2] == "true" if newer else "-preserve_tmp" in args[4:]
        self.tmp = None if preserve or "-tmp-" not in tmp else tmp
        self.preserve = self.tmp is None
        self.directory = os.path.expanduser(os.environ.get("ANSIBLE_ASYNC_DIR", "~/.ansible_async"))
        self.path = os.path.join(self.directory, self.jid)
        self.log = self.path + ".log"
        self.hook_place = None
        self.deadline = now() + self.limit
        self.first_kills = memory_kills()

    def command(self):
        """The module's command line. Raises OSError where the module cannot be read."""
        if self.given is not None:
            return self.given
        with open(self.module, "rb") as source:
            head = source.read(1024)
        interpreter = text(head[2:].split(b"\n", 1)[0]).split() if head[:2] == b"#!" else []
        return interpreter + [self.module] + ([self.args_file] if self.args_file else [])

    def told_command(self):
        """The command as a result shows it."""
        if self.given is None:
            command = " ".join([self.module] + ([self.args_file] if self.args_file else []))
            return text(command) if PY2 else command
        from shlex import quote
        return " ".join(quote(word) for word in self.given)

    def make_directory(self):
        if os.path.isdir(self.directory):
            return
        parent = os.path.dirname(os.path.abspath(self.directory))
        try:
            if not os.path.isdir(parent):
                os.makedirs(parent)
            os.mkdir(self.directory, 0o700)
        except OSError as error:
            if error.errno != errno.EEXIST or not os.path.isdir(self.directory):
                raise

    def write(self, value):
        """Replaces the job file: a reader, a crash or a power cut finds the old or the new one, never a part. Raises OSError."""
        data = json.dumps(value).encode("ascii")
        tmp = self.path + ".tmp"
        unlink_quietly(tmp)
        fd = os.open(tmp, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                write_all(fd, data)
                os.fsync(fd)
            finally:
                os.close(fd)
            os.rename(tmp, self.path)
        except (IOError, OSError):
            unlink_quietly(tmp)
            raise
        self.sync_directory()

    def sync_directory(self):
        try:
            fd = os.open(self.directory, os.O_RDONLY)
        except OSError:
            return
        try:
            os.fsync(fd)
        except OSError:
            pass
        finally:
            os.close(fd)

    def record(self, value):
        """Writes the job's end. A full disk is waited for; the log makes room for the result; a directory that was removed is made again."""
        until = now() + WRITE_SECONDS
        pause = 0.05
        while True:
            try:
                self.write(value)
                return
            except (IOError, OSError) as error:
                notice("cannot write %s: %s" % (self.path, words(error)))
                if now() > until:
                    return self.record_in_place(value, error)
                self.make_room(error)
            time.sleep(pause)
            pause = min(pause * 2, 5.0)

    def make_room(self, error):
        if error.errno in FULL:
            unlink_quietly(self.log, self.log + ".1")
        elif error.errno == errno.ENOENT:
            try:
                self.make_directory()
            except OSError:
                pass

    def record_in_place(self, value, error):
        """The last resort: the file that is there has a block on the disk already, and a short text needs no other."""
        message = "The job has ended, but its result could not be written to %s for %d s: %s." % (self.path, WRITE_SECONDS, words(error))
        short = {"failed": self.yes, "msg": message, "ansible_job_id": self.jid}
        if isinstance(value.get("rc"), int):
            short["rc"] = value["rc"]
        try:
            fd = os.open(self.path, os.O_WRONLY)
            try:
                data = json.dumps(short).encode("ascii")
                write_all(fd, data)
                os.ftruncate(fd, len(data))
            finally:
                os.close(fd)
        except (IOError, OSError) as last:
            notice("cannot write %s at all: %s" % (self.path, words(last)))

    def tidy(self):
        """Removes the module's directory, as Ansible leaves that to its wrapper, and the hook's."""
        import shutil
        for place in (self.tmp, self.hook_place):
            if place is not None:
                shutil.rmtree(place, True)

    def remove_stale_logs(self):
        """Whoever cleans up a job's file knows nothing of its log."""
        try:
            names = set(os.listdir(self.directory))
        except OSError:
            return
        for name in names:
            jid = name[:-2] if name.endswith(".log.1") else name
            if not jid.endswith(".log") or not jid.startswith("j") or jid[:-4] in names:
                continue
            path = os.path.join(self.directory, name)
            try:
                if time.time() - os.lstat(path).st_mtime > STALE_LOG_SECONDS:
                    os.unlink(path)
            except OSError:
                pass


# Processes.

def processes():
    """pid: (ppid, sid) of all that live; a zombie is dead."""
    found = {}
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        names = []
    for name in names:
        data = read_start("/proc/%s/stat" % name, 1024)
        fields = data[data.rfind(b")") + 2:].split()
        if len(fields) > 3 and fields[0] not in (b"Z", b"X", b"x"):
            found[int(name)] = (int(fields[1]), int(fields[3]))
    return found or ps_processes()


def ps_processes():
    """For systems without /proc."""
    try:
        ps = subprocess.Popen(["ps", "-axo", "pid=,ppid=,stat="], stdout=subprocess.PIPE, close_fds=True)
        lines = ps.communicate()[0].split(b"\n")
    except (OSError, ValueError):
        return {}
    found = {}
    for line in lines:
        fields = line.split()
        if len(fields) < 3 or fields[2][:1] == b"Z" or int(fields[0]) == ps.pid:
            continue
        try:
            found[int(fields[0])] = (int(fields[1]), os.getsid(int(fields[0])))
        except OSError:
            pass
    return found


def arguments(pid):
    return read_start("/proc/%d/cmdline" % pid).split(b"\0")


class Readers:
    """
    The reading ends of the pipes that the programs of a job write to. The module that reads them is ended as well, and a program that tells of its
    cleaning up would die of the closed pipe. What is said so late is dropped. Linux.
    """

    def __init__(self):
        self.held = {}

    def hold(self, tree, runner):
        """In: pid and parent of each process of the job, and the runner's pid. Opens what its modules read from the others."""
        written = set(self.pipe("/proc/%d/fd/%d" % (pid, fd)) for pid, _ in tree for fd in (1, 2))
        for module in [pid for pid, parent in tree if parent == runner]:
            try:
                paths = ["/proc/%d/fd/%s" % (module, name) for name in os.listdir("/proc/%d/fd" % module)]
            except OSError:
                paths = []
            for path in paths:
                pipe = self.pipe(path)
                try:
                    if pipe and pipe in written and pipe not in self.held and os.lstat(path).st_mode & stat.S_IRUSR:
                        self.held[pipe] = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                except OSError:
                    # It has gone meanwhile.
                    pass

    def pipe(self, path):
        """What names the pipe behind a file descriptor; None where it is none."""
        try:
            target = os.readlink(path)
        except OSError:
            return None
        return target if target.startswith("pipe:") else None

    def wait(self, seconds):
        """Reads what comes in this time."""
        until = now() + seconds
        while now() < until:
            try:
                ready = select.select(list(self.held.values()), [], [], max(0.0, until - now()))[0]
            except (OSError, select.error) as error:
                if error.args[0] != errno.EINTR:
                    raise
                return
            for pipe, fd in list(self.held.items()):
                try:
                    if fd in ready and not os.read(fd, 1 << 20):
                        os.close(self.held.pop(pipe))
                except OSError as error:
                    # The module was faster.
                    if error.errno != errno.EAGAIN:
                        raise

    def close(self):
        close_quietly(*self.held.values())


class Family:
    """The processes of this job below watcher and runner, whatever session they went to."""

    def __init__(self, job, ours):
        self.ours = ours
        self.prefix = job.prefix.encode("ascii", "replace")
        self.mark = ("LONGHAUL_JID=" + job.jid).encode("ascii", "replace")
        self.session = os.getsid(0)
        self.runner = ours[-1]

    def other_jobs(self, table, children):
        """An async job that this one has started has a limit and a supervisor of its own. Out: all processes of such jobs."""
        found = set()
        waiting = [pid for pid in table if self.is_other_wrapper(arguments(pid)[:8])]
        while waiting:
            pid = waiting.pop()
            if pid not in found:
                found.add(pid)
                waiting.extend(children.get(pid, []))
        return found

    def is_other_wrapper(self, args):
        at = [n for n, word in enumerate(args[:-1]) if word.endswith(b"async_wrapper.py")]
        return bool(at) and args[at[0] + 1] != self.prefix

    def living(self, escaped):
        """Their pids, parents first. In: whether those in sessions of their own belong to it."""
        return [pid for pid, _ in self.tree(escaped)]

    def tree(self, escaped):
        """Pid and parent of each, parents first."""
        table = processes()
        children = {}
        for pid, (ppid, _) in table.items():
            children.setdefault(ppid, []).append(pid)
        not_ours = self.other_jobs(table, children) | set([1])
        waiting = [pid for pid, (_, sid) in table.items() if sid == self.session]
        if escaped:
            waiting += self.ours
            waiting += [pid for pid in table if self.mark in read_start("/proc/%d/environ" % pid, 1 << 18).split(b"\0")]
        found = set()
        while waiting:
            pid = waiting.pop()
            if pid in found or pid in not_ours:
                continue
            found.add(pid)
            if escaped:
                waiting.extend(children.get(pid, []))
        return [(pid, table[pid][0]) for pid in self.parents_first(found.intersection(table).difference(self.ours), table)]

    def parents_first(self, pids, table):
        """A shell whose command is ended before it would go on with the next one."""
        def depth(pid):
            steps = 0
            while pid in pids and steps < len(pids):
                pid = table[pid][0]
                steps += 1
            return steps
        return sorted(pids, key=depth)

    def end(self, escaped, reap=lambda: None):
        """
        TERM, and KILL after the grace. What starts in the grace below a process that lives on is its cleaning up: it gets no TERM.
        Out: whether nothing is left.
        """
        readers = Readers()
        try:
            return self.end_all(escaped, reap, readers)
        finally:
            readers.close()

    def end_all(self, escaped, reap, readers):
        for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
            until = now() + seconds
            pause = 0.01
            told = set()
            while True:
                reap()
                tree = self.tree(escaped)
                if not tree:
                    return True
                left = [pid for pid, _ in tree]
                new = [pid for pid, parent in tree if pid not in told and not (told and parent in left)]
                if new:
                    readers.hold(tree, self.runner)
                for pid in left if number == signal.SIGKILL else new:
                    self.strike(pid, number)
                told.update(new)
                if now() >= until:
                    break
                readers.wait(min(pause, until - now()))
                pause = min(pause * 1.5, 0.25)
        return False

    def strike(self, pid, number):
        try:
            os.kill(pid, number)
            # A stopped process acts on TERM only when it goes on.
            os.kill(pid, signal.SIGCONT)
        except OSError as error:
            if error.errno == errno.EPERM:
                notice("may not end process %d" % pid)

    def restarts(self):
        """Whether one of them is about to restart the machine or a service."""
        lines = [b" ".join(arguments(pid)) for pid in self.living(True)]
        return any(word in line.replace(b"/", b" ").split() for line in lines for word in RESTARTS)


def become_subreaper():
    """What loses its parent becomes this process's child, so that nothing leaves the job unseen. Linux 3.4 and newer."""
    if not sys.platform.startswith("linux"):
        return
    try:
        import ctypes
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    except Exception:
        pass


def memory_kills():
    """How many processes the kernel has ended in our control group because its memory was used up; None where it does not tell."""
    for line in read_start("/proc/self/cgroup").split(b"\n"):
        number, _, rest = line.partition(b":")
        controllers, _, path = rest.partition(b":")
        if number == b"0" and not controllers:
            file, word = "/sys/fs/cgroup%s/memory.events", b"oom_kill"
        elif b"memory" in controllers.split(b","):
            file, word = "/sys/fs/cgroup/memory%s/memory.oom_control", b"oom_kill"
        else:
            continue
        for entry in read_start(file % text(path)).split(b"\n"):
            fields = entry.split()
            if len(fields) == 2 and fields[0] == word:
                return int(fields[1])
    return None


def why_killed(job, number):
    """How a process ended that a signal ended."""
    said = "was killed by %s" % name_of(number)
    kills = memory_kills()
    if number == signal.SIGKILL and kills is not None and job.first_kills is not None and kills > job.first_kills:
        return said + ", because the memory of its control group was used up (oom)"
    return said


# The module and its result.

def json_part(output):
    """
    What Ansible takes for the result: from the first line that begins with { to the last one that ends with }.
    Out: that text and what follows it; ValueError where there is none.
    """
    lines = output.splitlines()
    first = next((n for n, line in enumerate(lines) if line.strip().startswith(u"{")), None)
    if first is None:
        raise ValueError("no result")
    last = next((n for n in range(len(lines) - 1, first - 1, -1) if lines[n].strip().endswith(u"}")), None)
    if last is None:
        raise ValueError("no result")
    return u"\n".join(lines[first:last + 1]), lines[last + 1:]


def parsed(output):
    """The module's result; ValueError where it printed none."""
    part, junk = json_part(output)
    value = json.loads(part)
    if not isinstance(value, dict):
        raise ValueError("no object")
    if any(line.strip() for line in junk):
        warnings = value.get("warnings", [])
        value["warnings"] = (warnings if isinstance(warnings, list) else [warnings]) + [u"Module invocation had junk after the JSON data: %s" % u"\n".join(junk)]
    return value


def no_result(job, code, output, errors):
    """The record of a module that printed no result: what it said itself stands first, where there is something."""
    if code < 0:
        message = "The module %s before it gave a result." % why_killed(job, -code)
    else:
        said = [line.strip() for line in (errors.strip() or output.strip()).splitlines() if line.strip()]
        message = u"The module gave no JSON result and ended with code %d%s" % (code, u": " + said[-1][:1000] if said else u".")
    return {"failed": job.yes, "cmd": job.told_command(), "data": output, "stderr": errors, "msg": message, "ansible_job_id": job.jid}


def arm(job, command):
    """Out: the module's environment, with the hook in it where the module is one of Ansible's Python modules."""
    environ = dict(os.environ, LONGHAUL_JID=job.jid)
    if job.hook_place is None or any(word.startswith("-") for word in command[:command.index(job.module)] if job.module in command):
        return environ
    try:
        old = os.environ.get("PYTHONPATH")
        settings = {"place": job.hook_place, "pythonpath": old, "log": os.path.abspath(job.log), "bytes": LOG_BYTES}
        with open(os.path.join(job.hook_place, "sitecustomize.py"), "w") as hook:
            hook.write("SETTINGS = %r\n%s" % (settings, HOOK))
        environ["PYTHONPATH"] = job.hook_place + (os.pathsep + old if old else "")
    except (IOError, OSError, ValueError) as error:
        notice("no live output: %s" % words(error))
    return environ


def place_hook(job):
    """Makes the hook's directory: beside the module, or with the temporary files where that is another user's."""
    if b"_ANSIBALLZ_WRAPPER" not in read_start(job.module, 16384):
        return
    import tempfile
    beside = os.path.dirname(job.module)
    try:
        job.hook_place = tempfile.mkdtemp(prefix="longhaul-", dir=beside if os.access(beside, os.W_OK) else None)
    except (IOError, OSError) as error:
        notice("no live output: %s" % words(error))


class Runner:
    """Runs the module, and writes its result; should the watcher be killed, it keeps the limit as well."""

    def __init__(self, job, token, watcher):
        self.job = job
        self.token = token
        self.watcher = watcher
        self.bell = Bell()
        self.family = Family(job, [os.getpid()])
        self.alone = False

    def run(self):
        job = self.job
        try:
            command = job.command()
            module = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=True, env=arm(job, command))
        except (IOError, OSError, ValueError) as error:
            if self.token.take():
                job.record({"failed": job.yes, "cmd": job.told_command(), "msg": str(error), "outdata": "", "stderr": "", "ansible_job_id": job.jid})
            return
        module.stdin.close()
        output, errors = self.read(module)
        if self.alone and now() >= job.deadline:
            self.family.end(True)
            job.record({"msg": "Timeout exceeded", "failed": True, "child_pid": os.getpid()})
        elif self.token.take():
            job.record(self.result(module.wait(), output, errors))
        if self.alone:
            job.tidy()

    def read(self, module):
        """All that the module prints, as long as it prints. What it leaves running may hold its pipes: a whole result is enough then."""
        pipes = {module.stdout.fileno(): [], module.stderr.fileno(): []}
        out = module.stdout.fileno()
        open_pipes = set(pipes)
        while open_pipes:
            left = self.job.deadline - now() if self.alone else 3600.0
            if left <= 0:
                break
            ended = module.poll() is not None
            ready = self.bell.wait(0.0 if ended else left, list(open_pipes) + ([] if self.alone else [self.watcher]))
            for fd in ready:
                if fd == self.watcher:
                    self.alone = True
                    continue
                data = os.read(fd, 65536)
                pipes[fd].append(data)
                if not data:
                    open_pipes.discard(fd)
            if ended and not ready:
                if self.is_whole(b"".join(pipes[out])):
                    break
                self.bell.wait(1.0, list(open_pipes))
        return [text(b"".join(parts)) for parts in (pipes[out], pipes[module.stderr.fileno()])]

    def is_whole(self, data):
        try:
            parsed(text(data))
        except ValueError:
            return False
        return True

    def result(self, code, output, errors):
        try:
            value = parsed(output)
        except ValueError:
            if code < 0:
                # Its program is an orphan now, and nobody would ever learn what came of it.
                self.family.ours.append(os.getppid())
                self.family.end(False)
            return no_result(self.job, code, output, errors)
        if errors:
            value["stderr"] = errors
        return value


class Watcher:
    """Starts the runner, ends the job at its limit, and says in the job file what became of a runner that was killed."""

    def __init__(self, job):
        become_subreaper()
        self.job = job
        self.token = Token()
        self.bell = Bell()
        self.status = None
        place_hook(job)
        # Nobody writes to it. Its end tells the runner that the watcher has gone.
        life, self.life = os.pipe()
        for fd in (life, self.life):
            fcntl.fcntl(fd, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        job.deadline = now() + job.limit
        self.runner = os.fork()
        if self.runner == 0:
            be_runner(job, self, life)
        try:
            os.setpgid(self.runner, self.runner)
        except OSError:
            pass
        close_quietly(life)
        self.family = Family(job, [os.getpid(), self.runner])
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self.bell.mind(number)

    def reap(self):
        """Takes the exit codes of all that has ended, adopted processes too."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except OSError:
                if self.status is None:
                    self.status = 0
                return
            if pid == 0:
                return
            if pid == self.runner:
                self.status = status

    def watch(self):
        job = self.job
        deadline = job.deadline
        may_restart = job.limit < RESTART_SECONDS
        while True:
            self.reap()
            if self.status is not None:
                break
            left = deadline - now()
            if left <= 0 and may_restart and self.family.restarts():
                deadline += RESTART_SECONDS - job.limit
                may_restart = False
            elif left <= 0 and self.token.take():
                self.stop({"msg": "Timeout exceeded", "failed": True, "child_pid": self.runner}, "the limit of %d s" % job.limit)
                return
            elif left <= 0:
                # The result is just being written.
                deadline = float("inf")
            elif self.bell.asked is not None and self.token.take():
                self.stop(self.failure("The job was ended: its watcher received %s." % name_of(self.bell.asked)), name_of(self.bell.asked))
                return
            else:
                self.bell.wait(left)
        if self.status != 0:
            self.runner_has_died()
        job.tidy()

    def stop(self, value, why):
        notice("ending job %s: %s" % (self.job.jid, why))
        if not self.family.end(True, self.reap):
            notice("job %s: processes %s cannot be ended" % (self.job.jid, self.family.living(True)))
        self.end_runner()
        self.job.record(value)
        self.job.tidy()

    def end_runner(self):
        """With the module gone it has nothing left to do."""
        until = now() + 1.0
        while self.status is None and now() < until:
            self.bell.wait(until - now())
            self.reap()
        if self.status is None:
            self.family.strike(self.runner, signal.SIGKILL)

    def failure(self, message):
        job = self.job
        return {"failed": job.yes, "cmd": job.told_command(), "data": "", "stderr": "", "msg": message, "ansible_job_id": job.jid}

    def runner_has_died(self):
        """The module's result went with it; what is left of the job in its session would run without anybody to tell of it."""
        self.token.take()
        how = why_killed(self.job, os.WTERMSIG(self.status)) if os.WIFSIGNALED(self.status) else "failed with code %d" % os.WEXITSTATUS(self.status)
        self.family.end(False, self.reap)
        self.job.record(self.failure("The job's runner (process %d) %s; the module's result is lost." % (self.runner, how)))


def be_runner(job, watcher, life):
    """The runner's whole life. It never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        close_quietly(watcher.life, watcher.bell.out, watcher.bell.into)
        Runner(job, watcher.token, life).run()
        code = 0
    except BaseException as error:
        notice("runner of %s: %s: %s" % (job.jid, type(error).__name__, error))
    finally:
        os._exit(code)


def be_watcher(job, told):
    """The life of the second process: a session, then the watcher in it. It never returns."""
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.environ["LONGHAUL_JID"] = job.jid
        watcher = Watcher(job)
        try:
            os.write(told, b"started")
        except OSError:
            pass
        close_quietly(told)
        job.remove_stale_logs()
        watcher.watch()
    except BaseException as error:
        notice("watcher of %s: %s: %s" % (job.jid, type(error).__name__, error))
    finally:
        os._exit(0)


def answer(value, code=0):
    print(json.dumps(value))
    sys.stdout.flush()
    sys.exit(code)


def refuse(message):
    answer({"failed": True, "msg": message}, 1)


def started(hear):
    """Waits for the watcher's word. Out: False when it has died without one."""
    until = now() + START_SECONDS
    while now() < until:
        try:
            if select.select([hear], [], [], until - now())[0]:
                return os.read(hear, 16) == b"started"
        except (OSError, select.error) as error:
            if error.args[0] != errno.EINTR:
                raise
    return True


def main():
    args = sys.argv[1:]
    if len(args) < 4 or not args[1].lstrip("-").isdigit():
        refuse("usage: async_wrapper JID LIMIT MODULE ARGS|_ [-preserve_tmp], or JID LIMIT true|false MODULE COMMAND...; Ansible calls this, nobody else.")
    syslog.openlog("ansible-async_wrapper.py")
    notice("Invoked with %s" % " ".join(args))
    job = Job(args)
    try:
        job.make_directory()
    except (IOError, OSError) as error:
        refuse("could not create directory: %s - %s" % (job.directory, error))
    try:
        job.write({"started": job.yes, "finished": job.no, "ansible_job_id": job.jid})
    except (IOError, OSError) as error:
        refuse("could not write the job file %s, so the job was not started: %s" % (job.path, words(error)))
    hear, told = os.pipe()
    try:
        pid = os.fork()
    except OSError as error:
        unlink_quietly(job.path)
        refuse("could not start a process for the job: %s" % words(error))
    if pid == 0:
        close_quietly(hear)
        be_watcher(job, told)
    close_quietly(told)
    if not started(hear):
        unlink_quietly(job.path)
        refuse("the job's watcher ended before it had started the job; the system log of the host says why")
    os.waitpid(pid, os.WNOHANG)
    answer({"failed": job.no, "started": job.yes, "finished": job.no, "ansible_job_id": job.jid, "results_file": job.path, "_ansible_suppress_tmpdir_delete": not job.preserve})


if __name__ == "__main__":
    main()
