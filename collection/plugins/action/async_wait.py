# Copyright (c) 2026, the longhaul authors
# GNU General Public License v3.0 or later (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Waits for an async job from the controller, one look on the host (async_look) after the other; plugins/modules/async_wait.py documents it.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import time

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

ARGUMENTS = {
    "job": {"type": "dict", "required": True},
    "limit": {"type": "int", "required": True},
    "poll": {"type": "int", "default": 15},
    "grace": {"type": "int", "default": 60},
    "patience": {"type": "int", "default": 300},
    "cleanup": {"type": "bool", "default": True},
    "wait": {"type": "bool", "default": True},
    "name": {"type": "str"},
}
FIRST_PAUSE_SECONDS = 0.5
NEWS_SECONDS = 60
LINE_CHARACTERS = 300
SIGNALS = {1: "HUP", 2: "INT", 6: "ABRT", 9: "KILL", 11: "SEGV", 15: "TERM"}

display = Display()


class ActionModule(ActionBase):
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super(ActionModule, self).run(tmp, task_vars)
        dummy, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)
        self._variables = task_vars
        self._arguments = arguments
        self._host = (task_vars or {}).get("inventory_hostname", "")
        launch = arguments["job"]
        jid = to_text(launch.get("ansible_job_id") or "")
        self._name = arguments["name"] or jid
        if not jid:
            return self._report(self._not_started(launch), expected=launch.get("skipped") is True)
        self._jid = jid
        self._job_file = to_text(launch.get("results_file") or "")
        if not arguments["wait"]:
            job = self._empty_job("started")
            return self._report(dict(job, **self._identity({})), expected=True)
        job, look = self._wait()
        job.update(self._identity(look))
        return self._report(job, warnings=self._clean_up(job))

    def _identity(self, look):
        return {
            "jid": self._jid,
            "ansible_job_id": self._jid,
            "results_file": self._job_file or None,
            "log": look.get("log"),
            "limit": self._arguments["limit"],
        }

    def _found_job_file(self):
        """Where the launch said that it is; else in the async directory, where async_status would look."""
        if not self._job_file:
            directory = self._remote_expand_user(self.get_shell_option("async_dir", default="~/.ansible_async"))
            self._job_file = self._connection._shell.join_path(directory, self._jid)
        return self._job_file

    def _wait(self):
        """Looks until the job is over or there is nothing to wait for. Out: the job, and the last look that saw something."""
        began = seen_at = time.monotonic()
        pause, news, session, started_at, trouble = FIRST_PAUSE_SECONDS, NEWS_SECONDS, None, None, ""
        last = {}
        while True:
            look = self._look(session)
            now = time.monotonic()
            if "state" in look:
                last, seen_at, trouble = look, now, ""
                session = look.get("session", session)
                started_at = look.get("started_at", started_at) if look["state"] == "running" else started_at
                if "age" in look:
                    began = min(began, now - look["age"])
                if look["state"] != "running":
                    return self._job_of(look, started_at), look
            else:
                if not trouble:
                    self._say("cannot be looked at, and is tried again for %d seconds: %s" % (self._arguments["patience"], look["trouble"]))
                trouble = look["trouble"]
                if now - seen_at >= self._arguments["patience"]:
                    return self._unknown(trouble, started_at, now - seen_at), last
            over = began + self._arguments["limit"] + self._arguments["grace"]
            if now >= over and not trouble:
                return self._given_up(look, started_at), look
            if now - began >= news:
                self._say("runs since %d of %d seconds" % (now - began, self._arguments["limit"]))
                news = now - began + NEWS_SECONDS
            time.sleep(max(0.1, min(pause, over - now)) if now < over else pause)
            pause = min(pause * 2, max(1, self._arguments["poll"]))

    def _look(self, session, remove=False):
        """What async_look says, or the trouble that kept it from looking."""
        arguments = {"remove": remove}
        if session is not None:
            arguments["session"] = session
        try:
            arguments["job_file"] = self._found_job_file()
            answer = self._execute_module(module_name="longhaul.jobs.async_look", module_args=arguments, task_vars=self._variables)
        except (AnsibleConnectionFailure, AnsibleError) as error:
            # What is left of the connection may be its other end's past; the directory for modules may be gone with it.
            self._forget_connection()
            return {"trouble": first_line(to_text(error))}
        if "state" in answer:
            return answer
        return {"trouble": reason_in(answer)}

    def _forget_connection(self):
        self._connection._shell.tmpdir = None
        try:
            self._connection.reset()
        except Exception as error:
            display.vvv("async_wait: the connection could not be reset: %s" % to_text(error), host=self._host)

    def _say(self, text):
        display.display("ASYNC WAIT on %s: %s %s" % (self._host, self._name, text))

    def _job_of(self, look, started_at):
        result = look.get("result") or {}
        rc = result.get("rc")
        job = self._empty_job(look["state"])
        job.update({
            "rc": rc if isinstance(rc, int) else None,
            "stdout": to_text(result.get("stdout", look.get("log_tail", ""))),
            "stderr": to_text(result.get("stderr", "")),
            "started": utc(look.get("started_at") if "started_at" in result or started_at is None else started_at),
            "duration": result.get("duration", seconds_of(result.get("delta"))),
            # Of a command's result everything stands above.
            "result": None if "timed_out" in result else look.get("result"),
        })
        if "left" in look:
            job["left"] = look["left"]
            job["still_running"] = bool(look["left"])
        elif look["state"] in ("finished", "failed"):
            job["still_running"] = False
        job["msg"] = self._message(job, look)
        return job

    def _empty_job(self, state):
        return dict(empty_job(state), name=self._name)

    def _message(self, job, look):
        if job["state"] == "finished":
            return ""
        limit = self._arguments["limit"]
        if job["state"] == "failed":
            return self._failure(job, look)
        if job["state"] == "timed-out":
            said = "%s was ended at its limit of %d seconds." % (self._name, limit)
            if look["why"]:
                said += " " + look["why"]
            return "%s%s Set a larger limit, or find out what held it up.%s" % (said, self._remains(job), self._last_output(job))
        if job["state"] == "lost":
            return "%s is lost. %s%s Whether its work was done is not known: look before it is started again. A restart of the host, memory that ran out, or " \
                   "a kill does that.%s" % (self._name, look["why"], self._remains(job), self._last_output(job))
        return "The state of %s is unknown. %s" % (self._name, look["why"])

    def _remains(self, job):
        if job["left"]:
            return " Of it still run the processes %s: end them, or let them end, before it is started again." % ", ".join(str(each) for each in job["left"])
        return "" if job["still_running"] is False or job["state"] != "lost" else " Whether its command still runs is not known."

    def _failure(self, job, look):
        rc = job["rc"]
        own = "" if self._task.no_log else first_line(to_text((look.get("result") or {}).get("msg") or ""))
        if rc is None:
            said = "%s failed: %s" % (self._name, look["why"] or own or "its module gives no reason.")
        elif rc < 0 or rc > 128:
            number = -rc if rc < 0 else rc - 128
            said = "%s failed: signal %d%s ended it (rc %d)." % (self._name, number, " (%s)" % SIGNALS[number] if number in SIGNALS else "", rc)
            if number == 9:
                said += " The kernel does that too when memory runs out; its log tells."
        elif rc == 127:
            said = "%s failed: the command was not found (rc 127). A job has no login shell's PATH: give the whole path, or PATH in the environment." \
                   % self._name
        elif rc == 126:
            said = "%s failed: the command cannot be executed (rc 126). Look at its mode, and at the interpreter in its first line." % self._name
        else:
            said = "%s failed with rc %d." % (self._name, rc)
        return said + self._last_output(job)

    def _last_output(self, job):
        """The last line that it printed; nothing of what no_log hides."""
        lines = [] if self._task.no_log else [line for line in (job["stderr"].strip() or job["stdout"].strip()).splitlines() if line.strip()]
        return " Its last line: %s" % lines[-1].strip()[:LINE_CHARACTERS] if lines else ""

    def _given_up(self, look, started_at):
        job = self._empty_job("timed-out")
        grace = self._arguments["grace"]
        job.update({"started": utc(started_at), "still_running": True, "stdout": to_text(look.get("log_tail", ""))})
        job["msg"] = "%s still runs more than %d seconds past its limit of %d, and nothing on the host ends it. End it there, or wait for it again.%s" \
                     % (self._name, grace, self._arguments["limit"], " Its output: %s" % look["log"] if "log" in look else "")
        return job

    def _unknown(self, trouble, started_at, seconds):
        job = self._empty_job("unknown")
        job["started"] = utc(started_at)
        job["msg"] = "The state of %s is unknown: it could not be looked at for %d seconds (%s). It may run on. Wait for it again when the host can be " \
                     "reached; its job id and job file are in the result." % (self._name, seconds, trouble)
        return job

    def _clean_up(self, job):
        """Removes the job's files, once its result is here. Out: warnings."""
        over = job["state"] in ("finished", "failed") or (job["state"] == "timed-out" and job["still_running"] is not True)
        if not over or not self._arguments["cleanup"] or self._task.check_mode:
            return []
        look = self._look(None, remove=True)
        if "removed" not in look:
            return ["The job file %s was not removed: %s" % (self._job_file, look["trouble"])]
        job["log"] = None
        return []

    def _report(self, job, expected=False, warnings=()):
        """The task's result. In: the job, and whether it is all right that it has not finished."""
        report = {
            "changed": job["state"] != "not-started",
            "failed": job["state"] != "finished" and not expected,
            "state": job["state"],
            "job": job,
            "msg": job["msg"],
        }
        if job["rc"] is not None:
            report["rc"] = job["rc"]
        if warnings:
            report["warnings"] = list(warnings)
        return report

    def _not_started(self, launch):
        job = self._empty_job("not-started")
        job["still_running"] = False
        said = reason_in(launch) if (launch.get("msg") or launch.get("module_stderr")) and not self._task.no_log else ""
        missing = "the task that starts it returned no job id. It needs async above 0 and poll: 0; with no_log its own message is not repeated here."
        job["msg"] = said if launch.get("skipped") is True else "%s was not started: %s" % (self._name or "The job", said or missing)
        return job


def empty_job(state):
    return {
        "state": state, "name": "", "rc": None, "stdout": "", "stderr": "", "started": None, "duration": None, "jid": None, "ansible_job_id": None,
        "results_file": None, "log": None, "limit": None, "still_running": None, "left": [], "msg": "", "result": None,
    }


def utc(seconds):
    return None if seconds is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def seconds_of(delta):
    """`1 day, 0:00:03.5`, as modules write it, in seconds; None for anything else."""
    try:
        days, dummy, rest = to_text(delta).rpartition(", ")
        hours, minutes, seconds = rest.split(":")
        return round(int(days.split(" ")[0] or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds), 3)
    except ValueError:
        return None


def reason_in(answer):
    """Why a module gave no answer: the last line of its traceback, else its message."""
    lines = [line.strip() for line in to_text(answer.get("module_stderr") or "").splitlines() if line.strip()]
    return (lines[-1][:LINE_CHARACTERS] if lines else "") or first_line(to_text(answer.get("msg") or "")) or "no answer"


def first_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:LINE_CHARACTERS] if lines else ""
