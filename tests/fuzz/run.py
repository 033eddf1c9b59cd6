#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# run.py libfuzzer|afl --seconds N --jobs N --seed N VARIANT/TARGET...: fuzzes each for its share of the seconds.
# run.py corpus VARIANT/TARGET...: merges what was found into tests/fuzz/corpus, and keeps it small.
#
# Programs are build/fuzz/FUZZER/VARIANT/TARGET. Each starts from tests/fuzz/corpus/TARGET; what is new goes to
# build/fuzz/new, findings go to build/fuzz/findings. Shown: executions and coverage of each run, and for each finding
# what was found, the input and how to run it again. Status 1 if there is a finding.

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

CORPUS, NEW, FINDINGS = "tests/fuzz/corpus", "build/fuzz/new", "build/fuzz/findings"
MOST_BYTES = 600  # of an input: longer ones only repeat
MOST_FILES = 300  # of a target in the kept corpus


class Run:
    def __init__(self, fuzzer, name, seconds, seed):
        self.fuzzer, self.name, self.seconds, self.seed = fuzzer, name, seconds, seed
        self.variant, self.target = name.split("/")
        self.program = f"build/fuzz/{fuzzer}/{name}"
        self.prefix = f"{FINDINGS}/{fuzzer}-{self.variant}-{self.target}"
        self.executions = self.coverage = self.features = 0
        self.findings, self.output = [], ""

    def go(self):
        os.makedirs(f"{NEW}/{self.target}", exist_ok=True)
        os.makedirs(FINDINGS, exist_ok=True)
        before = set(os.listdir(FINDINGS))
        status = self.go_libfuzzer() if self.fuzzer == "libfuzzer" else self.go_afl()
        name = os.path.basename(self.prefix)
        self.findings = [f"{FINDINGS}/{one}" for one in sorted(set(os.listdir(FINDINGS)) - before)
                         if one.startswith(name + "-")]
        # One that was found before is written again under its old name.
        self.findings += [one for one in re.findall(r"Test unit written to (\S+)", self.output)
                          if one not in self.findings]
        if status != 0 and not self.findings:
            self.findings = [f"(no input; status {status})"]
        return self

    def call(self, command, environment=None):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, **(environment or {})}, check=False)
        self.output = done.stdout.decode(errors="replace")
        return done.returncode

    def go_libfuzzer(self):
        status = self.call([self.program, f"-max_total_time={max(1, int(self.seconds))}", f"-max_len={MOST_BYTES}",
                            f"-seed={self.seed}", f"-artifact_prefix={self.prefix}-", "-print_final_stats=1",
                            "-timeout=20", "-len_control=20", f"{NEW}/{self.target}", f"{CORPUS}/{self.target}"])
        for found in re.finditer(r"^#(\d+)\s+\S+\s+cov: (\d+) ft: (\d+)", self.output, re.MULTILINE):
            self.executions, self.coverage, self.features = map(int, found.groups())
        units = re.findall(r"^stat::number_of_executed_units: (\d+)", self.output, re.MULTILINE)
        self.executions = int(units[-1]) if units else self.executions
        return status

    def go_afl(self):
        out = f"build/fuzz/afl-out/{self.variant}-{self.target}"
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        status = self.call(["afl-fuzz", "-i", f"{CORPUS}/{self.target}", "-o", out, "-V", str(max(1, int(self.seconds))),
                            "-s", str(self.seed), "-t", "2000", "--", self.program],
                           {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
                            "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1"})
        stats = f"{out}/default/fuzzer_stats"
        if os.path.exists(stats):
            with open(stats, encoding="utf-8") as lines:
                found = dict(re.split(r"\s*:\s*", line.strip(), maxsplit=1) for line in lines if ":" in line)
            self.executions, self.coverage = int(found["execs_done"]), int(found["edges_found"])
            self.features = int(found["corpus_count"])
        for kind in ("crashes", "hangs"):
            for one in sorted(os.listdir(f"{out}/default/{kind}")) if os.path.isdir(f"{out}/default/{kind}") else []:
                if one.startswith("id"):
                    shutil.copy(f"{out}/default/{kind}/{one}", f"{self.prefix}-{kind}-{one.split(',')[0][3:]}")
        queue = f"{out}/default/queue"
        for one in os.listdir(queue) if os.path.isdir(queue) else []:
            if one.startswith("id") and "orig:" not in one:
                shutil.copy(f"{queue}/{one}", f"{NEW}/{self.target}/afl-{self.variant}-{one.split(',')[0][3:]}")
        return status

    def show(self):
        what = "features" if self.fuzzer == "libfuzzer" else "inputs"
        print(f"{self.name:20} {self.executions:10,} executions  {self.coverage:6,} edges  {self.features:7,} {what}  "
              f"{len(self.findings)} findings", flush=True)
        for finding in self.findings:
            for line in re.findall(r"^(?:FINDING|==\d+==ERROR|.*runtime error|SUMMARY).*$", self.output, re.MULTILINE):
                print(f"     | {line}")
            if finding.startswith("("):
                print("".join(f"     | {line}\n" for line in self.output.splitlines()[-20:]), end="")
            print(f"     input: {finding}\n     to run it again, each call shown:\n"
                  f"         FUZZ_TRACE=1 build/fuzz/{self.fuzzer}/{self.name} {finding}\n"
                  f"     without a fuzzer: make build/fuzz/replay64/{self.name} && "
                  f"build/fuzz/replay64/{self.name} {finding}", flush=True)


