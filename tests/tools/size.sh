#!/bin/sh
# SPDX-License-Identifier: MIT
#
# size.sh REGION_32 TRACE... [-- REGION_64 TRACE...]: tools/size finds the region that the benchmark's search finds, to
# the byte, and says what binds. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said

# $1: bits; $2: the benchmark's program; the rest: traces.
agree() {
    bits=$1 program=$2
    shift 2
    for trace; do
        wanted=$("$program" "$trace" | cut -f 4)
        found=$(tools/size --tsv --no-models --bits "$bits" --level 1 "$trace" 2>"$said" | cut -f 6)
        [ -n "$wanted" ] && [ "$found" = "$wanted" ]
        verdict $? "$trace, $bits bits: the search finds $wanted, tools/size $found"
    done
}

bits=32 program=$1
shift
traces=
for word; do
    case $word in
    --) agree "$bits" "$program" $traces; bits=64 program= traces= ;;
    *) [ -n "$program" ] && traces="$traces $word" || program=$word ;;
    esac
done
# shellcheck disable=SC2086 # a list of names
agree "$bits" "$program" $traces

# $1: what is tested; $2: a pattern of what tools/size says; the rest: its arguments.
says() {
    name=$1 pattern=$2
    shift 2
    tools/size "$@" >"$said" 2>&1 && grep -q -e "$pattern" "$said"
    verdict $? "$name"
}

# Every second block is freed: enough memory is free for 640 bytes, but not in one piece.
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo "a $i 200"; done >"$work/fragmented"
for i in 0 2 4 6 8 10 12 14; do echo "f $i"; done >>"$work/fragmented"
echo "a 16 640" >>"$work/fragmented"
says "fragmentation is what binds" "fragmentation: call 25 (line 25) asks for 640" --level 1 "$work/fragmented"

for i in 0 1 2 3 4 5 6 7 8 9; do echo "a $i 100"; done >"$work/peak"
says "the peak is what binds" "peak: call 10 (line 10) asks for 100 bytes" --level 1 "$work/peak"

printf 'a 1 100\na 2 4000\n' >"$work/large"
says "a large request is what binds" "one large request: call 2 (line 2) asks for 4,000" --level 1 "$work/large"

# heap_4 needs a header of 8 bytes for each block, and 8 for its end; first fit 4.
says "the rule of heap_4" "heap_4 *1,128 " --level 1 "$work/peak"
says "the rule of first fit" "first fit *1,048 " --level 1 "$work/peak"
echo "x 5000 @8000100" >>"$work/peak"
says "a trace with refused requests" "refused 1 requests, which are not replayed" --level 1 --no-models "$work/peak"
says "a curve of refusals" "^ .* 0.0 %" --level 1 --no-models --after-weeks 10 "$work/peak"

# Progress is shown where it takes long.
tools/size --level 1 --no-models "$work/peak" 2>&1 >/dev/null | grep -q 'page 64, level 1'
verdict $? "progress on the standard error"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
