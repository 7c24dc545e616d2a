// The timeline of a chat, as an eavesdropper sees it: when each side sends, and how much. A column
// stands for what is sent at one moment, alice's above the line and bob's below it, a box for each
// frame or record.

import { make } from "./dom.js";

const NARROWEST = 280; // pixels
const MARK = 55; // pixels that a mark of the scale takes at least
const MIDDLE = 62;
const BOX = 12;
const TOGETHER = 0.5; // seconds: what follows so soon stands in the same column
const LABEL = 52; // pixels that the words beside a column take
const STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const SVG = "http://www.w3.org/2000/svg";

function draw(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

export class Rhythm {
  constructor() {
    this.began = null;
    this.columns = [];
    this.picture = draw("svg", { role: "img" });
    this.list = make("ol", { class: "times" });
    this.root = make("figure", { class: "rhythm" }, this.picture,
      make("figcaption", {}, "Above the line: what alice sends. Below it: what bob sends. Each box is one ",
        this.unit = make("span", { text: "message" }), "."),
      make("details", {}, make("summary", { text: "as a list" }), this.list));
    new ResizeObserver(() => this.show()).observe(this.root);
    this.show();
  }

  add({ sender, size, unit }) {
    const now = performance.now() / 1000;
    this.began ??= now;
    const last = this.columns.at(-1);
    const at = now - this.began;
    if (last?.sender === sender && at - last.until < TOGETHER) {
      last.until = at;
      last.count += 1;
      last.bytes += size;
    } else this.columns.push({ at, until: at, sender, count: 1, bytes: size });
    this.unit.textContent = unit;
    this.show();
  }

  show() {
    const seconds = Math.max(10, this.columns.at(-1)?.at ?? 0);
    const wide = Math.max(NARROWEST, this.root.clientWidth);
    const place = (at) => 56 + at / seconds * (wide - 56 - 60);
    this.picture.setAttribute("viewBox", `0 0 ${wide} ${2 * MIDDLE + 22}`);
    const ends = { alice: 0, bob: 0, mallory: 0 }; // of the words that are drawn already
    const columns = this.columns.flatMap((column) => {
      const x = place(column.at);
      const isFree = x >= ends[column.sender];
      if (isFree) ends[column.sender] = x + LABEL;
      return drawColumn(column, x, isFree);
    });
    this.picture.replaceChildren(...drawScale(seconds, wide, place), ...columns);
    const told = this.columns.map(({ at, sender, count, bytes }) => `${at.toFixed(1)} s: ${sender}, ${count} × ${bytes / count} bytes`);
    this.list.replaceChildren(...told.map((words) => make("li", { text: words })));
    this.picture.setAttribute("aria-label", `timeline: ${told.join("; ") || "nothing sent yet"}`);
  }
}

function drawScale(seconds, wide, place) {
  const most = (wide - 116) / MARK;
  const step = STEPS.find((each) => seconds / each <= most) ?? seconds;
  const marks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, n) => n * step);
  return [
    draw("text", { x: 0, y: MIDDLE - 6, class: "name alice" }, "alice"), draw("text", { x: 0, y: MIDDLE + 16, class: "name bob" }, "bob"),
    ...marks.map((at) => draw("line", { x1: place(at), x2: place(at), y1: 2, y2: 2 * MIDDLE, class: "second" })),
    draw("line", { x1: 0, x2: wide, y1: MIDDLE, y2: MIDDLE, class: "axis" }),
    ...marks.map((at) => draw("text", { x: place(at), y: 2 * MIDDLE + 18, class: "second" }, at ? `${at} s` : "start")),
  ];
}

/** A box for each frame, away from the line. A column that would be too high gets flatter boxes. */
function drawColumn({ sender, count, bytes }, x, hasWords) {
  const high = Math.min(BOX, (MIDDLE - 16) / count);
  const up = sender === "alice" || sender === "mallory";
  const boxes = Array.from({ length: count }, (_, n) => draw("rect", {
    x: x - BOX / 2, width: BOX, height: Math.max(high - 2, 1), y: up ? MIDDLE - 2 - (n + 1) * high + 2 : MIDDLE + 2 + n * high, class: sender }));
  const edge = up ? MIDDLE - count * high - 5 : MIDDLE + count * high + 13;
  const words = draw("text", { x: x + BOX, y: up ? edge + 8 : edge - 2, class: "amount" }, `${bytes} B`);
  return hasWords ? [...boxes, words] : boxes;
}
