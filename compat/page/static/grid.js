// The picture of all bits of a frame: a column for each byte, a row for each bit (7 is the topmost, as
// in the details of a byte), a shade and a pattern for each answer. The legend below counts them.

import { make } from "./dom.js";
import { FIELDS } from "./words.js";

const BYTES = 112;
const CELL = 8;
const LOOKS = {
  1: ["--first", "the first tag does not fit", "solid"],
  2: ["--second", "the second tag does not fit", "stripe"],
  3: ["--both", "no tag fits", "solid"],
  p: ["--second", "wrong padding", "stripe"],
  o: ["--both", "another error", "dot"],
  s: ["--bad", "not noticed: a text is shown", "solid"],
};

export class Grid {
  constructor(title) {
    this.canvas = make("canvas", { width: BYTES * CELL, height: 8 * CELL, role: "img" });
    this.words = make("p");
    this.legend = make("ul", { class: "legend" });
    this.root = make("figure", { class: "grid", hidden: true }, make("p", { text: title }),
      make("div", { class: "map" }, nameBits(), this.canvas, nameFields()),
      make("figcaption", {}, this.words, this.legend));
    this.title = title;
  }

  get isFull() {
    return this.next === BYTES * 8;
  }

  show(start, verdicts) {
    if (start === 0) this.counts = {};
    this.root.hidden = false;
    this.next = start + verdicts.length;
    const context = this.canvas.getContext("2d");
    if (start === 0) context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    [...verdicts].forEach((verdict, at) => {
      this.counts[verdict] = (this.counts[verdict] ?? 0) + 1;
      this.paint(context, start + at, verdict);
    });
    this.summary = Object.entries(this.counts).map(([verdict, count]) => `${count} × ${LOOKS[verdict][1]}`).join(", ");
    this.words.textContent = `${this.next} of ${BYTES * 8} bits flipped. Each small square is one bit; each column is one byte.`;
    this.legend.replaceChildren(...Object.entries(this.counts).map(([verdict, count]) => drawEntry(verdict, count)));
    this.canvas.setAttribute("aria-label", `${this.title}, ${this.next} of ${BYTES * 8} bits: ${this.summary}`);
  }

  paint(context, bit, verdict) {
    draw(context, Math.floor(bit / 8) * CELL, (7 - (bit % 8)) * CELL, verdict);
  }
}

function draw(context, x, y, verdict) {
  const [colour, , pattern] = LOOKS[verdict];
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(colour);
  if (pattern === "solid") context.fillRect(x, y, CELL - 1, CELL - 1);
  else if (pattern === "stripe") {
    for (let line = 0; line < CELL - 1; line += 3) context.fillRect(x, y + line, CELL - 1, 2);
  } else context.fillRect(x + 2, y + 2, CELL - 5, CELL - 5);
}

/** One line of the legend: a square as in the picture, how many there are, and what it means. */
function drawEntry(verdict, count) {
  const swatch = make("canvas", { width: CELL, height: CELL, "aria-hidden": "true" });
  draw(swatch.getContext("2d"), 0, 0, verdict);
  return make("li", {}, swatch, `${count} × ${LOOKS[verdict][1]}`);
}

function nameBits() {
  return make("div", { class: "bit-names", "aria-hidden": "true" }, make("span", { text: "bit 7" }), make("span", { text: "bit 0" }));
}

function nameFields() {
  const starts = Object.keys(FIELDS).map(Number).sort((one, other) => one - other);
  const names = starts.map((start, at) => make("li", {}, make("span", { text: FIELDS[start][0] }),
    make("small", { text: `${start}–${(starts[at + 1] ?? BYTES) - 1}` })));
  return make("ol", { class: "field-names", "aria-label": "fields of the frame, and their bytes" }, ...names);
}
