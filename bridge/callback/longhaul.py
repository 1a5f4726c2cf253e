# Copyright: longhaul contributors
# GNU General Public License v3.0 or later (https://www.gnu.org/licenses/gpl-3.0.txt)

"""
The controller side of a supervised run: tells longhaul's supervisor what the play does, and lets tasks that wait for a job wait there
instead of asking the host again and again. Without a supervisor (LONGHAUL_SOCKET) it does nothing, and when that goes away in the middle
of a run everything goes on as Ansible does it alone.

Ansible's own code does the work: its polling loop and its until loop run as they are. Only their pauses are replaced, in the worker
processes, by a wait that ends with the job, and the host is asked when there is news. What a task returns comes from Ansible's module.
"""

from __future__ import annotations

import copy
import errno
import hashlib
import hmac
import json
import os
import socket
import sys
import time

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as CORE

DOCUMENTATION = """
    name: longhaul
    type: aggregate
    short_description: tells longhaul's supervisor about the run
    description:
      - Part of C(longhaul run). Does nothing unless the environment variable E(LONGHAUL_SOCKET) names the supervisor's socket.
    author: longhaul contributors
"""

PROTOCOL = 1
SERIES = tuple(int(part) for part in CORE.split(".")[:2])
# How long the supervisor may take to answer beyond the time that it was told to wait.
PATIENCE_SECONDS = 5.0
CONNECT_SECONDS = 2.0
# Events that the supervisor has not taken yet; a play never waits for it.
BUFFER_BYTES = 8 * 1024 * 1024
FAREWELL_SECONDS = 2.0
# After the limit the wrapper's own verdict may be a moment away: longhaul's gives the job 5 s to end after TERM.
VERDICT_SECONDS = 6.0
DEFAULT_RETRIES = 3
# For a connection to the host, and a look at the job there.
JOIN_SECONDS = 180.0


class Channel:
    """A connection to the supervisor, of one process. Nothing in it raises: a supervisor that is gone is only no longer asked."""

    def __init__(self, path):
        self.path = path
        self.pid = None
        self.socket = None
        self.pending = b""
        self.received = b""

    def _open(self):
        """A forked worker must not write into the stream of its parent."""
        if self.pid == os.getpid():
            return self.socket
        self.pid, self.socket, self.pending, self.received = os.getpid(), None, b"", b""
        try:
            opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            opened.settimeout(CONNECT_SECONDS)
            opened.connect(self.path)
            self.socket = opened
        except OSError:
            self.socket = None
        return self.socket

    def _close(self):
        if self.socket is not None:
            try:
                self.socket.close()
            except OSError:
                pass
        self.socket = None

    def is_open(self):
        return self._open() is not None

    def tell(self, message):
        """Hands a message over as far as the supervisor takes it now; the rest goes with the next one."""
        if self._open() is None:
            return
        self.pending += line_of(message)
        self._flush(0.0)

    def _flush(self, seconds):
        until = time.monotonic() + seconds
        try:
            while self.pending:
                self.socket.settimeout(max(0.0, until - time.monotonic()))
                sent = self.socket.send(self.pending)
                self.pending = self.pending[sent:]
        except (BlockingIOError, socket.timeout):
            if len(self.pending) > BUFFER_BYTES:
                self._close()
        except OSError:
            self._close()

    def farewell(self):
        if self.socket is not None and self.pid == os.getpid():
            self._flush(FAREWELL_SECONDS)

    def ask(self, message, seconds):
        """The answer, or None where there is none in the given time."""
        if self._open() is None:
            return None
        until = time.monotonic() + seconds + PATIENCE_SECONDS
        self.pending += line_of(message)
        self._flush(PATIENCE_SECONDS)
        try:
            while self.socket is not None and b"\n" not in self.received:
                left = until - time.monotonic()
                if left <= 0:
                    raise OSError("no answer")
                self.socket.settimeout(left)
                data = self.socket.recv(65536)
                if not data:
                    raise OSError("gone")
                self.received += data
            line, _, self.received = self.received.partition(b"\n")
            answer = json.loads(line)
            return answer if isinstance(answer, dict) else None
        except (OSError, ValueError):
            self._close()
            return None


def line_of(message):
    return json.dumps(message, default=str, separators=(",", ":")).encode("utf-8", "surrogateescape") + b"\n"


# What a worker says about a job.


