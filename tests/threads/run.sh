#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh PROGRAM [CALLS]: runs a test with threads. ThreadSanitizer wants the address space laid out as it expects,
# which kernels with much randomness do not do: setarch switches that off where it may.

if setarch -R true 2>/dev/null; then
    exec setarch -R "$@"
fi
exec "$@"
