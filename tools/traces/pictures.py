# SPDX-License-Identifier: MIT
#
# pictures.py: what tools/view writes: a page, an SVG for documents, and files for massif's and Perfetto's viewers.

import base64
import html
import json
import os
import sys

import stays as stays_module

HERE = os.path.dirname(os.path.abspath(__file__))


def part(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return file.read()


def column(name, values):
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return f'<script type="text/plain" id="{name}">{base64.b64encode(values.tobytes()).decode()}</script>\n'


def summary(stays):
    trace = stays.trace
    return (f"{len(trace):,} calls; region of {stays.region:,} bytes, of which {stays.control_bytes:,} are control data; "
            f"peak of {stays.peak_bytes:,} bytes live at call {stays.peak_call + 1:,} (green); pages of "
            f"{stays.page_bytes} bytes")


def page(stays, owners):
    trace = stays.trace
    facts = {"title": os.path.basename(trace.path), "summary": summary(stays), "calls": len(trace),
             "region": stays.region, "control": stays.control_bytes, "smallMost": stays.small_most,
             "peakCall": stays.peak_call, "owners": owners.names, "refusalCount": len(stays.refusals),
             "refusals": [{"call": call, "text": text} for call, text in stays.refusals[:stays_module.MOST_REFUSALS]]}
    columns = "".join(column(name, values) for name, values in (
        ("from", stays.start), ("to", stays.end), ("offset", stays.offset), ("usable", stays.usable),
        ("asked", stays.asked), ("owner", stays.owner)))
    text = part("view.html")
    for name, value in (("TITLE", html.escape(facts["title"])), ("PLOT_CSS", part("uplot/uPlot.min.css")),
                        ("CSS", part("view.css")), ("PLOT_JS", part("uplot/uPlot.iife.min.js")),
                        ("SCRIPT", part("view.js")), ("FACTS", json.dumps(facts).replace("</", "<\\/")),
                        ("COLUMNS", columns)):
        text = text.replace(f"@{name}@", value, 1)
    return text


# --- SVG ---

WIDTH, HEIGHT, LEFT, TOP, MOST_STAYS = 1000, 400, 80, 30, 20000
COLOURS = {"control": "#555", "free": "#f4f4f4", "small": "#3b8ac9", "large": "#e87f4a", "peak": "#2a9d3a",
           "refused": "#d00"}


def svg(stays, _):
    """The map alone. The stays with the largest area are drawn, so that a document's picture stays small."""
    per_call, per_byte = WIDTH / len(stays.trace), HEIGHT / stays.region
    order = sorted(range(len(stays.start)), key=lambda i: (stays.end[i] - stays.start[i]) * stays.usable[i], reverse=True)
    rows = [rectangle(LEFT, TOP, WIDTH, HEIGHT, "free"),
            rectangle(LEFT, TOP + HEIGHT - stays.control_bytes * per_byte, WIDTH, stays.control_bytes * per_byte, "control")]
    for i in order[:MOST_STAYS]:
        rows.append(rectangle(LEFT + stays.start[i] * per_call, TOP + HEIGHT - (stays.offset[i] + stays.usable[i]) * per_byte,
                              max((stays.end[i] - stays.start[i]) * per_call, 0.1), stays.usable[i] * per_byte,
                              "small" if stays.usable[i] <= stays.small_most else "large"))
    for call, colour in [(stays.peak_call, "peak")] + [(call, "refused") for call, _ in stays.refusals[:MOST_STAYS]]:
        rows.append(rectangle(LEFT + call * per_call, TOP, 1, HEIGHT, colour))
    rows += [text(LEFT, TOP - 10, f"{os.path.basename(stays.trace.path)}: {summary(stays)}", "start"),
             text(LEFT - 6, TOP + HEIGHT, "0", "end"), text(LEFT - 6, TOP + 10, f"{stays.region:,}", "end"),
             text(LEFT, TOP + HEIGHT + 16, "call 1", "start"),
             text(LEFT + WIDTH, TOP + HEIGHT + 16, f"{len(stays.trace):,}", "end")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 20} {TOP + HEIGHT + 30}" '
            f'font-family="sans-serif" font-size="12">\n' + "\n".join(rows) + "\n</svg>\n")


def rectangle(left, top, width, height, kind):
    return f'<rect x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{COLOURS[kind]}"/>'


def text(left, top, words, anchor):
    return f'<text x="{left}" y="{top}" text-anchor="{anchor}">{html.escape(words)}</text>'


# --- files for other viewers ---

MOST_SNAPSHOTS, MOST_LINES = 200, 40


def massif(stays, owners):
    """Snapshots at even distances and at the peak; the peak's is detailed, by owner. Time is counted in calls."""
    live = stays.live_bytes()
    at = sorted(set(range(0, len(live), max(1, len(live) // MOST_SNAPSHOTS))) | {stays.peak_call, len(live) - 1})
    lines = [f"desc: {stays.trace.path}", "cmd: tools/view", "time_unit: i"]
    for index, call in enumerate(at):
        is_peak = call == stays.peak_call
        lines += ["#-----------", f"snapshot={index}", "#-----------", f"time={call}", f"mem_heap_B={live[call]}",
                  "mem_heap_extra_B=0", "mem_stacks_B=0", f"heap_tree={'peak' if is_peak else 'empty'}"]
        if is_peak:
            lines += tree(stays, owners, call)
    return "\n".join(lines) + "\n"


def tree(stays, owners, call):
    sums = {}
    for i, owner in enumerate(stays.owner):
        if stays.start[i] <= call < stays.end[i]:
            sums[owner] = sums.get(owner, 0) + int(stays.asked[i])
    rows = sorted(sums.items(), key=lambda row: -row[1])
    shown, rest = rows[:MOST_LINES], rows[MOST_LINES:]
    lines = [f"n{len(shown) + bool(rest)}: {sum(sums.values())} (heap allocation functions) malloc"]
    lines += [f" n0: {size} 0x{owner:X}: {owners.names[owner]}" for owner, size in shown]
    if rest:
        lines.append(f" n0: {sum(size for _, size in rest)} in {len(rest)} places, all below")
    return lines


def perfetto(stays, _):
    """Counters of live bytes; a refusal is an instant. Microseconds stand for calls."""
    events, before = [], None
    for call, size in enumerate(stays.live_bytes()):
        if size != before:
            events.append({"name": "live bytes", "ph": "C", "ts": call, "pid": 1, "args": {"bytes": size}})
        before = size
    for call, reason in stays.refusals:
        events.append({"name": f"refused: {reason}", "ph": "i", "s": "g", "ts": call, "pid": 1, "tid": 1})
    events.append({"name": "peak", "ph": "i", "s": "g", "ts": stays.peak_call, "pid": 1, "tid": 1})
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ns"})