def field(result, name):
    """A field of a result: a dict up to 2.20, an object from 2.21 on."""
    if isinstance(result, dict):
        return result.get(name)
    if name == "ansible_job_id":
        return getattr(result, "async_job_id", None)
    return (getattr(result, "result_data", None) or {}).get(name)


def text(value):
    return None if value is None else str(value)


SSH_OPTIONS = (
    ("host", "ansible_host"),
    ("port", "ansible_port"),
    ("remote_user", "ansible_user"),
    ("password", "ansible_password"),
    ("private_key_file", "ansible_private_key_file"),
    ("private_key", "ansible_private_key"),
    ("ssh_executable", "ansible_ssh_executable"),
    ("ssh_args", "ansible_ssh_args"),
    ("ssh_common_args", "ansible_ssh_common_args"),
    ("ssh_extra_args", "ansible_ssh_extra_args"),
    ("host_key_checking", "ansible_host_key_checking"),
    ("timeout", "ansible_ssh_timeout"),
    ("control_path", "ansible_control_path"),
    ("control_path_dir", "ansible_control_path_dir"),
    ("pkcs11_provider", "ansible_ssh_pkcs11_provider"),
)
BECOME_OPTIONS = (
    ("become_user", "ansible_become_user"),
    ("become_exe", "ansible_become_exe"),
    ("become_flags", "ansible_become_flags"),
    ("become_pass", "ansible_become_password"),
)
CONTAINER_PREFIXES = ("ansible_docker_", "ansible_podman_", "ansible_kubectl_", "ansible_host", "ansible_user")


def options_of(plugin, names):
    found = {}
    for option, variable in names:
        try:
            value = plugin.get_option(option)
        except (KeyError, AttributeError):
            continue
        if value is not None and value != "":
            found[variable] = value if isinstance(value, (bool, int, float)) else str(value)
    return found


def variables_of(connection, task, task_vars, templar):
    """How Ansible reaches the host of a task, as the variables that an inventory would have for it."""
    name = text(getattr(connection, "ansible_name", None) or getattr(connection, "_load_name", None) or connection.transport)
    found = {"ansible_connection": name}
    if name.rpartition(".")[2] == "ssh":
        found.update(options_of(connection, SSH_OPTIONS))
    become = getattr(connection, "become", None)
    found["ansible_become"] = become is not None
    if become is not None:
        found["ansible_become_method"] = text(become.name)
        found.update(options_of(become, BECOME_OPTIONS))
    host_vars = task_vars or {}
    if task.delegate_to:
        host_vars = (host_vars.get("ansible_delegated_vars") or {}).get(task.delegate_to) or {}
    container = name.rpartition(".")[2] not in ("ssh", "local")
    for key in list(host_vars):
        if key in ("ansible_python_interpreter", "ansible_shell_type") or (container and key.startswith(CONTAINER_PREFIXES)):
            value = templar.template(host_vars[key])
            if isinstance(value, (str, int, float, bool)):
                found[key] = text(value)
    discovered = (host_vars.get("ansible_facts") or {}).get("discovered_interpreter_python")
    if discovered and found.get("ansible_python_interpreter", "auto").startswith("auto"):
        found["ansible_python_interpreter"] = text(discovered)
    return found


def where_of(host, connection, task, surroundings):
    """Which host a job is on. In: the name of the task's host, and its variables with what makes values of templates."""
    task_vars, templar = surroundings
    return {"host": host, "target": text(task.delegate_to) or host, "variables": variables_of(connection, task, task_vars, templar)}


def key_of(salt, task, host):
    """
    The same for the same launch in another run: play, task, file, hosts, user and arguments. Only a digest leaves the process, and whoever has
    not the salt cannot try out what the arguments were.
    """
    if salt is None:
        return ""
    play = getattr(getattr(task, "_parent", None), "_play", None)
    places = [None if play is None else text(play.get_name()), text(task.get_name()), (text(task.get_path()) or "").rpartition(":")[0]]
    told = [places, host, text(task.delegate_to), text(task.become_user) if task.become else None, task.args]
    return hmac.new(salt, json.dumps(told, default=str, sort_keys=True).encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]


def content_of(variable):
    """The file that a variable of the environment names; None where there is none."""
    try:
        with open(os.environ[variable], "rb") as file:
            return file.read()
    except (KeyError, OSError):
        return None


