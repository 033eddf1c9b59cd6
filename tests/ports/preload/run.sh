#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh LIBRARY.so REFUSING.so FAMILY: programs that exist run under the preloaded allocator, use it, and print what they
# print without it. If it refuses each hundredth request, they say that memory is exhausted, and do not crash.

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
library=$(realpath "$1") refusing=$(realpath "$2") family=$(realpath "$3")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
export LC_ALL=C

# Each process that ended by exit() has added a line to the file that QUARRY_REPORT names.
used_it() {
    grep -q "^quarry: $1: [0-9]* blocks, .* 0 requests refused" report 2>/dev/null
}

# $1 the program that must have used the library, then a shell command. Its output must be that without the library.
same_output() {
    program=$1
    shift
    rm -f report
    sh -c "$1" >expected 2>&1
    sh -c "QUARRY_REPORT=$folder/report LD_PRELOAD=$library $1" >printed 2>&1
    verdict $? "$1: ends otherwise: $(tail -n 3 printed)"
    cmp -s expected printed
    verdict $? "$1: prints something else: $(tail -n 3 printed)"
    used_it "$program"
    verdict $? "$1: $program did not use the library: $(cat report 2>&1)"
}

# The command must say that there is no memory, in one of the words that programs have for it, and end by itself.
says_no_memory() {
    sh -c "LD_PRELOAD=$refusing $1" >printed 2>&1
    status=$?
    [ $status -ne 0 ] && [ $status -lt 126 ] && grep -qiE 'memory|allocat' printed
    verdict $? "$1, refused each hundredth request: status $status: $(tail -n 3 printed)"
}

seq 1 60000 | sort -R --random-source=/dev/zero >numbers
cat >threads.py <<'EOF'
import threading

results = {}

def work(number):
    texts = []
    for i in range(3000):
        texts.append(f"{number}" * (i % 700))
        if len(texts) > 50:
            texts.pop(i % 50)
    results[number] = sum(map(len, texts))

threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results.items()))
EOF
cat >program.c <<'EOF'
#include <math.h>
#include <stdio.h>
int main(void) { return printf("%f\n", sin(1.0)) < 0; }
EOF

same_output ls "ls -l /usr/lib /usr/bin"
same_output sort "sort -n numbers"
same_output python3 "python3 threads.py"
same_output gcc "/usr/bin/gcc -O2 program.c -lm -o program"
used_it cc1
verdict $? "gcc: cc1 did not use the library"
says_no_memory "ls -l /usr/lib /usr/bin"
says_no_memory "bash -c 'for i in {1..2000}; do a[i]=\$i; done; echo \${#a[@]}'"
says_no_memory "perl -e 'push @a, \"text \$_\" for 1 .. 1000; print scalar @a'"
says_no_memory "make -f /dev/null -p"
says_no_memory "/usr/bin/gcc -O2 program.c -lm -o program"

rm -f report
QUARRY_REPORT=$folder/report LD_PRELOAD=$library timeout 60 "$family" >printed 2>&1
verdict $? "family: $(cat printed)"
grep -q '^quarry: family: ' report
verdict $? "family did not use the library"
LD_PRELOAD=$refusing timeout 60 "$family" >printed 2>&1
status=$?
[ $status -eq 1 ] && grep -q '^FAIL' printed
verdict $? "family should fail if each hundredth request is refused: $status: $(cat printed)"
timeout 60 "$family" >printed 2>&1
[ $? -eq 1 ] && grep -q '^FAIL' printed
verdict $? "family should fail with the C library's own allocator: $(cat printed)"
LD_PRELOAD=$library "$family" misuse >printed 2>&1
[ $? -eq 134 ] && grep -q '^quarry: double free: 0x' printed
verdict $? "a double free should end a process with a message: $(cat printed)"

# Every public name of the C library's allocator.
names='c?free|[mc]alloc|realloc|reallocarray|p?valloc|memalign|aligned_alloc|posix_memalign|mallinfo2?|mallopt|malloc_\w+'
exported() {
    nm -D --defined-only "$1" | awk '{ print $3 }' | sed 's/@.*//' | grep -xE "$names" | sort -u
}
exported "$(ldd "$family" | awk '/libc.so/ { print $3 }')" >wanted
[ "$(wc -l <wanted)" -ge 15 ]
verdict $? "names of the C library: $(cat wanted)"
missing=$(exported "$library" | comm -23 wanted -)
[ -z "$missing" ]
verdict $? "the library lacks $missing"
[ -z "$(nm -D --defined-only "$library" | grep -E 'quarry|qi_|process_')" ]
verdict $? "the library shows names of its own"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
