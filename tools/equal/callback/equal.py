# Copyright: longhaul contributors
# GNU General Public License v3.0 or later (https://www.gnu.org/licenses/gpl-3.0.txt)

"""
Writes down what every task gave on every host, and the recap, for the comparison of plain and supervised runs (tools/equal/run.ts): one line
of JSON each, into the file that EQUAL_RECORD names.
"""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: equal
    type: aggregate
    short_description: writes results down
    description:
      - Part of the tests of longhaul. Does nothing unless the environment variable E(EQUAL_RECORD) names a file.
    author: longhaul contributors
"""


class CallbackModule(CallbackBase):
    """Everything that a play registers is here too, also what nobody registers."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "equal"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.path = os.environ.get("EQUAL_RECORD")

    def write(self, **line):
        if self.path:
            with open(self.path, "a", encoding="utf-8") as record:
                record.write(json.dumps(line, default=str) + "\n")

    def take(self, result, status):
        # `host`, `task` and `result` since 2.19; before that the names with an underscore.
        host, task, told = (getattr(result, name) if hasattr(result, name) else getattr(result, "_" + name) for name in ("host", "task", "result"))
        self.write(kind="result", host=host.get_name(), task=task.get_name(), status=status, result=told)

    def v2_runner_on_ok(self, result):
        self.take(result, "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.take(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self.take(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.take(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        for host in sorted(stats.processed):
            self.write(kind="recap", host=host, recap=stats.summarize(host))