class Hook:
    """Puts the waiting into Ansible's classes. Workers are forked afterwards and have it too."""

    def __init__(self, channel):
        self.channel = channel
        self.poll = None
        self.held = {}
        self.refused = []
        self.salt = content_of("LONGHAUL_SALT")
        self.key = ""
        # Keys of launches of an earlier run whose jobs may still run.
        self.earlier = set(json.loads(content_of("LONGHAUL_REATTACH") or b"[]"))

    def install(self):
        from ansible.executor.task_executor import TaskExecutor
        from ansible.plugins.loader import action_loader

        if not all(callable(getattr(TaskExecutor, name, None)) for name in ("_execute", "_poll_async_result")):
            self.refused.append("polling")
            return
        # Tasks may say ansible.builtin.async_status, which no plug-in in a search path replaces. A project's own plug-in stays its own.
        stock = action_loader.get("ansible.builtin.async_status", class_only=True)
        if stock is None:
            self.refused.append("async_status")
            return
        self.wrap_status(stock)
        self.wrap_executor(TaskExecutor)
        self.wrap_launch()

    def wrap_executor(self, executor):
        hook, execute, poll = self, executor._execute, executor._poll_async_result

        def _execute(self, *args, **kwargs):
            result = execute(self, *args, **kwargs)
            hook.quietly(hook.after_launch, self, result)
            return result

        def _poll_async_result(self, *args, **kwargs):
            launched = args[0] if args else kwargs.get("result", kwargs.get("utr"))
            task = self._task
            hook.poll = Poll(hook, self, launched)
            pause, task.poll = task.poll, Spent(hook.poll)
            try:
                return poll(self, *args, **kwargs)
            finally:
                task.poll = pause
                hook.poll = None

        executor._execute = _execute
        executor._poll_async_result = _poll_async_result

    def wrap_launch(self):
        """Every action that starts a job does it through this method (plugins/action/__init__.py, 2.14 to 2.21)."""
        from ansible.plugins.action import ActionBase

        hook, execute = self, ActionBase._execute_module

        def _execute_module(self, *args, **kwargs):
            if not kwargs.get("wrap_async"):
                return execute(self, *args, **kwargs)
            task_vars = kwargs.get("task_vars") or {}
            host = text(task_vars.get("inventory_hostname"))
            hook.key = hook.quietly(key_of, hook.salt, self._task, host) or ""
            joined = hook.join(self, host, task_vars) if hook.key in hook.earlier else None
            return execute(self, *args, **kwargs) if joined is None else joined

        ActionBase._execute_module = _execute_module

    def join(self, action, host, task_vars):
        """What a launch answers of a job that an earlier run has started; None where it is to be started anew. Nobody may guess about that."""
        where = self.quietly(where_of, host, action._connection, action._task, (task_vars, action._templar))
        answer = None if where is None else self.channel.ask({"do": "join", **where, "task": text(action._task._uuid), "key": self.key}, JOIN_SECONDS)
        state, jid, path = [(answer or {}).get(name) for name in ("state", "jid", "path")]
        if state == "anew":
            return None
        if state == "joined":
            as_boolean = SERIES >= (2, 19)
            return {"started": True if as_boolean else 1, "finished": False if as_boolean else 0, "failed": False, "changed": True, "ansible_job_id": jid, "results_file": path, "_ansible_parsed": True}
        why = (answer or {}).get("why") or "longhaul does not answer"
        return {"failed": True, "changed": False, "msg": "longhaul: not started, as an earlier run has started the same job, and it cannot be told what became of it: %s" % why, "_ansible_parsed": True}

    def wrap_status(self, stock):
        hook, run, init = self, stock.run, stock.__init__

        def __init__(self, *args, **kwargs):
            init(self, *args, **kwargs)
            if type(self).run is stock.run:
                hook.hold(self._task)

        def status_run(self, tmp=None, task_vars=None):
            def ask_host():
                return run(self, tmp, task_vars)

            if self._task.args.get("mode") == "cleanup":
                return ask_host() if hook.poll is None else hook.poll.erase(ask_host)
            if hook.poll is not None:
                return hook.poll.look(self, ask_host)
            held = hook.held.get(id(self._task))
            return ask_host() if held is None else held.look(self, ask_host, task_vars)

        stock.__init__ = __init__
        stock.run = status_run

    def hold(self, task):
        """A status task that asks until: its pauses are spent here from now on (task_executor.py reads `delay` once, after this)."""
        if id(task) not in self.held and asks_again(task):
            self.held[id(task)] = Held(self, task)

    def quietly(self, do, *args):
        """A fault of longhaul's must not become one of the task."""
        try:
            return do(*args)
        except Exception:  # pylint: disable=broad-except
            return None

    def after_launch(self, executor, result):
        task = executor._task
        if task.async_val and not task.poll and field(result, "ansible_job_id"):
            self.channel.tell(self.launch(executor, result))

    def launch(self, executor, result):
        task, host = executor._task, executor._host.name
        path = text(field(result, "results_file"))
        surroundings = (surroundings_of(executor))
        return {
            "do": "launched",
            **where_of(host, executor._connection, task, surroundings),
            "jid": text(field(result, "ansible_job_id")),
            "dir": None if path is None else os.path.dirname(path),
            "task": text(task._uuid),
            "limit": task.async_val,
            "poll": task.poll,
            "no_log": bool(task.no_log),
            "key": self.key,
        }