def fuzz(arguments):
    share = arguments.seconds * arguments.jobs / max(len(arguments.runs), arguments.jobs)
    runs = [Run(arguments.fuzzer, name, share, arguments.seed) for name in arguments.runs]
    print(f"seed {arguments.seed}; {len(runs)} runs of {share:.0f} seconds, {arguments.jobs} at a time", flush=True)
    start, done = time.monotonic(), []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run.go) for run in runs]):
            done.append(future.result())
            done[-1].show()
    findings = sum(len(run.findings) for run in done)
    print(f"{sum(run.executions for run in done):,} executions in {time.monotonic() - start:.0f} seconds, "
          f"{findings} findings", flush=True)
    return 1 if findings else 0


def merge(target, names):
    """A set of inputs that covers what all of them do, variant by variant; the longest, if that is too many."""
    wanted, kept = f"build/fuzz/merge/{target}", f"{CORPUS}/{target}"
    shutil.rmtree(wanted, ignore_errors=True)
    os.makedirs(wanted)
    os.makedirs(kept, exist_ok=True)
    os.makedirs(f"{NEW}/{target}", exist_ok=True)
    for name in names:
        subprocess.run([f"build/fuzz/libfuzzer/{name}", "-set_cover_merge=1", f"-max_len={MOST_BYTES}", wanted,
                        kept, f"{NEW}/{target}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    files = sorted(os.listdir(wanted), key=lambda one: -os.path.getsize(f"{wanted}/{one}"))
    shutil.rmtree(kept)
    os.makedirs(kept)
    for one in files[:MOST_FILES]:
        shutil.copy(f"{wanted}/{one}", f"{kept}/{one[:16]}")
    print(f"{target}: {len(files[:MOST_FILES])} inputs of {len(files)}, "
          f"{sum(os.path.getsize(f'{kept}/{one}') for one in os.listdir(kept)):,} bytes")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fuzzer", choices=("libfuzzer", "afl", "corpus"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("runs", nargs="+")
    arguments = parser.parse_args()
    if arguments.fuzzer != "corpus":
        sys.exit(fuzz(arguments))
    for target in sorted({name.split("/")[1] for name in arguments.runs}):
        merge(target, [name for name in arguments.runs if name.endswith("/" + target)])


if __name__ == "__main__":
    main()
