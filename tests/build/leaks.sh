#!/bin/sh
# SPDX-License-Identifier: MIT
#
# leaks.sh: tools/leaks.py adds up and sorts what the library prints. A program with leaks in two requests is built here
# and run, so that the tool reads what the library writes today. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
said=$work/said

cat >leaky.c <<'END'
#include <stdio.h>

#include "quarry/emalloc.h"

static unsigned char region[1 << 20];

void quarry_print(const char *text)
{
    fputs(text, stdout);
}

static void *relay(size_t bytes ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC)
{
    (void)__zend_orig_filename, (void)__zend_orig_lineno;
#line 7 "relay.h"
    return emalloc_rel(bytes);
}

int main(void)
{
    const struct quarry_memory memory = {.region = region, .region_bytes = sizeof region};
    start_memory_manager(&memory);
    for (int request = 0; request < 2; request++) {
        puts("request.c(9): begins");
        for (int i = 0; i < 10; i++)
#line 100 "many.c"
            emalloc(1);
#line 20 "large.c"
        emalloc(50 + request);
#line 3 "large.c"
        emalloc(request ? 20 : 1);
#line 40 "relayed.c"
        relay(30 ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC);
        efree(emalloc(1000));
        shutdown_memory_manager(false, false);
    }
    return 0;
}
END
gcc -std=c11 -O0 -DQUARRY_TRACK=1 -I"$root/include" -I"$root/arch/hosted" leaky.c "$root"/src/*.c "$root"/src/*/*.c \
    -o leaky >said 2>&1 && ./leaky >log 2>said
verdict $? "the program does not run"

# $1: what is tested; $2: arguments; the rest: the places in order, each with bytes and blocks.
shows() {
    name=$1
    arguments=$2
    shift 2
    "$root/tools/leaks.py" $arguments >said
    [ $? = 1 ] && printf '%s\n' "$@" | diff - "$work/said" >difference
    status=$?
    [ $status = 0 ] || cat difference >>said
    verdict $status "$name"
}

head='       bytes     blocks  place'
sum='         202         26  in all, in 2 reports'
large='         101          2  large.c(20)'
other='          21          2  large.c(3)'
relayed='          60          2  relayed.c(40), through relay.h(7)'
many='          20         20  many.c(100)'
shows "most bytes first" log "$head" "$large" "$relayed" "$other" "$many" "$sum"
shows "most blocks first" "--by blocks log" "$head" "$many" "$other" "$large" "$relayed" "$sum"
shows "by file and line" "--by place log" "$head" "$other" "$large" "$many" "$relayed" "$sum"
sed 's/$/\r/' log >log.crlf
shows "lines of a serial console" log.crlf "$head" "$large" "$relayed" "$other" "$many" "$sum"

printf 'unknown place: 2 blocks, 1 byte not freed\n7 more blocks had no room in the table\n1 more block had no room in the table\n2 blocks, 1 byte not freed in all\n' >unknown
shows "unknown places" unknown "$head" '           1          2  unknown place' \
    '           1          2  in all, in 1 report' '           ?          8  more, which the table of places had no room for'

grep -v 'not freed' log >clean
"$root/tools/leaks.py" <clean >said && grep -q '^no leaks$' said
verdict $? "a log without leaks"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
