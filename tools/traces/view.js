// SPDX-License-Identifier: MIT
//
// view.js: the script of the page that tools/view writes. Each row of the columns is a stay: a block at one place with
// one size, from the call that put it there to the call that freed, moved or resized it. Stays never overlap in the map,
// so that drawing them pixel by pixel costs no more than the stays and the pixels together.
"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);

function bytesOf(coded) {
    if (Uint8Array.fromBase64)
        return Uint8Array.fromBase64(coded);
    const text = atob(coded), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++)
        bytes[i] = text.charCodeAt(i);
    return bytes;
}

const column = name => new Uint32Array(bytesOf(document.getElementById(name).textContent).buffer);
const stays = Object.fromEntries(["from", "to", "offset", "usable", "asked", "owner"].map(name => [name, column(name)]));
const count = stays.from.length, calls = facts.calls;
const number = value => value.toLocaleString("en");
const element = name => document.getElementById(name);

// --- colours: a number 0xAABBGGRR as in an ImageData's words ---

const CONTROL = 0xFF555555, FREE = 0xFFF4F4F4;

function hue(turn, light) {
    const part = shift => Math.round(255 * (light + (1 - light) * 0.5 * (1 + Math.cos(2 * Math.PI * (turn - shift))) * 0.85));
    return (0xFF000000 | part(2 / 3) << 16 | part(1 / 3) << 8 | part(0)) >>> 0;
}

const css = word => "rgb(" + (word & 255) + "," + (word >> 8 & 255) + "," + (word >> 16 & 255) + ")";
const log2 = bytes => Math.log2(Math.max(bytes, 1));
const isLarge = i => stays.usable[i] > facts.smallMost;
const colours = {
    kind: i => isLarge(i) ? 0xFF4A7FE8 : 0xFFC98A3B,
    size: i => hue(0.62 * (1 - Math.min(log2(stays.usable[i]), 20) / 20), 0.15),
    owner: i => hue(stays.owner[i] * 0.381966 % 1, 0.2),
};
const words = new Uint32Array(count);

function choose(by) {
    for (let i = 0; i < count; i++)
        words[i] = colours[by](i);
}

function legend(by) {
    const entries = [["control data", CONTROL], ["free", FREE]];
    if (by === "kind")
        entries.push(["small block (a slot)", 0xFFC98A3B], ["large block (pages)", 0xFF4A7FE8]);
    if (by === "size")
        for (const bytes of [8, 64, 512, 4096, 65536])
            entries.push([number(bytes) + " bytes", hue(0.62 * (1 - Math.min(log2(bytes), 20) / 20), 0.15)]);
    element("legend").replaceChildren(...entries.map(([text, colour]) => {
        const span = document.createElement("span"), box = document.createElement("i");
        box.style.background = css(colour);
        span.append(box, text);
        return span;
    }));
}

// --- the map: address by call ---

// Fills the stays into pixels: x is a call, y an address, from the bottom on.
function paint(words32, width, height, minX, maxX, minY, maxY) {
    const perX = width / (maxX - minX), perY = height / (maxY - minY);
    words32.fill(FREE);
    const controlTop = Math.max(0, Math.ceil(height - (facts.control - minY) * perY));
    if (controlTop < height)
        words32.fill(CONTROL, controlTop * width);
    for (let i = 0; i < count; i++) {
        if (stays.to[i] < minX || stays.from[i] > maxX || stays.offset[i] > maxY)
            continue;
        const left = Math.max(0, Math.floor((stays.from[i] - minX) * perX));
        const right = Math.min(width, Math.max(left + 1, Math.floor((stays.to[i] - minX) * perX)));
        const bottom = Math.min(height, Math.ceil(height - (stays.offset[i] - minY) * perY));
        const top = Math.max(0, Math.min(bottom - 1, Math.ceil(height - (stays.offset[i] + stays.usable[i] - minY) * perY)));
        for (let y = top; y < bottom; y++)
            words32.fill(words[i], y * width + left, y * width + right);
    }
}

function mark(plot, call, colour) {
    const x = Math.round(plot.valToPos(call, "x", true)), { left, top, width, height } = plot.bbox;
    if (x < left || x > left + width)
        return;
    plot.ctx.fillStyle = colour;
    plot.ctx.fillRect(x, top, Math.max(1, devicePixelRatio), height);
}

function drawMap(plot) {
    const { left, top, width, height } = plot.bbox, { x, y } = plot.scales;
    const image = plot.ctx.createImageData(Math.round(width), Math.round(height));
    paint(new Uint32Array(image.data.buffer), image.width, image.height, x.min, x.max, y.min, y.max);
    plot.ctx.putImageData(image, left, top);
}