def surroundings_of(executor):
    """The variables of the task and their templar; both have moved with 2.19 and 2.21."""
    if hasattr(executor, "_job_vars"):
        from ansible.template import Templar

        return executor._job_vars, Templar(loader=executor._loader, variables=executor._job_vars)
    from ansible._internal._task import TaskContext

    context = TaskContext.current()
    return context.task_vars, context.task_templar


class Spent(float):
    """
    Stands for `poll` in Ansible's polling loop (executor/task_executor.py, _poll_async_result, 2.14 to 2.21): sleeping it takes no time, as the
    wait is in the question itself, and taking it off the time left takes off what has really passed.
    """

    def __new__(cls, poll):
        made = super().__new__(cls, 0.0)
        made.poll = poll
        return made

    def __rsub__(self, time_left):
        return self.poll.deadline - time.monotonic()


class Poll:
    """One job that Ansible polls, in the worker that started it."""

    def __init__(self, hook, executor, launched):
        task = executor._task
        self.hook = hook
        self.pause = max(float(task.poll), 0.0)
        self.deadline = time.monotonic() + task.async_val
        self.path = text(field(launched, "results_file"))
        self.jid = text(field(launched, "ansible_job_id"))
        self.launch = hook.quietly(hook.launch, executor, launched)
        # Once the supervisor was wrong about a job, or cannot see it, the host is asked at the playbook's own pace.
        self.is_followed = self.launch is not None

    def look(self, action, ask_host):
        self.is_followed = self.is_followed and not is_blind(action)
        left = self.deadline - time.monotonic()
        seconds = min(self.pause, max(left, 0.0))
        is_last = seconds >= left
        answer = self.wait(seconds + (VERDICT_SECONDS if is_last and self.is_followed else 0.0))
        state = answer.get("state")
        if state == "running" and not is_last:
            return running(self.jid, self.path)
        result = from_file(action, answer, self.jid, self.launch, ask_host) if state == "ended" else ask_host()
        if state == "ended" and not result.get("finished"):
            self.is_followed = False
        return result

    def wait(self, seconds):
        if not self.is_followed:
            time.sleep(seconds)
            return {}
        began = time.monotonic()
        answer = self.hook.channel.ask({**self.launch, "do": "wait", "seconds": seconds}, seconds) or {}
        if answer.get("state") not in ("ended", "running"):
            # Whoever cannot see it answers at once; the pause is the playbook's all the same.
            self.is_followed = answer.get("state") == "unknown"
            time.sleep(max(0.0, min(seconds, self.pause) - (time.monotonic() - began)))
        return answer

    def erase(self, ask_host):
        """Ansible cleans up after a job that ended well, and does not look at the answer."""
        answer = self.hook.channel.ask({**self.launch, "do": "erase"}, 0.0) if self.is_followed else None
        return {"erased": self.path} if answer is not None and answer.get("state") == "erased" else ask_host()


