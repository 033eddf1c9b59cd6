#!/bin/sh
# SPDX-License-Identifier: MIT
#
# record.sh: events and the ring of ports/trace, and what tools/record makes of it: every kind of event in a process;
# then a firmware in QEMU that records itself and dies, whose leak the tools name. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said
cd "$work" || exit 1
PYTHONPATH=$root/tools/traces python3 -c "import os, replay
os.makedirs(os.path.join(replay.ROOT, 'build', 'tools'), exist_ok=True)
replay.library(os.path.join(replay.ROOT, 'build', 'tools', 'library'))" || exit 1
library=$root/build/tools/library
ring="-DQUARRY_CONFIG_HEADER=\"quarry_ring_config.h\" -I$library -I$root/ports/trace"

cat >wanted <<'END'
a 0 100
a 1 21
f 0
a 0 200
r 1 3000
x 1000000
x 2000000
r 1 50
a 2 10
r 2 9
r 0 190
f 2
END

# $1: what is tested; $2: a ring or stream; $3: the lines that are wanted.
records() {
    "$root/tools/record" "$2" -o trace >"$said" 2>&1 && grep -v '^#' trace | sed 's/ @[0-9a-f]*$//' | diff "$3" - >>"$said"
    verdict $? "$1"
}

# $1: how many records the ring has; the rest: flags.
process() {
    records=$1
    shift
    # shellcheck disable=SC2086 # flags
    gcc -std=c11 -O0 -Wall -Wextra "$@" $ring -DQUARRY_RING_RECORDS="$records" "$root/tests/tools/gdb/recorded.c" \
        "$root/ports/trace/quarry_ring.c" "$library/quarry.c" -o recorded >"$said" 2>&1 && ./recorded ring stream >>"$said"
    verdict $? "a process with a ring of $records records ($*)"
}

process 64
records "every kind of event, from the ring" ring wanted
records "the same from the stream" stream wanted
grep -q '^a 0 100 @[0-9a-f]*$' trace
verdict $? "callers' addresses"
process 8 -m32 -isystem /usr/include/x86_64-linux-gnu
tail -n 8 wanted | sed 's/^r 1 3000/a 0 3000/; s/^r 1 50/r 0 50/; s/^a 2 10/a 1 10/; s/^r 2 9/r 1 9/; s/^r 0 190/a 2 190/; s/^f 2/f 1/' >late
records "the last records alone, 32-bit" ring late
grep -q '^# 4 events before the first were overwritten$' trace && grep -q '^# 2 events were about blocks' trace
verdict $? "what was overwritten is said"
records "a stream that is drained in time has all" stream wanted

# Off: the library is what it was.
gcc -std=c11 -O1 -I"$root/include" -I"$root/arch/hosted" -c "$root/src/events/events.c" -o off.o && [ -z "$(nm off.o)" ]
verdict $? "without events no code"

# A firmware that records itself, and what the tools say of its leak.
# shellcheck disable=SC2086 # flags
arm-none-eabi-gcc -std=c11 -g -Os -mthumb -mcpu=cortex-m4 -ffreestanding -nostdlib -ffunction-sections $ring \
    -DQUARRY_RING_RECORDS=64 "$root/tests/tools/gdb/leaky.c" "$root/tests/tools/gdb/firmware.c" \
    "$root/ports/trace/quarry_ring.c" "$library/quarry.c" -Wl,--gc-sections -T "$root/examples/minimal-cortex-m/link.ld" \
    -o firmware.elf >"$said" 2>&1
verdict $? "a firmware with a ring builds"
cat >commands <<'END'
target remote | exec qemu-system-arm -M mps2-an386 -display none -S -gdb stdio -kernel firmware.elf
break die
continue
dump binary value firmware.ring quarry_ring
kill
END
# QEMU may be gone before gdb has its answer to kill: the ring is what counts.
timeout 300 gdb-multiarch -q -nx -batch -x commands firmware.elf >"$said" 2>&1
[ -s firmware.ring ]
verdict $? "gdb dumps the ring of a dead board"
"$root/tools/record" firmware.ring -o trace >"$said" 2>&1 && grep -q '^19 blocks are live at the end$' "$said"
verdict $? "its trace"
"$root/tools/view" trace -o page.html --massif massif --elf firmware.elf >"$said" 2>&1 && ms_print massif >"$said" &&
    grep -q ' (480B) 0x[0-9A-F]*: open_session[.a-z0-9]* (leaky.c:[0-9]*)' "$said"
verdict $? "the picture names the leak: 12 sessions of 40 bytes"
(cd "$root" && tools/size --level 1 --no-models "$work/trace") >"$said" 2>&1 && grep -q ' 23 calls; ' "$said"
verdict $? "the region that it needs"

# $1: the sentence; what is bad is in the file bad.
refuses() {
    "$root/tools/record" bad -o none >"$said" 2>&1
    [ $? = 1 ] && [ "$(cat "$said")" = "tools/record: $1" ] && [ ! -e none ]
    verdict $? "$1"
}
: >bad
refuses "bad: no ring of ports/trace: it begins with b'', not with b'QRYRING1'"
head -c 100 /dev/zero >bad
refuses "bad: no ring of ports/trace: it begins with b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00', not with b'QRYRING1'"
head -c 10 ring >bad
refuses "bad: its words have neither 4 nor 8 bytes"
head -c 14 ring >bad
refuses "bad: the file ends within its head (14 bytes)"
head -c 100 ring >bad
refuses "bad: the ring has 8 records, the file 4"
{ head -c 20 stream; head -c 20 /dev/zero; } >bad
refuses "bad: record 0 of 1 has no kind that there is: 0x0"
head -c 20 stream >bad
refuses "bad: nothing was recorded"
rm bad
refuses "bad: No such file or directory"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
