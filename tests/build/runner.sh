#!/bin/sh
# SPDX-License-Identifier: MIT
#
# runner.sh: tests/run.py itself, on a build and jobs of its own: progress, a build that fails, a job that hangs.
#
# Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said

says() { grep -q -e "$1" "$work/said"; }
never_says() { ! grep -q -e "$1" "$work/said"; }
ends_with() { [ "$(tail -n 1 "$work/said")" = "$1" ]; }

# $1: jobs at a time, $2: name of the list; the rest: targets.
run() {
    jobs=$1
    list=$2
    shift 2
    (cd "$work" && TEST_QUIET=0.5 python3 "$root/tests/run.py" "$jobs" "$list" make -s -k "$@") >"$work/said" 2>&1
    status=$?
}

# What make hands to a make that it starts would come in.
unset MAKEFLAGS MFLAGS MAKELEVEL
cat >"$work/Makefile" <<'END'
good: build/one build/two
broken: build/one build/lame
build/one build/two: ; mkdir -p build; sleep 0.7; touch $@
build/lame: ; echo 'lame.c:1: error: this is wrong' >&2; false
END
printf 'first\t60\ttrue; : build/one\nsecond\t60\techo "3 passed, 0 failed, 1 skipped"; sleep 2; : build/two\n' >"$work/good.list"
printf 'needs it\t60\tbuild/lame\nneeds nothing\t60\techo "2 passed, 0 failed"\nmakes\t60\tmake build/lame\n' >"$work/broken.list"
printf 'hangs\t1\tsleep 100\nfails\t60\techo ok fine; echo oh; false\n' >"$work/hangs.list"

run 1 good.list good
expect "a good run succeeds" [ $status = 0 ]
expect "the last line is the sum of build and jobs" ends_with "5 passed, 0 failed"
expect "the build says how much there is" says "^building 2 files"
expect "the build says how far it is and what it makes" says "^building 2 of 2: build/two  \\[[0-9]* s\\]"
expect "a job's line says how many there are, and seconds" says "^ok   first  .*1 passed, 0 failed (0.. s)  \\[1 of 2, [0-9]* s\\]"
expect "what is running is said" says "running: second ([0-9]* s)"

run 2 broken.list broken
expect "a failed build fails" [ $status = 1 ]
expect "a failed build is one failure, and other jobs count" ends_with "2 passed, 1 failed"
expect "the message is shown" says "lame.c:1: error: this is wrong"
expect "jobs that need what was not built are not run" says "2 of 3 jobs are not run"
expect "they do not fail" never_says "FAIL needs it"

touch "$work/build/lame"
sed -i 's|^build/lame:|build/lame: Makefile FORCE|; $a FORCE:' "$work/Makefile"
run 2 broken.list broken
expect "an image of an earlier build does not count as built" ends_with "2 passed, 1 failed"

# In the real Makefile, where files of flags are always looked at: what is there is not wanted again.
(cd "$root" && make -s build/hosted/libquarry.a && make -s -n --trace build/hosted/libquarry.a) >"$work/said" 2>&1
expect "make does not want again what is built" never_says "target 'build/hosted/libquarry.a'"

run 2 hangs.list good
expect "a job that hangs is ended" says "ended after 1 seconds"
expect "jobs that fail are counted, beside the build" ends_with "1 passed, 2 failed"
expect "the output of a failed job is shown" says "     | oh"
expect "its lines that are ok are not" never_says "| ok fine"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
