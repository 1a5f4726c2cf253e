# -*- coding: utf-8 -*-
# Copyright (c) 2026, the longhaul authors
# GNU General Public License v3.0 or later (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What async_command is made of: a command that is ended at its limit and whose output is read while it runs, and the job file it belongs to.

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import errno
import os
import select
import signal
import subprocess
import time

from ansible.module_utils.common.text.converters import to_text

PROC = "/proc"
TERM_SECONDS = 10
# Programs that the command left behind may hold its output open for ever.
REST_SECONDS = 1


def clock():
    """Seconds that no correction of the host's clock moves, where this Python has them."""
    return getattr(time, "monotonic", time.time)()


def parent_arguments(module):
    """Arguments of the parent process; none where they cannot be had."""
    parent = os.getppid()
    try:
        with open("%s/%d/cmdline" % (PROC, parent), "rb") as f:
            return [to_text(each) for each in f.read().split(b"\0")]
    except (IOError, OSError):
        pass
    ps = module.get_bin_path("ps")
    return module.run_command([ps, "-ww", "-o", "args=", "-p", str(parent)])[1].split() if ps else []


def own_job_file(module):
    """Path of the job file that this run belongs to; None when it is not an async job."""
    # async_wrapper.py has the jid, without the process id that the file's name ends with, as its first argument.
    arguments = parent_arguments(module)
    at = [n for n, each in enumerate(arguments) if os.path.basename(each).startswith("async_wrapper")]
    if not at or at[0] + 1 >= len(arguments):
        return None
    jid = arguments[at[0] + 1]
    directory = os.path.expanduser(os.environ.get("ANSIBLE_ASYNC_DIR", "~/.ansible_async"))
    try:
        names = os.listdir(directory)
    except OSError:
        return None
    found = [name for name in names if name.startswith(jid + ".") and name[len(jid) + 1:].isdigit()]
    return os.path.join(directory, found[0]) if len(found) == 1 else None


class Tail(object):
    """The last bytes of a stream, and how many came before them."""

    def __init__(self, most):
        self.most = most
        self.pieces = []
        self.size = 0
        self.dropped = 0

    def add(self, piece):
        self.pieces.append(piece)
        self.size += len(piece)
        # A quarter more is let in, so that not each piece moves all of it.
        if self.size > self.most + self.most // 4:
            self.cut()

    def cut(self):
        whole = b"".join(self.pieces)
        kept = whole[max(0, len(whole) - self.most):]
        self.dropped += len(whole) - len(kept)
        self.pieces = [kept]
        self.size = len(kept)

    def text(self):
        self.cut()
        return to_text(self.pieces[0], errors="replace").rstrip("\r\n")


class LiveLog(object):
    """The output in a file of the user's own. What cannot be written is left out: the command goes on."""

    def __init__(self, path, most):
        self.most = most
        self.size = 0
        self.fd = None
        if path is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            try:
                self.fd = os.open(path, flags, 0o600)
            except OSError:
                pass

    def add(self, piece):
        if self.fd is None:
            return
        try:
            if self.size + len(piece) > self.most:
                os.ftruncate(self.fd, 0)
                note = b"[longhaul: %d bytes that stood here before were dropped]\n" % self.size
                self.size = os.write(self.fd, note)
            self.size += os.write(self.fd, piece[-self.most:])
        except OSError:
            self.close()

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


class Command(object):
    """A command in a process group of its own, ended at its limit."""

    def __init__(self, words, options):
        self.tails = {}
        self.log = options["log"]
        self.limit = options["limit"]
        self.timed_out = False
        self.killing = False
        self.began = clock()
        self.process = subprocess.Popen(
            words,
            cwd=options["chdir"],
            env=options["env"],
            stdin=options["stdin"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # The session stays the job's, by which it is found; the group is what is ended.
            preexec_fn=os.setpgrp,
        )
        for stream in (self.process.stdout, self.process.stderr):
            self.tails[stream.fileno()] = Tail(options["output_max"])

    def signal_group(self, number):
        try:
            os.killpg(self.process.pid, number)
        except OSError as error:
            # macOS says EPERM of a group that holds nothing but dead processes.
            if error.errno not in (errno.ESRCH, errno.EPERM):
                raise

    def enforce_limit(self):
        ran = clock() - self.began
        if ran >= self.limit and not self.timed_out:
            self.timed_out = True
            self.signal_group(signal.SIGTERM)
        if self.timed_out and not self.killing and ran >= self.limit + TERM_SECONDS:
            self.killing = True
            self.signal_group(signal.SIGKILL)

    def read(self, fds, seconds):
        """What is there on one of the streams within a time; those that have ended are left out of fds."""
        ready = select.select(fds, [], [], seconds)[0]
        for fd in ready:
            piece = os.read(fd, 65536)
            if piece:
                self.tails[fd].add(piece)
                self.log.add(piece)
            else:
                fds.remove(fd)
        return bool(ready)

    def run(self):
        fds = list(self.tails)
        while self.process.poll() is None:
            self.enforce_limit()
            if fds:
                self.read(fds, 0.2)
            else:
                time.sleep(0.2)
        self.ended = clock()
        if self.timed_out:
            # What did not heed TERM and is no longer waited for.
            self.signal_group(signal.SIGKILL)
        while fds and clock() - self.ended < REST_SECONDS:
            self.read(fds, 0.1)
        self.log.close()
        return self.process.returncode

    def texts(self):
        return [self.tails[stream.fileno()].text() for stream in (self.process.stdout, self.process.stderr)]
