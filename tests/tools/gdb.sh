#!/bin/sh
# SPDX-License-Identifier: MIT
#
# gdb.sh CASE...: tools/gdb/quarry.py on a program that leaks and dies (gdb/leaky.c). A CASE is where it runs and how it
# is compiled, FLAGS with commas between:
#   process[,FLAGS]    on this host; then once more from its core file
#   cortex-m4[,FLAGS]  in QEMU, through its stub
# Nothing is called in the program. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said

cat >"$work/look" <<END
set pagination off
set style enabled off
source $root/tools/gdb/quarry.py
END
cat >"$work/questions" <<'END'
echo [heaps]\n
quarry heaps
echo [info]\n
quarry info
echo [map]\n
quarry map network
echo [block]\n
quarry block table[7]
quarry block inside
quarry block table[2]
quarry block network
quarry block &table
echo [leaks]\n
quarry leaks
echo [check]\n
quarry check
echo [why]\n
quarry why 40
quarry why 100000
echo [find]\n
quarry find *(void **)table[7]
quarry find table[7]
echo [walk]\n
quarry walk
echo [print]\n
print *network
END

# $1: a name; $2: the section of what gdb said; $3: a pattern that must be there.
shows() {
    sed -n "/^\[$2\]/,/^\[/p" "$work/log" | grep -q -e "$3"
    status=$?
    sed -n "/^\[$2\]/,/^\[/p" "$work/log" >"$said"
    verdict $status "$1: $2 shows $3"
}

# $1: a name. What gdb said is in $work/log.
judge() {
    shows "$1" heaps '^network: 0x[0-9a-f]*, 49,152 bytes in 1 chunk, 19 blocks, [0-9,]* bytes used$'
    shows "$1" info 'PAGE_BYTES'
    shows "$1" info '21 requests, 2 frees, 0 refused'
    shows "$1" info 'free  *[0-9,]* bytes in [0-9]* runs*, the largest'
    shows "$1" map '^ *0x[0-9a-f]* [sSL.]*$'
    shows "$1" block 'the start of a live \(large\|small\) block of network: 2,[0-9]* bytes'
    shows "$1" block '8 bytes inside a live \(large\|small\) block of network'
    shows "$1" block '\(the start of\|inside\) \(a free slot\|a freed slot\|free pages\) of network'
    shows "$1" block 'control data of network'
    shows "$1" block 'in no heap that is known here'
    shows "$1" leaks '^network: 12 of 19 blocks, [0-9]* bytes, have nothing that points to them$'
    shows "$1" leaks '12 of [0-9]* bytes, the first at 0x[0-9a-f]*: .*S[a-l][.]*$'
    shows "$1" check '^network: 19 blocks, [0-9,]* free slots and [0-9]* free runs make sense$'
    shows "$1" why '^network: 40 bytes would fit'
    shows "$1" why '^network: 100,000 bytes would be refused: only [0-9,]* bytes are free'
    shows "$1" find '^0x[0-9a-f]*: the start of a live .* block of network'
    shows "$1" find '^no live block holds it'
    shows "$1" walk ' small$'
    shows "$1" walk ' free run$'
    shows "$1" print 'heap of 49,152 bytes: 19 blocks'
    ! grep -q -i -e traceback -e 'python exception' "$work/log"
    verdict $? "$1: no traceback"
}

# What is damaged is named. $1: a name.
judge_damage() {
    shows "$1" damage '^network: damaged: page [0-9]* at 0x[0-9a-f]*: .*; its code 0x[0-9a-f]* lies at 0x[0-9a-f]*$'
    shows "$1" noise 'quarry check: 0x[0-9a-f]* is no heap, or its control data is overwritten'
    shows "$1" unmapped 'quarry walk: [0-9,]* bytes at 0xdf000010 cannot be read'
    shows "$1" text 'quarry block: No symbol "nothing"'
}
cat >"$work/damage" <<'END'
echo [damage]\n
set var network->bins.runs.chunks.first.codes[network->bins.runs.chunks.first.page_count / 3] = 0x7f
set var network->bins.runs.chunks.first.codes[0] = 0x7f
quarry check
quarry map
echo [noise]\n
set var network->bins.runs.chunks.first.codes = 0
quarry check network
echo [unmapped]\n
quarry walk (struct quarry_heap *)0xdf000010
echo [text]\n
quarry block nothing
quarry why
quarry block 1.5
quarry leaks 3 +
END

# gdb goes on after a command that fails when it reads commands from its input. It takes seconds to read the C library's
# debug info, where that is installed.
ask() {
    timeout 400 gdb-multiarch -q -nx -iex "set debug-file-directory $work" "$@" <"$work/commands" 2>&1 | sed 's/^(gdb) *//; s/^\((gdb) \)*//' >"$work/log"
}

process() {
    # shellcheck disable=SC2086 # flags
    gcc -std=c11 -g -O1 $flags -I"$root/build/tools/library" "$root/tests/tools/gdb/leaky.c" \
        "$root/build/tools/library/quarry.c" -o "$work/leaky" >"$said" 2>&1
    verdict $? "$case: it does not build"
    { cat "$work/look"; echo "break die"; echo run; cat "$work/questions"
      echo "generate-core-file $work/core"; cat "$work/damage"; } >"$work/commands"
    ask "$work/leaky"
    judge "$case"
    judge_damage "$case"
    cat "$work/look" "$work/questions" >"$work/commands"
    ask "$work/leaky" "$work/core"
    judge "$case, core file"
    strip "$work/leaky"
    printf 'quarry heaps\n' | cat "$work/look" - >"$work/commands"
    ask "$work/leaky"
    grep -q 'no debug info of the library: compile src/\*.c with -g' "$work/log"
    verdict $? "$case: a program without debug info"
}

firmware() {
    # shellcheck disable=SC2086 # flags
    arm-none-eabi-gcc -std=c11 -g -Os -mthumb -mcpu=cortex-m4 -ffreestanding -nostdlib -ffunction-sections $flags \
        -I"$root/build/tools/library" "$root/tests/tools/gdb/leaky.c" "$root/tests/tools/gdb/firmware.c" \
        "$root/build/tools/library/quarry.c" -Wl,--gc-sections -T "$root/examples/minimal-cortex-m/link.ld" \
        -o "$work/firmware.elf" >"$said" 2>&1
    verdict $? "$case: it does not build"
    { cat "$work/look"
      echo "target remote | exec qemu-system-arm -M mps2-an386 -display none -S -gdb stdio -kernel $work/firmware.elf"
      echo "break die"; echo continue; cat "$work/questions" "$work/damage"; echo kill; } >"$work/commands"
    ask "$work/firmware.elf"
    judge "$case"
    judge_damage "$case"
}

PYTHONPATH=$root/tools/traces python3 -c "import os, replay
folder = os.path.join(replay.ROOT, 'build', 'tools')
os.makedirs(folder, exist_ok=True)
replay.library(os.path.join(folder, 'library'))" || exit 1
for case; do
    flags=$(echo "$case" | sed 's/^[^,]*//; s/,/ /g')
    case $case in
    process*) process ;;
    cortex-m4*) firmware ;;
    esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
