#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# run.py JOBS LIST BUILD...: runs what `make test` consists of.
#
# First the command BUILD... makes every image; its failure is a failed test, and what it could not make fails below.
# LIST has a line for each job: name, most seconds, command, separated by tabs. JOBS of them run at a time, each
# in a process group of its own that is ended when the time is over. A job's last line of the form "N passed,
# N failed[, N skipped]" gives its counts; a job without such a line is one test, judged by its exit status.
# Shown: a line for each job, the reason of every skipped test, and the output of a job that failed, without its
# lines "ok ...". The last line is the sum: "N passed, N failed".

import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import time

COUNTS = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?\s*$", re.MULTILINE)


class Job:
    def __init__(self, name, seconds, command):
        self.name, self.seconds, self.command = name, seconds, command
        self.passed = self.failed = self.skipped = 0
        self.output, self.took, self.late = "", 0.0, False

    def run(self):
        start = time.monotonic()
        process = subprocess.Popen(
            self.command, shell=isinstance(self.command, str), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            output, _ = process.communicate(timeout=self.seconds)
        except subprocess.TimeoutExpired:
            self.late = True
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        self.took = time.monotonic() - start
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
            self.output += f"\nended after {self.seconds} seconds\n"
        # A crash after, or instead of, the line of counts.
        if (status != 0 or self.late) and self.failed == 0:
            self.output += f"\nexit status {status}\n"
            self.failed = 1

    def show(self):
        counts = f"{self.passed} passed, {self.failed} failed"
        if self.skipped:
            counts += f", {self.skipped} skipped"
        print(f"{'FAIL' if self.failed else 'ok':4} {self.name:42} {counts} ({self.took:.1f} s)", flush=True)
        if self.failed:
            print("".join(f"     | {line}\n" for line in self.output.splitlines() if not line.startswith("ok ")),
                  end="", flush=True)
        else:
            for line in self.output.splitlines():
                if line.startswith("skip "):
                    print(f"     {line}", flush=True)


def read_jobs(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.strip("\n").strip(" ").split("\t") for line in lines if line.strip()]
    return [Job(name, int(seconds), command) for name, seconds, command in rows]


def main():
    at_once, listed, build = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    start = time.monotonic()
    print("building", flush=True)
    done = [Job("build", 1800, build).run()]
    done[0].show()
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        waiting = [pool.submit(job.run) for job in read_jobs(listed)]
        for future in concurrent.futures.as_completed(waiting):
            done.append(future.result())
            done[-1].show()
    failed = sum(job.failed for job in done)
    skipped = sum(job.skipped for job in done)
    if failed:
        print("failed: " + "; ".join(job.name for job in done if job.failed))
    print(f"{len(done)} jobs in {time.monotonic() - start:.0f} seconds, {skipped} tests skipped")
    print(f"{sum(job.passed for job in done)} passed, {failed} failed", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
