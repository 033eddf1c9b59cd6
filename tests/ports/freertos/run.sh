#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh FOLDER VARIANT...: the port's test in FOLDER passes with each set of options; with a bad allocator it fails, by
# a check of its own and not by a crash; and the port builds, in an empty folder, from the lines of its README. The
# example builds there too. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../../.." && pwd)
folder=$1
shift
work=$(mktemp -d)
said=$work.said
trap 'rm -rf "$work" "$said"' EXIT

for variant; do
    timeout 60 "$folder/$variant" >"$said" 2>&1
    verdict $? "the port with the options of $variant"
done
for flaw in refusing elsewhere replaced; do
    timeout 60 "$folder/plain-$flaw" >"$said" 2>&1
    [ $? = 1 ] && grep -q '^FAIL ' "$said"
    verdict $? "the test does not notice that the allocator is $flaw"
done

# Against the stub of the kernel's headers.
export KERNEL_INCLUDES="-I$root/tests/ports/freertos/stub"
tests/ports/from_readme.sh freertos >"$said" 2>&1
verdict $? "the lines of the README do not build the port"

cp -r "$root/examples/freertos" "$work/own"
cp -r "$root/include" "$root/src" "$root/arch" "$root/ports" "$work"
make -s -C "$work/own" QUARRY=.. firmware.o >"$said" 2>&1 && ! grep -i warning "$said"
verdict $? "the example does not build without a warning"
# What it leaves undefined is the kernel's, or the compiler's.
arm-none-eabi-nm -u "$work/own/firmware.o" | sed 's/^ *U //' |
    grep -v -e '^x*v*Task' -e '^xQueue' -e '^x*v*Port.*Handler$' -e '^vApplicationMallocFailedHook$' -e '^stub_assert_failed$' \
        -e '^memset$' -e '^memcpy$' -e '^data' -e '^bss' -e '^stack_end$' >"$said"
[ ! -s "$said" ]
verdict $? "the port needs more than the kernel has"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
