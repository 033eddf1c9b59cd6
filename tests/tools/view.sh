#!/bin/sh
# SPDX-License-Identifier: MIT
#
# view.sh: what tools/view writes, looked at without a browser (view_browser.py has one). Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said

tools/view tests/traces/luafw.txt --region 26608 -o "$work/page.html" --svg "$work/map.svg" --massif "$work/massif" \
    --perfetto "$work/perfetto" >"$said" 2>&1
verdict $? "the page and all other forms of a trace in a region that refuses a request"

# What the page refers to besides itself: nothing but addresses in comments and licences.
! grep -n -E '(src|href)=|@import|url\(|fetch\(|XMLHttpRequest' "$work/page.html" >"$said"
verdict $? "the page loads nothing"
expect "a refusal has its reason" grep -q '772 bytes: [0-9,]* are free, but only [0-9]* in one piece' "$work/page.html"
expect "no part of the page is left out" sh -c "! grep -q '@[A-Z_]*@' '$work/page.html'"
expect "the SVG is XML" xmllint --noout "$work/map.svg"
expect "the SVG has the refusal" grep -q 'width="1.00" height="400.00" fill="#d00"' "$work/map.svg"
expect "ms_print reads the massif file" sh -c "ms_print '$work/massif' >'$work/printed' && grep -q '(peak)' '$work/printed' &&
    grep -q 'blocks of 4,096 bytes' '$work/printed'"
cat >"$work/look.py" <<'END'
import json, sys
events = json.load(open(sys.argv[1]))["traceEvents"]
peak = max(event["args"]["bytes"] for event in events if event["ph"] == "C")
assert any(event["name"].startswith("refused: 772 bytes") and event["ts"] == 370 for event in events), events
assert 21000 < peak < 22082, peak
END
python3 "$work/look.py" "$work/perfetto" >"$said" 2>&1
verdict $? "Perfetto's events"

# Owners are the trace's callers, and have names where there is a program.
cat >"$work/owner.c" <<'END'
int owner(int n)
{
    return n + 1;
}
int main(void)
{
    return owner(0);
}
END
gcc -g -O0 -no-pie "$work/owner.c" -o "$work/owner"
address=$(nm "$work/owner" | sed -n 's/ T owner$//p')
printf 'a 1 100 @%s\na 2 50\n' "$(printf %x $((0x$address + 5)))" >"$work/callers"
tools/view "$work/callers" -o "$work/callers.html" --elf "$work/owner" >"$said" 2>&1 &&
    grep -q '"owner (owner.c:[0-9]*)", "caller unknown"' "$work/callers.html"
verdict $? "callers have names"

# $1: what tools/view says; the rest: its arguments.
refuses() {
    sentence=$1
    shift
    tools/view "$@" >"$said" 2>&1
    [ $? = 1 ] && [ "$(cat "$said")" = "tools/view: $sentence" ]
    verdict $? "$sentence"
}
refuses "--elf $work/callers: not an ELF file" "$work/callers" -o "$work/no.html" --elf "$work/callers"
refuses "--elf /bin/true: it knows none of the trace's callers: it has no symbols, or is another program" \
    "$work/callers" -o "$work/no.html" --elf /bin/true
tools/view "$work/callers" -o "$work/no.html" --region 100 >"$said" 2>&1
[ $? = 1 ] && grep -q '^tools/view: --region 100: the smallest heap has [0-9]* bytes$' "$said"
verdict $? "a region that is too short for a heap"
refuses "/nowhere/a.html: No such file or directory" "$work/callers" -o /nowhere/a.html
[ ! -e "$work/no.html" ]
verdict $? "nothing is written after an error"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
