#!/bin/sh
# SPDX-License-Identifier: MIT
#
# layers.sh [ROOT]: fails if a file of src/ includes a header of its own rank or of a higher one.
#
# The ranks are written once, in the layer tables of src/README.md and of the READMEs of its folders: rows
# "| rank | file stem | ...". A file may
# include its own header (x.c and x.h are one layer) and whatever has a lower rank. A file without a rank fails too.

set -u
cd "${1:-.}/src" || exit 1

awk '
function stem(path) { sub(/^.*\//, "", path); sub(/\.[ch]$/, "", path); return path }
FILENAME ~ /README.md$/ {
    if (split($0, cell, "|") >= 4) {
        gsub(/[ `]/, "", cell[2]); gsub(/[ `]/, "", cell[3])
        if (cell[2] ~ /^[0-9]+$/) {
            n = split(cell[3], names, /[,\/]/)
            for (i = 1; i <= n; i++) rank[stem(names[i])] = cell[2] + 0
        }
    }
    next
}
FNR == 1 { files++; if (!(stem(FILENAME) in rank)) { print "src/" substr(FILENAME, 3) ": not in a layer table of src/README.md or of its folder"; bad = 1 } }
/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    own = stem(FILENAME); other = stem(quoted[2])
    if (other == own || !(other in rank)) next
    # The public headers are no layers, though two layers have their names.
    if (quoted[2] == "quarry.h" || quoted[2] ~ /^quarry\//) next
    if (rank[other] >= rank[own]) {
        print "src/" substr(FILENAME, 3) ":" FNR ": rank " rank[own] " includes " quoted[2] " of rank " rank[other]
        bad = 1
    }
}
END {
    if (files == 0) { print "src/: no files"; bad = 1 }
    if (!bad) print "layer order: " files " files in order"
    exit bad
}
' README.md */README.md ./*.[ch] ./*/*.[ch]