function drawMarks(plot) {
    mark(plot, facts.peakCall, "#2a9d3a");
    for (const refusal of facts.refusals)
        mark(plot, refusal.call, "#d00");
    mark(plot, Number(element("slider").value), "#000");
}

function stayAt(call, address) {
    for (let i = 0; i < count; i++)
        if (stays.from[i] <= call && call < stays.to[i] && stays.offset[i] <= address &&
            address < stays.offset[i] + stays.usable[i])
            return i;
    return -1;
}

function describe(i) {
    const end = stays.to[i] < calls ? "until call " + number(stays.to[i] + 1) : "to the end";
    return number(stays.asked[i]) + " bytes asked for, " + number(stays.usable[i]) + " usable\nat offset " +
        number(stays.offset[i]) + ", " + (isLarge(i) ? "large" : "small") + "\nfrom call " + number(stays.from[i] + 1) +
        " " + end + "\nowner: " + facts.owners[stays.owner[i]];
}

function refusalNear(plot, call) {
    const reach = (plot.scales.x.max - plot.scales.x.min) / plot.width * 3;
    return facts.refusals.find(refusal => Math.abs(refusal.call - call) <= reach);
}

function hover(plot) {
    const box = element("hover"), { left, top } = plot.cursor;
    box.hidden = true;
    if (left < 0 || top < 0)
        return;
    const call = Math.floor(plot.posToVal(left, "x")), address = plot.posToVal(top, "y");
    const i = stayAt(call, address), refusal = refusalNear(plot, call);
    const text = [i >= 0 ? describe(i) : "", refusal ? "refused: " + refusal.text : ""].filter(Boolean).join("\n");
    if (text === "")
        return;
    const over = plot.over.getBoundingClientRect();
    box.textContent = text;
    box.hidden = false;
    box.style.left = Math.min(over.left + left + 14, innerWidth - box.offsetWidth - 4) + "px";
    box.style.top = Math.min(over.top + top + 14, innerHeight - box.offsetHeight - 4) + "px";
}

function wheel(plot, event) {
    event.preventDefault();
    const factor = event.deltaY < 0 ? 0.5 : 2, over = plot.over.getBoundingClientRect();
    const at = plot.posToVal(event.clientX - over.left, "x"), { min, max } = plot.scales.x;
    plot.setScale("x", { min: Math.max(0, at - (at - min) * factor), max: Math.min(calls, at + (max - at) * factor) });
}

const fixed = most => (plot, min, max) => min == null || max == null ? [0, most] : [min, max];
const axisValues = (plot, values) => values.map(number);
const WIDTH = 1120, LEFT = 90;

function makeMap() {
    const plot = new uPlot({
        width: WIDTH, height: 420, padding: [null, 30, null, null], legend: { show: false },
        scales: { x: { time: false, range: fixed(calls) }, y: { auto: false, range: fixed(facts.region) } },
        axes: [{ values: axisValues, label: "call" }, { values: axisValues, label: "offset in the region", size: LEFT }],
        series: [{}, { paths: () => null, points: { show: false } }],
        cursor: { drag: { x: true, y: true, uni: 30 }, points: { show: false } },
        hooks: { drawClear: [drawMap], draw: [drawMarks], setCursor: [hover], setScale: [(self, key) => follow(self, key)] },
    }, [[0, calls], [0, facts.region]], element("map"));
    plot.over.addEventListener("wheel", event => wheel(plot, event), { passive: false });
    plot.over.addEventListener("dblclick", showWhole);
    plot.over.addEventListener("mouseleave", () => { element("hover").hidden = true; });
    return plot;
}

function showWhole() {
    plots[0].setScale("x", { min: 0, max: calls });
    plots[0].setScale("y", { min: 0, max: facts.region });
}

// Bytes asked for and live after each call.
function liveBytes() {
    const live = new Float64Array(calls + 1), at = new Uint32Array(calls + 1);
    for (let i = 0; i <= calls; i++)
        at[i] = i;
    for (let i = 0; i < count; i++) {
        live[stays.from[i]] += stays.asked[i];
        live[stays.to[i]] -= stays.asked[i];
    }
    for (let i = 1; i <= calls; i++)
        live[i] += live[i - 1];
    live[calls] = live[Math.max(0, calls - 1)];
    return [at, live];
}

