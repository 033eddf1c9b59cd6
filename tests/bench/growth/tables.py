# SPDX-License-Identifier: MIT
"""tables.py LOG MACHINE FOLDER: growth.tsv and growth-<curve>.tsv in FOLDER, from what the image printed."""
import sys

TARGET = 1.3
CURVES = {
    "chunks": ("Cost by number of chunks",
               "A heap on a source with 16 KB chunks, handed out in random order. Blocks of 16 to 3,000 bytes fill "
               "them, one in 8 is given back; 400 times one picked at random is freed, and another of random size taken. n: chunks."),
    "blocks": ("Cost by number of live blocks",
               "One region of the machine's RAM. Blocks of 16 to 128 bytes; 400 times one picked at random is freed, and "
               "another taken. n: live blocks."),
    "huge": ("Cost by number of huge blocks",
             "Blocks of 24,000 bytes on a heap with 16 KB chunks; the source's places are handed out in random order. "
             "400 times the oldest is freed and one taken, then any; the source's callback is in the figures. "
             "n: live huge blocks."),
    "fragmentation": ("Cost by fragmentation",
                      "Every second block of the least size that gets pages of its own is free, in 16 KB chunks; 400 "
                      "times 16 pages are taken and given back. n: free pages in all, in chunks."),
}


def write(path, title, notes, header, rows):
    with open(path, "w", encoding="ascii") as out:
        out.write(f"# title: {title}\n# command: make build/bench/{path.rsplit('/', 1)[1]}\n")
        for note in notes:
            out.write(f"# note: {note}\n")
        for row in [header, *rows]:
            out.write("\t".join(str(cell) for cell in row) + "\n")


def main():
    log, machine, folder = sys.argv[1:]
    lines = [line.rstrip("\n").split("\t") for line in open(log, encoding="ascii")]
    if lines[-1] != ["end"]:
        sys.exit(f"tables.py: {log}: the measurement did not end")
    how = f"Instructions, exact (QEMU {machine}, -icount; gcc -O2, default options)."
    points = {curve: [] for curve in CURVES}
    for _, curve, n, call, calls, total, _, most in (line for line in lines if line[0] == "row"):
        points[curve].append((int(n), call, int(total) / int(calls), int(most)))
    summary = []
    for curve, (title, note) in CURVES.items():
        rows = points[curve]
        write(f"{folder}/growth-{curve}.tsv", title, [how, note], ("n", "call", "mean", "max"),
              [(n, call, f"{mean:.1f}", most) for n, call, mean, most in rows])
        for call in dict.fromkeys(row[1] for row in rows):
            means = [(row[2], row[0]) for row in rows if row[1] == call]
            least, most = min(means), max(means)
            summary.append((curve, call, means[0][1], means[-1][1], f"{least[0]:.1f}", f"{most[0]:.1f}",
                            f"{most[0] / least[0]:.2f}", max(row[3] for row in rows if row[1] == call)))
    write(f"{folder}/growth.tsv", "What a call costs the more there is",
          [how, f"least, greatest: of the means of all points from n_from to n_to; max: of any call. Target: a ratio of {TARGET} at most."],
          ("curve", "call", "n_from", "n_to", "least", "greatest", "ratio", "max"), summary)


main()
