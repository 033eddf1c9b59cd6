#!/bin/sh
# SPDX-License-Identifier: MIT
#
# options.sh [--short] FOLDER: a program and a library with different options do not link, and the linker names the option.
#
# The library is the two-file version in FOLDER. Tried: each option in turn, gcc and clang, ld and lld, each with
# --gc-sections and some with -flto; a program that only uses a heap which somebody else made; that equal options link,
# however they are written; that the names cost no byte; and what finds misspelt options: tools/check-config and make.
# CMake has its own test. --short: without -flto. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
ltos="none -flto"
if [ "$1" = --short ]; then
    ltos=none
    shift
fi
dist=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said

cat >"$work/region.c" <<'END'
#include "quarry.h"
static unsigned char region[16384];
int main(void)
{
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    void *block = quarry_malloc(heap, 100);
    quarry_free(heap, block);
    return block == NULL;
}
END
cat >"$work/source.c" <<'END'
#include "quarry.h"
static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)bytes, (void)align_bytes;
    return NULL;
}
int main(void)
{
    const struct quarry_source source = {.acquire = acquire};
    return quarry_create_from_source(&source, NULL) != NULL;
}
END
# The heap is made elsewhere; these calls depend on options.
cat >"$work/emalloc.c" <<'END'
#include "quarry/emalloc.h"
int main(void)
{
    size_t bytes = 10;
    __asm__("" : "+r"(bytes));
    void *block = emalloc(bytes);
    efree(block);
    return 0;
}
END
cat >"$work/manager.c" <<'END'
#include "quarry/emalloc.h"
int main(void)
{
    return start_memory_manager(NULL) ? 1 : 0;
}
END

# An option for each line of quarry_config.h that is not the library's own affair.
cat >"$work/options" <<'END'
QUARRY_PAGE_BYTES 1024
QUARRY_ALIGN_BYTES 8
QUARRY_CHECK_LEVEL 2
QUARRY_LOCK HOOK
QUARRY_MASK_PRIORITY 205
QUARRY_STATS 0
QUARRY_CHUNK_BYTES 65536
QUARRY_TRACK 1
QUARRY_FREE_LATER 8
QUARRY_MARK MTE
QUARRY_CORES 34
QUARRY_CACHE 16
END
sed -n 's/^#ifndef \(QUARRY_[A-Z_]*\)$/\1/p' "$root/include/quarry_config.h" | grep -v '_H$\|QUARRY_CORE_INDEX\|QUARRY_ON_' | sort >"$work/there"
sed 's/ .*//' "$work/options" | sort | diff - "$work/there" >"$work/said"
verdict $? "an option of quarry_config.h is not tried here; does QUARRY_LINK_OPTIONS have it?"

# $1: compiler, $2: its other flags, $3: linker's flag, $4: program, $5: option's flag, $6: library.
link_program() {
    # shellcheck disable=SC2086 # lists of flags
    $1 -std=c11 -O1 $2 $5 -ffunction-sections -I"$root/include" $3 -Wl,--gc-sections "$work/$4.c" "$6" -o "$work/program" \
        >"$work/said" 2>&1
}

# The same; it must not link, and the linker must name the option with the program's value.
refused() {
    lock=
    case $5 in # without such a lock it does not compile
    QUARRY_CORES | QUARRY_CACHE) lock=-DQUARRY_LOCK=SMP ;;
    QUARRY_MASK_PRIORITY) lock=-DQUARRY_LOCK=IRQ ;;
    esac
    ! link_program "$1" "$2" "$3" "$4" "-D$5=$6 $lock" "$7" && grep -q "undefined.*$5_$6\(__\|[^A-Z0-9]\|\$\)" "$work/said"
    verdict $? "$1 $2 $3: $4 with $5=$6 and a library with other options"
}

for compiler in gcc clang; do
    for lto in $ltos; do
        [ "$lto" = -flto ] || lto=
        # shellcheck disable=SC2086 # may be no flag
        $compiler -std=c11 -O1 $lto -ffunction-sections -c "$dist/quarry_emalloc.c" -o "$work/$compiler$lto.o" >"$work/said" 2>&1
        verdict $? "$compiler $lto quarry.c"
        if [ "$failed" != 0 ]; then
            echo "there is no library to link with"
            echo "$passed passed, $failed failed"
            exit 1
        fi
        library=$work/$compiler$lto.o
        # gcc's own objects for link-time optimisation are for ld only, clang's are for lld.
        case $compiler$lto in
        gcc-flto) linkers="-fuse-ld=bfd" ;;
        clang-flto) linkers="-fuse-ld=lld" ;;
        *) linkers="-fuse-ld=bfd -fuse-ld=lld" ;;
        esac
        for linker in $linkers; do
            link_program $compiler "$lto" "$linker" region "" "$library" && "$work/program"
            verdict $? "$compiler $lto $linker: equal options do not link and run"
            while read -r option value; do
                # With link-time optimisation a link takes long: some options are enough.
                case $lto$option in -flto*LOCK | -flto*LEVEL) ;; -flto*) continue ;; esac
                refused $compiler "$lto" "$linker" region "$option" "$value" "$library"
            done <"$work/options"
        done
    done
done
library=$work/gcc.o
for program in source emalloc manager; do
    link_program gcc "" "" $program "" "$library" && { [ $program = emalloc ] || "$work/program"; }
    verdict $? "gcc $program: equal options do not link and run"
    while read -r option value; do
        refused gcc "" "" $program "$option" "$value" "$library"
    done <"$work/options"
done

