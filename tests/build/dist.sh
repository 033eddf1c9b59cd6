#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dist.sh FOLDER PORT=COMPILER... [--look PORT=COMPILER...]: the two-file version in FOLDER builds with every compiler,
# without an include path.
#
# It must choose its port by itself, give no warning, refer to no outside symbol, and mask interrupts. Where the compiler
# makes processes it must choose the port for them, which refuses QUARRY_LOCK_IRQ, until PORT is named. COMPILER may
# have flags. With those after --look, nothing is built: the compiler reads it without a warning, and what it reads masks
# interrupts. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
dist=$(cd "$1" && pwd)
shift
tools=$(cd "$(dirname "$0")/../../tools" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include "%s"\n' "$dist/quarry_emalloc.c" "$dist/quarry_caps.c" >"$work/all.c"
said=$work/said

# The rest: compiler and flags. gcc builds the library with the calls of quarry/emalloc.h and quarry/caps.h, whose files
# have quarry.c in them.
build() {
    rm -f "$work/quarry.o"
    case $1 in
    *gcc) file=$work/all.c ;;
    *) file=$dist/quarry.c ;;
    esac
    "$@" -std=c11 -Wall -Wextra -Wconversion -Wundef -Werror -c "$file" -o "$work/quarry.o" >"$work/said" 2>&1
}

refers_to_nothing() {
    llvm-nm -u "$work/quarry.o" | grep -v _GLOBAL_OFFSET_TABLE_ >"$work/said"
    [ ! -s "$work/said" ]
}

# $1: a compiler. Does what it built mask interrupts in more than a few places? LLVM's tool reads what clang compiles for.
masks() {
    case $1 in
    *gcc) objdump=$("$1" -print-prog-name=objdump) ;;
    *) objdump=llvm-objdump ;;
    esac
    "$objdump" -d --no-show-raw-insn "$work/quarry.o" >"$work/code"
    [ "$(grep -c -i -E '[[:space:]](cpsid|cli|csrrci|csrrci?w?|msr[[:space:]]+(daifset|cpsr_c).*|rsil)([[:space:]].*)?$' "$work/code")" -gt 10 ]
}

# Instructions that mask interrupts, in what the compiler reads.
reads_masks() {
    "$@" -std=c11 -ffreestanding -E "$dist/quarry.c" >"$work/read" && grep -q -E '(cpsid|pushf.*cli|csrrci|daifset|msr cpsr_c|rsil)' "$work/read"
}

look=
for pair; do
    if [ "$pair" = --look ]; then
        look=1
        continue
    fi
    port=${pair%%=*}
    compiler=${pair#*=}
    # shellcheck disable=SC2086 # a command and its flags
    set_of_port=$("$tools/port.sh" $compiler)
    name=-DQUARRY_PORT=QUARRY_PORT_$(echo "$port" | tr '[:lower:]' '[:upper:]')
    if [ -n "$look" ]; then
        [ "$set_of_port" = hosted ] || name=
        # shellcheck disable=SC2086
        build $compiler -O2 -ffreestanding -DQUARRY_LOCK=1 $name -fsyntax-only && reads_masks $compiler -DQUARRY_LOCK=1 $name
        verdict $? "$compiler $name: warns, or masks no interrupts"
        continue
    fi
    if [ "$set_of_port" = hosted ]; then
        # shellcheck disable=SC2086
        build $compiler -O2 -ffreestanding && refers_to_nothing
        verdict $? "$compiler: does not build, or refers to"
        # shellcheck disable=SC2086
        ! build $compiler -O2 -ffreestanding -DQUARRY_LOCK=1 && grep -q 'QUARRY_LOCK_IRQ masks nothing in a process' "$work/said"
        verdict $? "$compiler: masks nothing, and does not say so"
    else
        name=
    fi
    if [ "$port" != hosted ]; then
        # shellcheck disable=SC2086
        build $compiler -O2 -ffreestanding -DQUARRY_LOCK=1 $name && refers_to_nothing && masks $compiler
        verdict $? "$compiler $name: does not build, refers to, or masks no interrupts"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
