#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh BUILD IMAGE...: runs the images of one build for coverage and has gcovr write build/coverage/BUILD.json.
#
# Counts of earlier runs are forgotten first. An image that fails is shown and fails the build: what a broken run has
# covered says nothing.

set -u
build=$1
shift
objects=build/coverage/$build
find "$objects" -name '*.gcda' -delete
for image; do
    if ! timeout 1800 "$image" >"$image.log" 2>&1; then
        echo "coverage: $image failed:" >&2
        grep -v '^ok \|^skip ' "$image.log" >&2
        exit 1
    fi
done
# gcov writes into the current folder: one at a time.
exec flock build/coverage/gcovr.lock gcovr --root . --filter src/ --object-directory "$objects" --json "build/coverage/$build.json" "$objects"
