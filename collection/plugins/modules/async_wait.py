#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026, the longhaul authors
# GNU General Public License v3.0 or later (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The documentation of plugins/action/async_wait.py, which does the work on the controller.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: async_wait
short_description: Wait for an async job, and tell success, failure, limit and a lost job apart
version_added: 0.1.0
author:
  - The longhaul authors (@longhaul)
description:
  - Waits until a job of C(async) with C(poll=0) has ended, whatever module it runs.
  - The first looks follow each other quickly, later ones every O(poll) seconds, so that short jobs are not waited for longer than they take.
  - A job whose processes were killed, or that ran when the host was restarted, is noticed at the next look and not waited for.
  - A look that fails because the host is away is repeated for O(patience) seconds. The job goes on meanwhile.
  - Fails unless the job finished well.
options:
  job:
    description:
      - The result of the task that started the job, as registered there. RV(job) of an earlier wait does too.
      - C(results_file) in it names the job file. If there is only C(ansible_job_id), the async directory of the connection is looked in.
    type: dict
    required: true
  limit:
    description:
      - Seconds that the job may take, from its start.
    type: int
    required: true
  poll:
    description:
      - At most this many seconds between two looks.
    type: int
    default: 15
  grace:
    description:
      - Seconds past O(limit) for the job to be ended by the host. Only then it is given up.
    type: int
    default: 60
  patience:
    description:
      - Seconds for which looks may fail, one after the other, before the state of the job is V(unknown).
    type: int
    default: 300
  cleanup:
    description:
      - Remove the job file and its log when the job is over and its result is here. What is left of a V(lost) job stays, to be looked into.
    type: bool
    default: true
  wait:
    description:
      - V(false) only says by which values the job can be waited for later; its state is V(started) then.
    type: bool
    default: true
  name:
    description:
      - What to call the job in messages.
    type: str
attributes:
  check_mode:
    description: Waits in check mode too, and removes nothing.
    support: full
notes:
  - The look on the host is M(longhaul.jobs.async_look). Windows hosts are not supported.
  - The task must run as the user that the job was started as, and on the same host.
seealso:
  - module: longhaul.jobs.async_command
  - module: longhaul.jobs.async_look
"""

EXAMPLES = r"""
- name: Start an upgrade
  ansible.builtin.package:
    name: "*"
    state: latest
  async: 3600
  poll: 0
  register: upgrade

- name: Wait for it
  longhaul.jobs.async_wait:
    job: "{{ upgrade }}"
    limit: 3600
    poll: 60
"""

RETURN = r"""
job:
  description: All that is known of the job.
  returned: always
  type: dict
  contains:
    state:
      description:
        - V(finished), V(failed), V(timed-out) or V(lost).
        - V(unknown) when nothing could be seen for O(patience) seconds, V(not-started) when the task that should have started it did not, V(started)
          when it was not to be waited for.
      type: str
    name:
      description: What O(name) says, or the job id.
      type: str
    rc:
      description: Exit code of the command; none where there is no command or it is not known.
      type: int
    stdout:
      description: What it printed on standard output; without a result, the end of the log.
      type: str
    stderr:
      description: What it printed on standard error.
      type: str
    started:
      description: When it began, in UTC, as in V(2026-11-27T21:04:11Z); none where that is not known.
      type: str
    duration:
      description: Seconds that it ran; none where that is not known.
      type: float
    jid:
      description: The job id.
      type: str
    ansible_job_id:
      description: The same, under the name that Ansible has for it.
      type: str
    results_file:
      description: Path of the job file on the host.
      type: str
    log:
      description: Path of the log on the host, as long as it is there.
      type: str
    limit:
      description: Its limit.
      type: int
    still_running:
      description: Whether processes of it run on; none where that is not known.
      type: bool
    left:
      description: Ids of those processes, as far as they are known.
      type: list
      elements: int
    msg:
      description: What happened and what to do next; empty when it finished well.
      type: str
    result:
      description: The result of the job's module, if it has one and is not M(longhaul.jobs.async_command).
      type: dict
state:
  description: The state of the job, as in RV(job.state).
  returned: always
  type: str
rc:
  description: The exit code, as in RV(job.rc).
  returned: when it is known
  type: int
"""