class Held:
    """A status task with until or retries. Its number of attempts and its pauses stay as they are; a pause ends when the job ends."""

    def __init__(self, hook, task):
        self.hook = hook
        self.task = task
        self.pause = task.delay if task.delay >= 0 else 1
        self.attempts = 1 + max(0, DEFAULT_RETRIES if task.retries is None else task.retries)
        self.attempt = 0
        self.seen = None
        # What it took to ask the host, which is part of the time that the playbook's attempts give to the job.
        self.question_seconds = 0.0
        self.was_unreachable = False
        self.is_followed = True
        self.told = task.delay
        task.delay = 0

    def look(self, action, ask_host, task_vars):
        self.task.delay = self.told
        self.is_followed = self.is_followed and not is_blind(action)
        self.attempt += 1
        is_last = self.attempt >= self.attempts
        request, answer = None, {}
        if self.was_unreachable:
            # The job may have ended: what is waited for is the host.
            time.sleep(self.pause)
        else:
            request = self.hook.quietly(self.request, action, task_vars) if self.is_followed else None
            answer = self.wait(request, self.pause if self.attempt > 1 else 0.0)
        state = answer.get("state")
        if state == "running" and not is_last and self.seen is not None:
            return copy.deepcopy(self.seen)
        began = time.monotonic()
        try:
            result = from_file(action, answer, text(self.task.args.get("jid")), request, ask_host) if state == "ended" else ask_host()
        except AnsibleConnectionFailure as error:
            if is_last:
                raise
            self.was_unreachable = True
            return self.unreachable(action, error)
        self.was_unreachable = False
        if state == "ended" and not result.get("finished"):
            self.is_followed = False
        self.question_seconds = time.monotonic() - began
        self.seen = copy.deepcopy(result) if is_running(result) else None
        return result

    def wait(self, request, seconds):
        """The pause before an attempt, and where nothing has happened by then, as long as the question would have taken."""
        began = time.monotonic()
        patience = seconds + self.question_seconds
        answer = None if request is None else self.hook.channel.ask({**request, "seconds": patience}, patience)
        answer = answer or {}
        if answer.get("state") != "ended":
            self.is_followed = self.is_followed and answer.get("state") in ("running", "unknown")
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        return answer

    def request(self, action, task_vars):
        args = self.task.args
        host = text((task_vars or {}).get("inventory_hostname"))
        path = None if self.seen is None else text(self.seen.get("results_file"))
        return {
            "do": "wait",
            **where_of(host, action._connection, self.task, (task_vars, action._templar)),
            "jid": text(args.get("jid")),
            "dir": os.path.dirname(path) if path else text(action.get_shell_option("async_dir", default="~/.ansible_async")),
            "task": text(self.task._uuid),
        }

    def unreachable(self, action, error):
        """Ansible alone ends the play for this host here, though the job goes on and attempts are left."""
        from ansible.utils.display import Display

        Display().warning("longhaul: %s is unreachable while it is asked about job %s; asked again in %g s (attempt %d of %d): %s" % (
            text(self.task.delegate_to) or action._play_context.remote_addr, self.task.args.get("jid"), self.pause, self.attempt, self.attempts, error))
        try:
            action._connection.reset()
        except (AttributeError, AnsibleConnectionFailure, OSError):
            pass
        return copy.deepcopy(self.seen) if self.seen is not None else running(text(self.task.args.get("jid")), None)


def from_file(action, answer, jid, request, ask_host):
    """
    The status of a job that has ended, without a module on the host: Ansible's action runs as it is, and reads what its module would have printed
    there. Whatever is not sure to come out the same is left to the module.
    """
    printed = module_output(answer.get("text"), jid)
    python = ((request or {}).get("variables") or {}).get("ansible_python_interpreter", "auto")
    names = ("_get_async_dir", "_is_pipelining_enabled", "_low_level_execute_command")
    # Without a known interpreter Ansible asks the host for one first, in the same way.
    if printed is None or python.startswith("auto") or not all(callable(getattr(action, name, None)) for name in names):
        return ask_host()
    said = {"rc": 0, "stdout": printed, "stdout_lines": printed.splitlines(), "stderr": "", "stderr_lines": []}
    for name, value in zip(names, (answer.get("dir"), True, said)):
        setattr(action, name, lambda *args, _value=value, **kwargs: copy.copy(_value))
    try:
        return ask_host()
    finally:
        for name in names:
            delattr(action, name)


def module_output(content, jid):
    """
    What modules/async_status.py prints of a job file (main, 2.14 to 2.21), or None where that depends on the host: up to 2.18 it goes through
    exit_json, which adds to some results.
    """
    try:
        data = json.loads(content) if content else None
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    if SERIES < (2, 19) and ("invocation" not in data or any(key in data for key in ("path", "dest", "warnings", "deprecations"))):
        return None
    if "started" not in data:
        data["finished"] = True if SERIES >= (2, 19) else 1
        data["ansible_job_id"] = jid
    elif "finished" not in data:
        return None
    return "\n" + json.dumps(data)


