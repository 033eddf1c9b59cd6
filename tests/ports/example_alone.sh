#!/bin/sh
# SPDX-License-Identifier: MIT
#
# example_alone.sh EXAMPLE TEXT: examples/EXAMPLE builds and runs where it is copied to. Its `make run` must print TEXT.

set -u
example=$1 text=$2
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/examples/$example" "$work/copy"
cd "$work/copy" || exit 1
make QUARRY="$root" >log 2>&1 && timeout 60 make QUARRY="$root" run </dev/null >>log 2>&1 && grep -qF "$text" log
status=$?
[ $status -eq 0 ] || cat log
exit $status
