#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, the longhaul authors
# GNU General Public License v3.0 or later (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs one command as the work of an async job: ends it at its limit itself, keeps what it printed, and lets its output be read meanwhile.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: async_command
short_description: Run a command as an async job, with an exact limit and output that can be read while it runs
version_added: 0.1.0
author:
  - The longhaul authors (@longhaul)
description:
  - Runs a command and returns its exit code and output, like M(ansible.builtin.command) and M(ansible.builtin.shell).
  - Made for tasks with C(async) and C(poll=0), where it adds what those modules cannot do.
  - It ends the command itself at O(limit), first with TERM and ten seconds later with KILL, and returns what was printed up to then. With
    C(async) well above O(limit) the wrapper of ansible-core never reaches its own limit, where it would lose all output, and on many
    versions may overwrite a success that came just in time.
  - While the command runs, what it prints is also written to the job file's path with C(.log) at the end.
  - The command finds its job id in the variable C(LONGHAUL_JOB) of its environment.
options:
  command:
    description:
      - What to run. A text is run by a shell, a list of words without one.
    type: raw
    required: true
  limit:
    description:
      - The command is ended after this many seconds.
    type: int
    required: true
  chdir:
    description:
      - The directory to run in.
    type: path
  executable:
    description:
      - The shell that runs the command, V(/bin/sh) when not given. Not for a list.
    type: path
  environment:
    description:
      - Variables of the environment, added to what the task has. Unlike the keyword C(environment) they never stand in the arguments of a
        process on the host, and do not move the directory of the job files.
    type: dict
    default: {}
  live_log:
    description:
      - Whether the output is written to the log while the command runs. Never done in a task with C(no_log).
    type: bool
    default: true
  output_max:
    description:
      - Bytes that are kept of standard output, of standard error and of the log; of more, the last are kept, and RV(output_dropped) says how
        many were not.
    type: int
    default: 10485760
attributes:
  check_mode:
    description: In check mode nothing is run.
    support: full
seealso:
  - module: longhaul.jobs.async_wait
"""

EXAMPLES = r"""
- name: Start the rebuild
  longhaul.jobs.async_command:
    command: /opt/db/bin/rebuild --all
    limit: 1800
  async: 1860
  poll: 0
  register: rebuild

- name: Wait for it
  longhaul.jobs.async_wait:
    job: "{{ rebuild }}"
    limit: 1800
"""

RETURN = r"""
rc:
  description: Exit code of the command; below zero for the signal that ended it.
  returned: when it was run
  type: int
stdout:
  description: What it printed on standard output.
  returned: when it was run
  type: str
stderr:
  description: What it printed on standard error.
  returned: when it was run
  type: str
start:
  description: When it began, in the host's local time.
  returned: when it was run
  type: str
end:
  description: When it ended, in the host's local time.
  returned: when it was run
  type: str
delta:
  description: How long it ran.
  returned: when it was run
  type: str
started_at:
  description: When it began, in seconds since 1970.
  returned: when it was run
  type: float
duration:
  description: How long it ran, in seconds.
  returned: when it was run
  type: float
timed_out:
  description: Whether it was ended at its limit.
  returned: when it was run
  type: bool
output_dropped:
  description: Bytes of the output that were not kept.
  returned: when it was run
  type: int
"""

import datetime
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible_collections.longhaul.jobs.plugins.module_utils.job_command import Command, LiveLog, own_job_file


def words_of(module):
    command, executable = module.params["command"], module.params["executable"]
    if isinstance(command, list):
        if not command:
            module.fail_json(msg="command is an empty list: give the program and its arguments.")
        if executable:
            module.fail_json(msg="executable is the shell of a command that is a text; this one is a list, which is run without a shell.")
        return [to_bytes(to_text(each)) for each in command]
    text = to_text(command)
    if not text.strip():
        module.fail_json(msg="command is empty: give a text, or a list of words.")
    return [to_bytes(executable or "/bin/sh"), b"-c", to_bytes(text)]


def environment_of(module, job_file):
    env = dict(os.environ)
    if job_file is not None:
        # By it async_look finds what runs on when the job is over.
        env["LONGHAUL_JOB"] = os.path.basename(job_file)
    for name, value in module.params["environment"].items():
        env[str(name)] = str(to_text(value))
    # The wrapper's own, which says nothing to a command.
    env.pop("ANSIBLE_ASYNC_DIR", None)
    return env


def message(rc, command):
    if command.timed_out:
        return "The command was ended at its limit of %d seconds." % command.limit
    if rc == 0:
        return ""
    return "non-zero return code" if rc > 0 else "The command was ended by signal %d." % -rc


def main():
    module = AnsibleModule(
        argument_spec={
            "command": {"type": "raw", "required": True},
            "limit": {"type": "int", "required": True},
            "chdir": {"type": "path"},
            "executable": {"type": "path"},
            "environment": {"type": "dict", "default": {}},
            "live_log": {"type": "bool", "default": True},
            "output_max": {"type": "int", "default": 10485760},
        },
        supports_check_mode=True,
    )
    params = module.params
    hidden = module.no_log
    # The environment may hold what nobody is to read, and the result is written to a file.
    invocation = {"module_args": dict((key, value) for key, value in params.items() if key != "environment")}
    if params["limit"] < 1:
        module.fail_json(msg="limit is %d: give whole seconds from 1 on." % params["limit"])
    words = words_of(module)
    if params["chdir"] and not os.path.isdir(params["chdir"]):
        module.fail_json(msg="chdir: %s is no directory on this host." % params["chdir"])
    if module.check_mode:
        module.exit_json(changed=True, skipped=True, msg="Check mode: the command was not run.", invocation=invocation)

    job_file = own_job_file(module)
    if hidden and job_file is not None:
        try:
            # The result is going to stand in a file there that the wrapper makes, readable as the umask says.
            os.chmod(os.path.dirname(job_file), 0o700)
        except OSError as error:
            module.fail_json(msg="no_log: the directory of the job file cannot be closed to others: %s" % to_text(error))
    log_path = job_file + ".log" if job_file is not None and params["live_log"] and not hidden else None

    start = datetime.datetime.now()
    started_at = time.time()
    try:
        with open(os.devnull, "rb") as nothing:
            command = Command(words, {
                "log": LiveLog(log_path, params["output_max"]),
                "limit": params["limit"],
                "chdir": params["chdir"],
                "env": environment_of(module, job_file),
                "stdin": nothing,
                "output_max": params["output_max"],
            })
    except (OSError, ValueError) as error:
        module.fail_json(msg="The command could not be started: %s" % to_text(error), invocation=invocation)
    rc = command.run()
    stdout, stderr = command.texts()
    end = datetime.datetime.now()
    result = {
        "changed": True,
        "rc": rc,
        "cmd": params["command"],
        "stdout": stdout,
        "stderr": stderr,
        "start": str(start),
        "end": str(end),
        "delta": str(end - start),
        "started_at": started_at,
        "duration": round(command.ended - command.began, 3),
        "timed_out": command.timed_out,
        "output_dropped": sum(tail.dropped for tail in command.tails.values()),
        "msg": message(rc, command),
        "invocation": invocation,
    }
    if rc != 0 or command.timed_out:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