# The same value, written in another way.
for flag in -DQUARRY_LOCK=0 -DQUARRY_LOCK=NONE -DQUARRY_LOCK=QUARRY_LOCK_NONE '-DQUARRY_LOCK=(NONE)' \
    -DQUARRY_PAGE_BYTES=0x200 '-DQUARRY_PAGE_BYTES=(32*16u)' -DQUARRY_MARK=NONE -DQUARRY_CORES=01; do
    link_program gcc "-Wall -Wextra -Wundef -Werror" "" region "$flag" "$library"
    verdict $? "$flag is the default, but does not link"
done
for flag in -DQUARRY_LOCK=IRQ -DQUARRY_LOCK=QUARRY_LOCK_IRQ -DQUARRY_LOCK=1; do
    gcc -std=c11 $flag -DIRQ=9 -Wundef -Werror -I"$root/include" -c "$work/region.c" -o "$work/region.o" >"$work/said" 2>&1 &&
        nm "$work/region.o" | grep -q QUARRY_LOCK_IRQ__
    verdict $? "$flag is not QUARRY_LOCK_IRQ"
done
! gcc -std=c11 -DQUARRY_LOCK=IQR -I"$root/include" -c "$work/region.c" -o "$work/region.o" >"$work/said" 2>&1
verdict $? "-DQUARRY_LOCK=IQR compiles"

# An image has the same bytes with plain names.
for names in "" '-DQUARRY_LINK_NAME(name)='; do
    gcc -std=c11 -Os ${names:+"$names"} -ffunction-sections -I"$dist" "$work/region.c" "$dist/quarry.c" -Wl,--gc-sections \
        -o "$work/image" >"$work/said" 2>&1 && objcopy -O binary -j .text -j .rodata -j .data -j .bss "$work/image" "$work/image${names:+.plain}.bin"
done
cmp "$work/image.bin" "$work/image.plain.bin" >"$work/said" 2>&1
verdict $? "names with options cost bytes"

# --- Misspelt names ---

# $1: text that must be said, the rest: arguments. Refused, and the text is there.
misspelt() {
    text=$1
    shift
    ! "$root/tools/check-config" "$@" >"$work/said" 2>&1 && grep -q "$text" "$work/said"
    verdict $? "check-config $*: does not say \"$text\""
}
misspelt "QUARRY_LOKC; is QUARRY_LOCK meant" -O2 -DQUARRY_LOKC=IRQ
misspelt "QUARRY_PAGEBYTES; is QUARRY_PAGE_BYTES meant" -D QUARRY_PAGEBYTES=64
misspelt "no option QUARRY_SOMETHING_ELSE" -DQUARRY_SOMETHING_ELSE
printf '#define QUARRY_CONFIG_OF_MINE_H\n#define QUARRY_LOCK SMP\n#  define QUARRY_CHECK_LEVLE 2\n' >"$work/mine.h"
misspelt "mine.h: there is no option QUARRY_CHECK_LEVLE; is QUARRY_CHECK_LEVEL meant" "$work/mine.h"
misspelt "QUARRY_CHECK_LEVLE" "-I$work" '-DQUARRY_CONFIG_HEADER="mine.h"'
echo 'CFLAGS += -O2 -DQUARRY_TRAK=1' >"$work/rules.mk"
misspelt "is QUARRY_TRACK meant" "$work/rules.mk"
"$root/tools/check-config" -O2 -DQUARRY_LOCK=IRQ -DNDEBUG $(sed 's/ /=/; s/^/-D/' "$work/options") >"$work/said" 2>&1
verdict $? "check-config refuses options that there are"
! (cd "$root" && make -n lib QUARRY_FLAGS=-DQUARRY_STAT=0) >"$work/said" 2>&1 && grep -q "QUARRY_STATS meant" "$work/said"
verdict $? "make does not refuse a misspelt option"
! (cd "$root" && make -n lib QUARRY_LOCK=IRQ) >"$work/said" 2>&1 && grep -q "QUARRY_FLAGS=-DQUARRY_LOCK=IRQ" "$work/said"
verdict $? "make takes an option for a variable of its own"

# --- What a library was built with ---

gcc -std=c11 -DQUARRY_LOCK=SMP -DQUARRY_PAGE_BYTES=128 -I"$root/include" -c "$work/region.c" -o "$work/region.o"
"$root/tools/check-config" --compare "$work/region.o" "$library" >"$work/said" 2>&1
[ $? = 1 ] && [ "$(sed 's/:.*//' "$work/said" | tr '\n' ' ')" = "QUARRY_LOCK QUARRY_PAGE_BYTES " ]
verdict $? "check-config --compare does not show QUARRY_LOCK and QUARRY_PAGE_BYTES"
gcc -std=c11 $("$root/tools/check-config" --flags "$work/region.o") -I"$root/include" -c "$work/region.c" -o "$work/again.o" >"$work/said" 2>&1 &&
    cmp "$work/region.o" "$work/again.o" >>"$work/said" 2>&1
verdict $? "check-config --flags gives other options than an object has"

(cd "$root" && make -s install DESTDIR="$work" PREFIX=/root) >"$work/said" 2>&1
flags=$(sed -n 's/^Cflags: //p; s/^Libs: //p' "$work/root/lib/pkgconfig/quarry.pc" | sed "s|\${prefix}|$work/root|g" | tr '\n' ' ')
case $flags in *-DQUARRY_LOCK=QUARRY_LOCK_NONE*-DQUARRY_CORES=1*) ;; *) false ;; esac &&
    gcc -std=c11 "$work/region.c" $flags -o "$work/program" >>"$work/said" 2>&1 && "$work/program"
verdict $? "what make install installs does not work with the flags of its quarry.pc: $flags"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
