#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# run.py JOBS LIST MAKE...: runs what `make test` consists of.
#
# First the command MAKE..., a make with its targets, makes every image. If that fails, the build is one failure: what
# it said is shown, and jobs whose images are not there, or not up to date, are not run and not counted.
# LIST has a line for each job: name, most seconds, command, separated by tabs. JOBS of them run at a time, each
# in a process group of its own that is ended when the time is over. A job's last line of the form "N passed,
# N failed[, N skipped]" gives its counts; a job without such a line is one test, judged by its exit status.
# Shown: how far build and jobs are and what is being done, at least every QUIET seconds; a line for each job, the
# reason of every skipped test, and the output of a job that failed, without its lines "ok ...". The last line is the sum:
# "N passed, N failed". QUIET is 15 seconds, or the environment variable TEST_QUIET.

import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.MULTILINE)
# What make --trace says before it makes a file. The small files that hold flags are always looked at.
TARGET = re.compile(r"^\S+:\d+: (?:update )?target '([^']+)'")
QUIET = float(os.environ.get("TEST_QUIET", "15"))
START = time.monotonic()


def say(text):
    print(text, flush=True)


def seconds():
    return f"{time.monotonic() - START:.0f} s"


class Build:
    """The build of all images by make. Its time is not limited: what it does is shown."""

    def __init__(self, command):
        self.command, self.failed, self.errors = command, False, ""

    def missing(self):
        """What make would make now: a set of files."""
        done = subprocess.run(self.command + ["-n", "--trace"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, errors="replace", check=False)
        found = map(TARGET.match, done.stdout.splitlines())
        return {match[1] for match in found if match and not match[1].endswith(".flags")}

    def run(self):
        wanted = self.missing()
        say(f"building {len(wanted)} files")
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(self.command + ["--trace"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=errors, text=True, errors="replace")
            shown, begun = time.monotonic(), set()
            for line in process.stdout:
                match = TARGET.match(line)
                if match is None or match[1] not in wanted:
                    continue
                begun.add(match[1])
                if time.monotonic() - shown >= QUIET:
                    shown = time.monotonic()
                    say(f"building {len(begun)} of {len(wanted)}: {match[1]}  [{seconds()}]")
            self.failed = process.wait() != 0
            errors.seek(0)
            self.errors = errors.read()
        self.show()

    def show(self):
        say(f"{'FAIL' if self.failed else 'ok':4} build  [{seconds()}]")
        if self.failed:
            say("\n".join(f"     | {line}" for line in self.errors.splitlines()))


class Job:
    def __init__(self, name, limit, command):
        self.name, self.limit, self.command = name, limit, command
        self.passed = self.failed = self.skipped = 0
        self.output, self.start, self.took, self.late = "", None, 0.0, False

    def needs(self, missing):
        """Does it need a file that could not be built, or does it build some itself?"""
        words = self.command.split()
        return any(word in missing or (word.startswith("build/") and not os.path.exists(word)) for word in words) or \
            os.path.basename(words[0]) in ("make", "gmake")

    def run(self):
        self.start = time.monotonic()
        process = subprocess.Popen(self.command, shell=True, start_new_session=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=self.limit)
        except subprocess.TimeoutExpired:
            self.late = True
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        self.took = time.monotonic() - self.start
        self.output = output.decode(errors="replace").replace("\r", "")
        self.judge(process.returncode)
        return self

    def judge(self, status):
        found = COUNTS.findall(self.output)
        if found:
            self.passed, self.failed = int(found[-1][0]), int(found[-1][1])
            self.skipped = int(found[-1][2] or 0)
        elif status == 0 and not self.late:
            self.passed = 1
        if self.late:
            self.output += f"\nended after {self.limit} seconds\n"
        # A crash after, or instead of, the line of counts.
        if (status != 0 or self.late) and self.failed == 0:
            self.output += f"\nexit status {status}\n"
            self.failed = 1

    def show(self, place):
        counts = f"{self.passed} passed, {self.failed} failed"
        if self.skipped:
            counts += f", {self.skipped} skipped"
        say(f"{'FAIL' if self.failed else 'ok':4} {self.name:42} {counts} ({self.took:.1f} s)  [{place}]")
        if self.failed:
            say("\n".join(f"     | {line}" for line in self.output.splitlines() if not line.startswith("ok ")))
        else:
            for line in self.output.splitlines():
                if line.startswith("skip "):
                    say(f"     {line}")


def read_jobs(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.strip("\n").strip(" ").split("\t") for line in lines if line.strip()]
    return [Job(name, int(limit), command) for name, limit, command in rows]


def run_jobs(jobs, at_once):
    """Runs them and shows each as it ends; or what is running, when none has ended for a while."""
    ended = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        waiting = {pool.submit(job.run): job for job in jobs}
        while waiting:
            done, _ = concurrent.futures.wait(waiting, QUIET, concurrent.futures.FIRST_COMPLETED)
            for future in done:
                waiting.pop(future)
                ended += 1
                future.result().show(f"{ended} of {len(jobs)}, {seconds()}")
            if not done:
                running = [job for job in waiting.values() if job.start is not None]
                names = ", ".join(f"{job.name} ({time.monotonic() - job.start:.0f} s)" for job in running)
                say(f"     running: {names}  [{ended} of {len(jobs)}, {seconds()}]")


def main():
    at_once, listed, build = int(sys.argv[1]), sys.argv[2], Build(sys.argv[3:])
    build.run()
    jobs = read_jobs(listed)
    if build.failed:
        missing = build.missing()
        every, jobs = len(jobs), [job for job in jobs if not job.needs(missing)]
        say(f"the build failed: {every - len(jobs)} of {every} jobs are not run, since they need what it did not make")
    run_jobs(jobs, at_once)
    passed = sum(job.passed for job in jobs) + (0 if build.failed else 1)
    failed = sum(job.failed for job in jobs) + (1 if build.failed else 0)
    if failed:
        say("failed: " + "; ".join(["build"] * build.failed + [job.name for job in jobs if job.failed]))
    say(f"{len(jobs)} jobs in {seconds()}, {sum(job.skipped for job in jobs)} tests skipped")
    say(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
