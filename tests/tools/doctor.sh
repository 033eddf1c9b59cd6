#!/bin/sh
# SPDX-License-Identifier: MIT
#
# doctor.sh [--save]: what tools/doctor says of a Cortex-M4 image, of options that differ, and of files that are none;
# with --save also what options would save. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said
cd "$work" || exit 1

cat >program.c <<'END'
#include "quarry.h"
static unsigned char network_region[8192] __attribute__((aligned(8)));
unsigned char late_heap[4096] = {1};
void *block;
int main(void)
{
    struct quarry_heap *heap = quarry_create(network_region, sizeof network_region, NULL);
    block = quarry_malloc(heap, 10);
    return late_heap[0];
}
END
# $1: output; the rest: flags.
image() {
    output=$1
    shift
    arm-none-eabi-gcc -std=c11 -Os -mthumb -mcpu=cortex-m4 -ffreestanding -ffunction-sections -nostdlib "$@" \
        -I"$root/build/tools/library" program.c "$root/build/tools/library/quarry.c" -Wl,--gc-sections,-e,main \
        -o "$output" >"$said" 2>&1
    verdict $? "$output does not build"
}
PYTHONPATH=$root/tools/traces python3 -c "import os, replay
os.makedirs(os.path.join(replay.ROOT, 'build', 'tools'), exist_ok=True)
replay.library(os.path.join(replay.ROOT, 'build', 'tools', 'library'))" || exit 1
image plain.elf
arm-none-eabi-gcc -std=c11 -Os -mthumb -mcpu=cortex-m4 -ffreestanding -DQUARRY_STATS=0 -I"$root/build/tools/library" \
    -c program.c -o other.o

# $1: status that is wanted; $2: pattern; the rest: arguments.
says() {
    status=$1 pattern=$2
    shift 2
    timeout 300 "$root/tools/doctor" "$@" >"$said" 2>&1
    [ $? = "$status" ] && grep -q -e "$pattern" "$said" && ! grep -q Traceback "$said"
    verdict $? "tools/doctor $*: $pattern"
}
also() {
    grep -q -e "$1" "$said"
    verdict $? "and $1"
}
says 1 'CHECK_LEVEL 1, LOCK NONE, PAGE_BYTES 64' plain.elf
also 'network_region: 8,192 bytes at 0x[0-9a-f]*, in .bss$'
also 'late_heap: 4,096 bytes at 0x[0-9a-f]*, in .data$'
also 'it is initialised: 4,096 bytes of the image are its copy'
also ' [0-9],[0-9]* bytes  core ('
# The sum is the code that the image has of the library, all of it but the program's own main().
main_bytes=$((0x$(arm-none-eabi-nm -S plain.elf | sed -n 's/^[^ ]* \([^ ]*\) T main$/\1/p')))
text_bytes=$(arm-none-eabi-size -A plain.elf | awk '$1 ~ /^\.(text|rodata)/ { sum += $2 } END { print sum }')
sum=$(sed -n 's/^ *\([0-9,]*\) bytes  in all$/\1/p' "$said" | tr -d ,)
[ "$sum" -le $((text_bytes - main_bytes)) ] && [ $((12 * (text_bytes - main_bytes - sum))) -lt "$text_bytes" ]
verdict $? "the parts ($sum) are the image's code ($text_bytes) but for main"
says 1 'other.o: STATS is 0: it will not link' plain.elf other.o
says 1 'the flags: LOCK is IRQ: it will not link' plain.elf -- -DQUARRY_LOCK=IRQ
says 1 'there is no option QUARRY_STATZ; is QUARRY_STATS meant' plain.elf -- -DQUARRY_STATZ=0
says 1 'the flags: the same' plain.elf -- -DQUARRY_LOCK=NONE -DQUARRY_STATS=1
says 1 'tools/doctor: the flags: .*QUARRY_CHECK_LEVEL must be from 0 to 4' plain.elf -- -DQUARRY_CHECK_LEVEL=9
if [ "${1-}" = --save ]; then
    says 1 'QUARRY_STATS 0 instead of 1: [0-9]* bytes' plain.elf --save
    also 'QUARRY_CHECK_LEVEL 0 instead of 1: [0-9]* bytes'
fi

arm-none-eabi-strip plain.elf -o stripped.elf
says 1 '^tools/doctor: stripped.elf: it has no symbols (it was stripped)' stripped.elf
head -c 3000 plain.elf >short.elf
says 1 '^tools/doctor: short.elf: an ELF file that is cut short or damaged (3,000 bytes)$' short.elf
head -c 20 plain.elf >short.elf
says 1 '^tools/doctor: short.elf: an ELF file that is cut short' short.elf
: >empty.elf
says 1 '^tools/doctor: empty.elf: the file is empty$' empty.elf
says 1 '^tools/doctor: program.c: not an ELF file$' program.c
says 1 '^tools/doctor: nowhere.elf: No such file or directory$' nowhere.elf
says 1 '^tools/doctor: .: Is a directory$' .
echo 'int main(void) { return 0; }' >none.c
arm-none-eabi-gcc -mthumb -mcpu=cortex-m4 -nostdlib none.c -Wl,-e,main -o none.elf
says 1 '^tools/doctor: none.elf: no function of Quarry' none.elf

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
