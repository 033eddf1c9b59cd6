#!/bin/sh
# SPDX-License-Identifier: MIT
#
# peer.sh NAME LIBRARY.a REGION.o OUTPUT.o [SYMBOL...]: the allocator of a C library as one object that can stand beside others.
#
# Takes malloc, free, realloc and SYMBOL... out of the archive, with all that they need, and sbrk out of REGION.o
# (peer_region.c). In OUTPUT.o these, and start, begin with NAME_ (leading underscores dropped); every other symbol is
# local. CROSS is the prefix of the binutils: arm-none-eabi-.

set -eu
name=$1 library=$2 region=$3 output=$4
shift 4
ld=${CROSS-}ld objcopy=${CROSS-}objcopy nm=${CROSS-}nm

if [ ! -r "$library" ]; then
    echo "peer.sh: no $library; does the Debian package lack this CPU?" >&2
    exit 1
fi

take=
rename=
keep=
for symbol in malloc free realloc "$@"; do
    take="$take -u $symbol"
    new=${name}_$(echo "$symbol" | sed 's/^_*//')
    rename="$rename --redefine-sym $symbol=$new"
    keep="$keep --keep-global-symbol=$new"
done
rename="$rename --redefine-sym peer_start=${name}_start"
keep="$keep --keep-global-symbol=${name}_start"

# shellcheck disable=SC2086 # lists of words
"$ld" -r $take -o "$output.all" "$region" "$library"
# shellcheck disable=SC2086
"$objcopy" $rename "$output.all" "$output.renamed"
# shellcheck disable=SC2086
"$objcopy" $keep "$output.renamed" "$output"
rm -f "$output.all" "$output.renamed"

# An image gives nothing but the size of the thread's control block (-Wl,--defsym).
missing=$("$nm" -u "$output" | grep -v -e ' w ' -e __arm32_tls_tcb_offset || true)
if [ -n "$missing" ]; then
    echo "peer.sh: $name needs more than it brings:" "$missing" >&2
    rm -f "$output"
    exit 1
fi
