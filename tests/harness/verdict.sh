# SPDX-License-Identifier: MIT
#
# verdict.sh: what the test scripts count with; they include it. A script whose commands have something to say sets said
# to a file, and writes it there: a failure shows it. A script ends by printing "$passed passed, $failed failed".

passed=0
failed=0
said=/dev/null

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

# $1: what must hold; the rest: a command, whose output is shown if it fails. The file said stays as it is.
expect() {
    name=$1
    shift
    if [ "$said" = /dev/null ]; then
        "$@"
        verdict $? "$name"
        return
    fi
    "$@" >"$said.now" 2>&1
    status=$?
    verdict $status "$name"
    [ $status = 0 ] || cat "$said.now"
}
