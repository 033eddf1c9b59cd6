# SPDX-License-Identifier: MIT
#
# verdict.sh: what the test scripts count with; they include it. A script sets said to a file, writes there what a command
# said, hands its status to verdict, and ends by printing "$passed passed, $failed failed".

passed=0
failed=0

# $1: status, $2: what was tried.
verdict() {
    if [ "$1" = 0 ]; then
        passed=$((passed + 1))
    else
        echo "FAIL $2"
        cat "$said"
        failed=$((failed + 1))
    fi
}
