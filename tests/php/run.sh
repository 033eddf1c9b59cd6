#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh FOLDER [TESTS...]: PHP's command line interpreter on Quarry, and tests of its own (default: Zend/tests).
#
# Gets Debian's source package of PHP 8.2 (apt-get, with a list of sources of its own below FOLDER), puts the two files
# in it that docs/emalloc.md shows, builds the interpreter without extensions on build/hosted/libquarry.a, and runs the
# tests. Ends with PHP's own summary. The status is 1 if a test fails that expected_failures.txt does not name, or if a
# misuse was reported. FOLDER is kept: the next run goes on from there. Some 20 minutes on one core, most of them to build.
# PHP_VERSION: another version of the package than the newest that can be had.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd -P)
shift
[ $# -ne 0 ] || set -- Zend/tests
"$root/tools/need.sh" dpkg-dev:dpkg-source apt:apt-get gcc:gcc make:make pkg-config:pkg-config

. "$root/tests/harness/debian_source.sh"
debian_source "$folder" "php8.2${PHP_VERSION:+=$PHP_VERSION}" php

# --- Its memory manager: the two files that docs/emalloc.md shows ---

for file in Zend/zend_alloc.h Zend/zend_alloc.c; do
    awk -v first="/* $file */" '$0 == first { found = 1 } found && /^```/ { exit } found' "$root/docs/emalloc.md" \
        >"$folder/lines"
    [ -s "$folder/lines" ] || { echo "docs/emalloc.md does not show $file" >&2; exit 1; }
    cmp -s "$folder/lines" "$folder/php/$file" || cp "$folder/lines" "$folder/php/$file"
done

# --- The interpreter ---

make -s -C "$root" build/hosted/libquarry.a
gcc -O2 -I"$root/include" -c "$root/ports/posix/mmap_source.c" -o "$folder/mmap_source.o"
cd "$folder/php"
[ -f Makefile ] || ./configure --disable-all --disable-cgi --disable-phpdbg ac_cv_func_scandir=no >"$folder/configure.log"
rm -f sapi/cli/php # the library may have changed
make -s cli \
    EXTRA_CFLAGS="-w -I$root/include -I$root/ports/posix -Dmalloc=__zend_malloc -Dcalloc=__zend_calloc \
-Drealloc=__zend_realloc -Dfree=__zend_free -Dstrdup=__zend_strdup -Dstrndup=zend_strndup" \
    ZEND_EXTRA_LIBS="$folder/mmap_source.o $root/build/hosted/libquarry.a" >"$folder/build.log" 2>&1 || {
    tail -n 20 "$folder/build.log"
    exit 1
}

# --- Its tests ---

rm -f "$folder/failed.txt"
TEST_PHP_EXECUTABLE="$folder/php/sapi/cli/php" NO_INTERACTION=1 SKIP_ONLINE_TESTS=1 \
    sapi/cli/php -n run-tests.php -n -q -j"$(nproc)" -w "$folder/failed.txt" "$@" >"$folder/tests.log" 2>&1 || true
sed -n '/^Number of tests/,/^Time taken/p' "$folder/tests.log" | grep -v "^-"
[ -f "$folder/failed.txt" ] || { tail -n 20 "$folder/tests.log"; exit 1; }

status=0
unexpected=$(sed "s|^$folder/php/||" "$folder/failed.txt" | sort -u | grep -v -x -F -f "$here/expected_failures.txt" || true)
if [ -n "$unexpected" ]; then
    echo "failed, and not in tests/php/expected_failures.txt:"
    echo "$unexpected"
    status=1
fi
misuses=$(grep -r -l --include='*.out' 'Quarry: misuse' "$@" || true)
if [ -n "$misuses" ]; then
    echo "misuse reported:"
    echo "$misuses"
    status=1
fi
exit $status