function makeLive() {
    return new uPlot({
        width: WIDTH, height: 150, padding: [null, 30, null, null], legend: { show: false },
        scales: { x: { time: false, range: fixed(calls) }, y: { range: (plot, min, max) => [0, max || 1] } },
        axes: [{ values: axisValues }, { values: axisValues, label: "live bytes", size: LEFT }],
        series: [{}, { stroke: "#2a6", fill: "#2a62", points: { show: false } }],
        cursor: { drag: { x: true, y: false }, points: { show: false } },
        hooks: { draw: [drawMarks], setScale: [(self, key) => follow(self, key)] },
    }, liveBytes(), element("live"));
}

// Both plots show the same calls.
let plots = [], following = false;
function follow(source, key) {
    if (key !== "x" || following)
        return;
    following = true;
    for (const plot of plots)
        if (plot !== source)
            plot.setScale("x", { min: source.scales.x.min, max: source.scales.x.max });
    following = false;
}

// --- the heap at one call ---

// The region in rows, a pixel a place; what is live at the call.
function drawStrip(call) {
    const canvas = element("strip"), rows = 6, width = canvas.width, high = canvas.height / rows;
    const context = canvas.getContext("2d"), perByte = width * rows / facts.region;
    const fill = (start, bytes, colour) => {
        let left = start * perByte, length = Math.max(bytes * perByte, 0.6);
        context.fillStyle = colour;
        while (length > 0) {
            const row = Math.floor(left / width), room = Math.min(length, (row + 1) * width - left);
            context.fillRect(left - row * width, row * high + 1, room, high - 2);
            left += room;
            length = room > 0 ? length - room : 0;
        }
    };
    fill(0, facts.region, css(FREE));
    fill(0, facts.control, css(CONTROL));
    for (let i = 0; i < count; i++)
        if (stays.from[i] <= call && call < stays.to[i])
            fill(stays.offset[i], stays.usable[i], css(words[i]));
}

function table(name, heads, rows) {
    const line = (cells, tag) => {
        const row = document.createElement("tr");
        row.append(...cells.map(text => Object.assign(document.createElement(tag), { textContent: text })));
        return row;
    };
    element(name).replaceChildren(line(heads, "th"), ...rows.map(cells => line(cells, "td")));
}

function showOwners(call) {
    const sums = new Map();
    let all = 0;
    for (let i = 0; i < count; i++) {
        if (stays.from[i] > call || call >= stays.to[i])
            continue;
        const sum = sums.get(stays.owner[i]) || { bytes: 0, blocks: 0, first: Infinity };
        sum.bytes += stays.asked[i];
        sum.blocks++;
        sum.first = Math.min(sum.first, stays.from[i]);
        sums.set(stays.owner[i], sum);
        all += stays.asked[i];
    }
    const most = [...sums].sort((a, b) => b[1].bytes - a[1].bytes).slice(0, 12);
    element("owners-title").textContent = "Largest owners at call " + number(call + 1) + ", of " + number(sums.size);
    table("owners", ["owner", "bytes", "%", "blocks", "oldest, call"], most.map(([owner, sum]) =>
        [facts.owners[owner], number(sum.bytes), (100 * sum.bytes / all).toFixed(1), number(sum.blocks), number(sum.first + 1)]));
    return all;
}

function showCall(call) {
    element("slider").value = call;
    const bytes = showOwners(call);
    element("when").textContent = "call " + number(call + 1) + ": " + number(bytes) + " bytes live";
    element("strip-title").textContent = "The heap after call " + number(call + 1) + ", from the region's start on";
    drawStrip(call);
    for (const plot of plots)
        plot.redraw(false, false);
}

function showRefusals() {
    const rows = facts.refusals.slice(0, 12);
    element("refusals-title").textContent = facts.refusalCount === 0 ? "No request was refused"
        : number(facts.refusalCount) + " requests were refused";
    table("refusals", rows.length ? ["call", "reason"] : [], rows.map(row => [number(row.call + 1), row.text]));
}

function start() {
    element("title").textContent = facts.title;
    element("summary").textContent = facts.summary;
    element("slider").max = calls - 1;
    choose("kind");
    legend("kind");
    plots = [makeMap(), makeLive()];
    showWhole();
    element("slider").addEventListener("input", event => showCall(Number(event.target.value)));
    element("peak").addEventListener("click", () => showCall(facts.peakCall));
    element("whole").addEventListener("click", showWhole);
    element("colour").addEventListener("change", event => {
        choose(event.target.value);
        legend(event.target.value);
        showCall(Number(element("slider").value));
    });
    showRefusals();
    showCall(facts.peakCall);
    // Drawn: what a test waits for. uPlot draws in a microtask.
    requestAnimationFrame(() => setTimeout(() => { document.body.dataset.drawn = Math.round(performance.now()); }));
}

start();
