#!/bin/sh
# SPDX-License-Identifier: MIT
#
# need.sh [--check] PACKAGE:THING...: see to it that the tools of a build are there.
#
# THING is a command, or a file if it begins with a slash. What is missing is installed with apt-get, as root or
# through sudo where sudo asks for no password; otherwise, and always with --check, the one command to type is
# printed and the status is 1. Says nothing when nothing is missing.

set -u
check_only=false
if [ "${1-}" = --check ]; then
    check_only=true
    shift
fi

is_there() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# The packages of those arguments whose thing is missing, and those things in $missing.
packages=
missing=
look() {
    packages=
    missing=
    for pair; do
        if ! is_there "${pair#*:}"; then
            missing="$missing ${pair#*:}"
            case " $packages " in
            *" ${pair%%:*} "*) ;;
            *) packages="$packages ${pair%%:*}" ;;
            esac
        fi
    done
}

look "$@"
[ -z "$packages" ] && exit 0

install="apt-get install -y --no-install-recommends$packages"
if [ "$(id -u)" = 0 ]; then
    as_root="env DEBIAN_FRONTEND=noninteractive"
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n env DEBIAN_FRONTEND=noninteractive"
else
    check_only=true
fi
if $check_only || ! command -v apt-get >/dev/null 2>&1; then
    echo "missing:$missing" >&2
    echo "to install, type: sudo sh -c 'apt-get update && $install'" >&2
    exit 1
fi

echo "missing:$missing; installing:$packages"
# Package lists may be absent, or older than what the mirror still has: fetch them and try once more.
if ! $as_root $install >/dev/null 2>&1; then
    $as_root apt-get update -q >/dev/null && $as_root $install >/dev/null || {
        echo "could not install; to see why, type: sudo sh -c 'apt-get update && $install'" >&2
        exit 1
    }
fi
look "$@"
if [ -n "$packages" ]; then
    echo "still missing after installing:$missing" >&2
    exit 1
fi
