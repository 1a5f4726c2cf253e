#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, the longhaul authors
# GNU General Public License v3.0 or later (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# One look at an async job: what its job file says, and whether a process of it lives. async_wait looks again and again.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: async_look
short_description: Look at an async job once, at its job file and at its processes
version_added: 0.1.0
author:
  - The longhaul authors (@longhaul)
description:
  - Says in which state a job of C(async) with C(poll=0) is, whatever module it runs.
  - Unlike M(ansible.builtin.async_status) it also looks whether a process of the job lives. A job whose processes were killed, or that ran when
    the host was restarted, is V(lost), where the job file says for ever that it runs.
  - Never fails because of what the job has come to. M(longhaul.jobs.async_wait) does.
options:
  job_file:
    description:
      - The job file, C(results_file) in the result of the task that started the job.
    type: path
    required: true
  session:
    description:
      - The session that an earlier look at this job has returned. By it, what still runs of a job that is over is found; the command of
        M(longhaul.jobs.async_command) is found without.
    type: int
  remove:
    description:
      - Remove the job file and the log beside it, if the job is over.
    type: bool
    default: false
attributes:
  check_mode:
    description: Looks in check mode too, and removes nothing.
    support: full
seealso:
  - module: longhaul.jobs.async_wait
"""

EXAMPLES = r"""
- name: See what has become of the rebuild
  longhaul.jobs.async_look:
    job_file: "{{ rebuild.results_file }}"
  register: look
"""

RETURN = r"""
state:
  description:
    - V(running), V(finished), V(failed), V(timed-out) or V(lost).
    - V(unknown) when the job file does not tell and this host does not let its processes be listed.
  returned: always
  type: str
why:
  description: What the state rests on, if that is more than the result of the job.
  returned: always
  type: str
result:
  description: The result of the job.
  returned: when there is one
  type: dict
age:
  description: Seconds since the job was started.
  returned: when the job runs and its file is there
  type: float
started_at:
  description: When the job was started, in seconds since 1970.
  returned: when it is known
  type: float
session:
  description: The session of the job's processes.
  returned: when one of them lives and the host has C(/proc)
  type: int
left:
  description: Processes of the job that still run, by their ids.
  returned: when the job is over and that can be told
  type: list
  elements: int
log:
  description: Path of the log beside the job file.
  returned: when there is one
  type: str
log_tail:
  description: The end of that log.
  returned: when there is one and the job has no result with output
  type: str
removed:
  description: Files that were removed.
  returned: always
  type: list
  elements: str
"""

import errno
import json
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_bytes, to_text

PROC = "/proc"
TAIL_BYTES = 65536


class Process(object):
    def __init__(self, pid, pgid, session, arguments):
        self.pid = pid
        self.pgid = pgid
        self.session = session
        self.arguments = arguments

    def runs(self, jid):
        """Whether it is a wrapper of the job: watcher and runner have the same arguments."""
        names = [os.path.basename(each).startswith("async_wrapper") for each in self.arguments]
        return True in names and jid.split(".")[0] in self.arguments[names.index(True) + 1:]


def processes(module):
    """Every process that can be seen; None where they cannot be listed."""
    found = by_proc() if os.path.isdir(os.path.join(PROC, str(os.getpid()))) else by_ps(module)
    # Whoever does not even find himself has not seen the others.
    return found if os.getpid() in [each.pid for each in found] else None


def by_proc():
    found = []
    for name in os.listdir(PROC):
        if not name.isdigit():
            continue
        try:
            with open(os.path.join(PROC, name, "stat"), "rb") as f:
                # The program's name, in parentheses, may hold anything.
                fields = f.read().rsplit(b")", 1)[1].split()
            with open(os.path.join(PROC, name, "cmdline"), "rb") as f:
                arguments = [to_text(each) for each in f.read().split(b"\0")]
        except (IOError, OSError, IndexError):
            continue
        if fields[0] not in (b"Z", b"X"):
            found.append(Process(int(name), int(fields[2]), int(fields[3]), arguments))
    return found


def by_ps(module):
    found = []
    ps = module.get_bin_path("ps")
    text = module.run_command([ps, "-axww", "-o", "pid=", "-o", "pgid=", "-o", "args="])[1] if ps else ""
    for line in text.splitlines():
        fields = line.split(None, 2)
        if len(fields) >= 2 and fields[0].isdigit() and fields[1].isdigit():
            found.append(Process(int(fields[0]), int(fields[1]), None, fields[2].split() if len(fields) > 2 else []))
    return found


def read_job_file(path):
    """(time of its last change, text) of the job file; None where there is none."""
    try:
        with open(path, "rb") as f:
            return os.fstat(f.fileno()).st_mtime, to_text(f.read(), errors="replace")
    except (IOError, OSError) as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise


def result_in(text):
    """The result that a job file holds; None while it says that the job runs, and when it is no object at all."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    # A module's own result may have `started` among other keys; that of a running job has three.
    if not isinstance(data, dict) or not data or set(data) <= set(["started", "finished", "ansible_job_id"]):
        return None
    return data


