#!/bin/sh
# SPDX-License-Identifier: MIT
#
# freestanding.sh [--short] [--library ARCHIVE] ISA COMPILER...: the library keeps its build contract on an ISA.
#
# Each COMPILER is a command with the flags that name the CPU. Every configuration below is built by the contract's
# one command line, with warnings as errors, and joined into one object that must refer to no outside symbol, at every
# level of optimisation. A configuration has several options at once, as each takes a few seconds.
# With QUARRY_LOCK_HOOK two symbols are the user's to define; a CPU without atomics must refuse QUARRY_LOCK_SMP, a
# process QUARRY_LOCK_IRQ, and one without BASEPRI QUARRY_MASK_PRIORITY. --short: the default configuration, and with the
# first compiler of ISAs of each kind one with many options. --library: what `make lib` delivers, which is looked at in place of the first compiler's default build.
# Ends with "N passed, N failed".

set -u
short=
library=
if [ "$1" = --short ]; then
    short=1
    shift
fi
if [ "$1" = --library ]; then
    library=$(realpath "$2")
    shift 2
fi
isa=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

fail() {
    failed=$((failed + 1))
    echo "FAIL $*"
    cat "$work/said"
}

# $1: compiler, $2: source files, the rest: flags of the configuration.
build() {
    compiler=$1
    files=$2
    shift 2
    rm -f "$work"/*.o
    (cd "$work" && $compiler -std=c11 -O2 -ffreestanding -I"$root/include" -I"$root/arch/$isa" \
        -Wall -Wextra -Wconversion -Wundef -Werror "$@" -c $files) >"$work/said" 2>&1
}

# $1: compiler, $2: symbols that may stay undefined, the rest: flags.
prove() {
    compiler=$1
    allowed=$2
    shift 2
    if ! build "$compiler" "$root/src/*.c $root/src/*/*.c" "$@"; then
        fail "$isa: $compiler $*: does not build"
        return
    fi
    join "$compiler" "$work/*.o" "$@"
}

# $1: compiler, $2: objects or an archive; the rest: flags that they were compiled with.
join() {
    compiler=$1
    objects=$2
    shift 2
    # LLVM's linker reads no big-endian ARM objects; clang's driver would look for gcc's.
    case $compiler in
    *gcc*) join="$compiler -nostdlib -r" ;;
    *) join="ld.lld -r" ;;
    esac
    case $objects in
    *.a) objects="-Wl,--whole-archive $objects -Wl,--no-whole-archive" ;;
    esac
    if ! $join $objects -o "$work/all" >"$work/said" 2>&1; then
        fail "$isa: $compiler $*: does not link"
        return
    fi
    llvm-nm -u "$work/all" | awk '{ print $NF }' | sort >"$work/undefined"
    for symbol in $allowed; do
        echo "$symbol"
    done | sort >"$work/allowed"
    if comm -23 "$work/undefined" "$work/allowed" >"$work/said" && [ -s "$work/said" ]; then
        fail "$isa: $compiler $*: refers to"
        return
    fi
    passed=$((passed + 1))
}

# $1: compiler, $2: a text, the rest: flags. It must not build, and the compiler must say the text.
refuse() {
    compiler=$1
    text=$2
    shift 2
    if ! build "$compiler" "$root/src/quarry.c" "$@" && grep -i -q "$text" "$work/said"; then
        passed=$((passed + 1))
    else
        fail "$isa: $compiler $*: is not refused with \"$text\""
    fi
}

# $1: compiler, $2: a macro that says what the CPU has. Is it 1?
has() {
    $1 -std=c11 -ffreestanding -E -dM -I"$root/arch/$isa" "$root/arch/arch.h" | grep -q "#define $2 1$"
}

# One configuration that has what most of prove_all have. The other ISAs are much like one of these.
prove_short() {
    case $isa in
    x86_64 | armv6m | armv7em | aarch64 | riscv32 | hosted) prove "$1" "" -Os -DQUARRY_CHECK_LEVEL=3 -DQUARRY_TRACK=1 ${smp:-$irq} ;;
    esac
}

prove_all() {
    prove "$1" "" -O1 -DQUARRY_CHECK_LEVEL=0 -DQUARRY_STATS=0
    prove "$1" "" -Os -DQUARRY_CHECK_LEVEL=2
    if has "$1" ARCH_HAS_PRIORITY_MASK; then
        prove "$1" "" -Os $irq -DQUARRY_MASK_PRIORITY=80
    fi
    prove "$1" "" -O3 -DQUARRY_CHECK_LEVEL=4 $irq
    prove "$1" "" -Oz $smp
    # These ISAs lie between others that ask for all, and so does clang, which agrees with gcc on what there is.
    case $isa:$1 in armv7m:* | armv8m:* | armv7[ar]:* | hosted:* | i386:* | riscv64:* | *:clang*) return ;; esac
    prove "$1" "" -Os -DQUARRY_TRACK=1
    prove "$1" "quarry_lock_hook quarry_unlock_hook" -DQUARRY_CHECK_LEVEL=2 -DQUARRY_CORES=2 -DQUARRY_LOCK=3
    prove "$1" "quarry_lock_hook quarry_unlock_hook" -O3 -DQUARRY_LOCK=3 -DQUARRY_TRACK=1
    prove "$1" "" -Os -DQUARRY_PAGE_BYTES=64 -DQUARRY_CHECK_LEVEL=2
    prove "$1" "" -DQUARRY_PAGE_BYTES=4096 -DQUARRY_ALIGN_BYTES=16
}

first=$1
for compiler; do
    irq=
    smp=
    if has "$compiler" ARCH_HAS_MASK; then
        irq=-DQUARRY_LOCK=1
    else
        refuse "$compiler" 'QUARRY_LOCK_IRQ masks nothing' -DQUARRY_LOCK=1
    fi
    if [ -n "$irq" ] && ! has "$compiler" ARCH_HAS_PRIORITY_MASK; then
        refuse "$compiler" 'QUARRY_MASK_PRIORITY needs BASEPRI' -DQUARRY_LOCK=1 -DQUARRY_MASK_PRIORITY=80
    fi
    if has "$compiler" ARCH_HAS_ATOMICS; then
        smp=-DQUARRY_LOCK=2
    else
        refuse "$compiler" 'needs atomic .*one core use QUARRY_LOCK_IRQ, with several QUARRY_LOCK_HOOK' -DQUARRY_LOCK=2
    fi
    if has "$compiler" ARCH_HAS_TAGS; then
        # The tests of memory tags are linked without a library, too.
        [ -n "$short" ] || prove "$compiler" "" -DQUARRY_MARK=3
    else
        refuse "$compiler" 'QUARRY_MARK_MTE needs a CPU with memory tags' -DQUARRY_MARK=3
    fi
    if [ -n "$library" ]; then
        allowed=
        join "$compiler" "$library" "(make lib)"
    else
        prove "$compiler" ""
    fi
    library=
    if [ -z "$short" ]; then
        prove_all "$compiler"
    elif [ "$compiler" = "$first" ]; then
        prove_short "$compiler"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