def asks_again(task):
    """Whether Ansible tries a task more than once; without until only since 2.16, where retries has no default any more."""
    return bool(task.until) or (SERIES >= (2, 16) and bool(task.retries) and task.retries > 0)


def is_blind(action):
    """Up to 2.16 the module async_status skips itself in check mode, whatever its job does (modules/async_status.py, supports_check_mode since 2.17)."""
    return SERIES < (2, 17) and bool(action._task.check_mode)


def is_running(result):
    return not result.get("finished") and not result.get("failed") and not result.get("skipped")


def running(jid, path):
    """What async_status answers of a job that runs (plugins/action/async_status.py); numbers up to 2.18."""
    as_boolean = SERIES >= (2, 19)
    result = {
        "ansible_job_id": jid,
        "started": True if as_boolean else 1,
        "finished": False if as_boolean else 0,
        "changed": False,
        "stdout": "",
        "stderr": "",
        "stdout_lines": [],
        "stderr_lines": [],
        "_ansible_parsed": True,
    }
    if path is not None:
        result["results_file"] = path
    return result


class Lasting:
    """
    Standard output or error of the play. Who reads it may be killed: what follows goes to the run's log then. Ansible does not get over a
    stream that is gone (utils/display.py, 2.14 to 2.21, forgives EPIPE of a flush alone): the thread that takes results dies of it, and the
    play waits for ever.
    """

    def __init__(self, stream, log):
        self.stream = stream
        self.log = log

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, data):
        return self.kept(self.stream.write, data)

    def flush(self):
        return self.kept(self.stream.flush)

    def kept(self, do, *args):
        try:
            return do(*args)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                raise
            self.redirect()
            return do(*args)

    def redirect(self):
        try:
            fd = os.open(self.log, os.O_WRONLY | os.O_APPEND)
        except OSError:
            fd = os.open(os.devnull, os.O_WRONLY)
        os.dup2(fd, self.stream.fileno())
        os.close(fd)


class CallbackModule(CallbackBase):
    """What the play does, as events. No arguments, no results, no variables: names, places and verdicts only."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "longhaul"
    # In a directory of plug-ins it is loaded without being enabled, on every version.
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        path = os.environ.get("LONGHAUL_SOCKET")
        self.channel = Channel(path) if path else None
        self.play = None

    def tell(self, event, **more):
        if self.channel is not None:
            self.channel.tell({"do": "event", "event": event, **more})

    def v2_playbook_on_start(self, playbook):
        if self.channel is None or not self.channel.is_open():
            self.channel = None
            return
        log = os.environ.get("LONGHAUL_OUTPUT") or os.devnull
        sys.stdout, sys.stderr = Lasting(sys.stdout, log), Lasting(sys.stderr, log)
        hook = Hook(self.channel)
        hook.install()
        self.tell("start", protocol=PROTOCOL, core=CORE, python="%d.%d.%d" % sys.version_info[:3], pid=os.getpid(), playbook=text(playbook._file_name), refused=hook.refused)

    def v2_playbook_on_play_start(self, play):
        self.play = text(play._uuid)
        self.tell("play", uuid=self.play, name=text(play.get_name()), strategy=text(play.strategy))

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.task(task, False)

    def v2_playbook_on_handler_task_start(self, task):
        self.task(task, True)

    def task(self, task, is_handler):
        self.tell("task", uuid=text(task._uuid), name=text(task.get_name()), action=text(task.action), path=text(task.get_path()), play=self.play, handler=is_handler)

    def v2_runner_on_ok(self, result):
        self.result(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self.result(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.result(result, "unreachable")

    def result(self, result, status):
        # `host` and `task` since 2.19; before that the names with an underscore.
        host = result.host if hasattr(result, "host") else result._host
        task = result.task if hasattr(result, "task") else result._task
        changed = result.is_changed() if status == "ok" else False
        self.tell("result", host=text(host.get_name()), task=text(task._uuid), status="changed" if changed else status)

    def v2_playbook_on_stats(self, stats):
        hosts = sorted(stats.processed)
        self.tell("stats", hosts={text(host): stats.summarize(host) for host in hosts})
        if self.channel is not None:
            self.channel.farewell()