def judge_result(result):
    """(state, why) of a job that has a result."""
    if result.get("timed_out") is True:
        return "timed-out", ""
    if result.get("msg") == "Timeout exceeded" and "child_pid" in result:
        return "timed-out", "The wrapper of ansible-core has ended it, at a limit of its own."
    if "data" in result and "rc" not in result and "No start of json char found" in to_text(result.get("msg")):
        if not result["data"] and not result.get("stderr"):
            return "lost", "The process that ran its module was killed, and nobody noted how its work ended."
        return "failed", "Its module ended without a result."
    # As ansible-core judges: a module that does not say so has failed if there is an exit code and it is not 0.
    failed = result["failed"] in (1, True) if "failed" in result else result.get("rc") not in (0, "0", None)
    return ("failed" if failed else "finished"), ""


def judge_running(file_there, wrappers):
    """(state, why) of a job that has no result. In: its wrapper processes, None where they cannot be seen."""
    says = "Its job file says that it runs" if file_there else "Its job file is gone"
    if wrappers is None:
        return ("running", "") if file_there else ("unknown", says + ", and the processes of this host cannot be listed.")
    if not wrappers:
        return "lost", says + ", and no process of it is left."
    # The runner, who writes the result, leads a group; the watcher does not. A job without a file may be about to begin.
    if file_there and len(wrappers) == 1 and wrappers[0].pid != wrappers[0].pgid:
        return "lost", says + ", but the process that would write its result was killed."
    return "running", "" if file_there else says + ", but its processes live."


def look_at(module, path):
    """One look. The file is read again after the processes: a job may end between the two."""
    jid = os.path.basename(path)
    session = module.params["session"]
    for last in (False, True):
        there = read_job_file(path)
        result = result_in(there[1]) if there is not None else None
        if result is not None:
            state, why = judge_result(result)
            look = {"state": state, "why": why, "result": result}
            if "started_at" in result:
                look["started_at"] = result["started_at"]
            return with_left(look, jid, session, processes(module))
        listed = processes(module)
        wrappers = None if listed is None else [each for each in listed if each.runs(jid)]
        state, why = judge_running(there is not None, wrappers)
        if state == "running" or last:
            break
        time.sleep(0.5)
    look = {"state": state, "why": why}
    if there is not None:
        look["started_at"] = there[0]
        if state == "running":
            look["age"] = max(0, round(time.time() - there[0], 3))
    if state == "running":
        sessions = [each.session for each in wrappers or [] if each.session]
        if sessions:
            look["session"] = sessions[0]
        return look
    return with_left(look, jid, session, listed)


def with_left(look, jid, session, listed):
    """The look with what still runs of the job, where that can be told. A wrapper lives some seconds longer than its job, which means nothing."""
    others = [each for each in listed or [] if not each.runs(jid)]
    named = set(each.pid for each in others if is_of(each.pid, jid))
    # A command that async_command has started bears the job's name; of other jobs the session tells.
    if listed is not None and (session or named or "timed_out" in look.get("result", {})):
        look["left"] = sorted(named.union(each.pid for each in others if session and each.session == session))
    return look


def is_of(pid, jid):
    try:
        with open(os.path.join(PROC, str(pid), "environ"), "rb") as f:
            return to_bytes("LONGHAUL_JOB=" + jid) in f.read().split(b"\0")
    except (IOError, OSError):
        return False


def add_log(look, path):
    log = path + ".log"
    try:
        with open(log, "rb") as f:
            look["log"] = log
            if look["state"] != "running" and "stdout" not in look.get("result", {}):
                f.seek(0, os.SEEK_END)
                f.seek(max(0, f.tell() - TAIL_BYTES))
                look["log_tail"] = to_text(f.read(), errors="replace")
    except (IOError, OSError):
        pass


def removed(path):
    gone = []
    for each in (path, path + ".log", path + ".tmp"):
        try:
            os.remove(each)
            gone.append(each)
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
    return gone


def main():
    module = AnsibleModule(
        argument_spec={
            "job_file": {"type": "path", "required": True},
            "session": {"type": "int"},
            "remove": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    path = module.params["job_file"]
    # Whatever stands in that directory is read and may be removed: only what looks like a job file.
    if not os.path.basename(path).replace(".", "", 1).lstrip("j").isdigit():
        module.fail_json(msg="job_file: %s is no path of a job file: its name is j, digits, a dot and digits." % path)
    try:
        look = look_at(module, path)
        add_log(look, path)
        gone = removed(path) if module.params["remove"] and look["state"] != "running" and not module.check_mode else []
    except (IOError, OSError) as error:
        module.fail_json(msg="The job file %s cannot be read or removed: %s" % (path, to_text(error)))
    module.exit_json(changed=bool(gone), removed=gone, **look)


if __name__ == "__main__":
    main()
