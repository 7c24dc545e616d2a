// The picture of all bits of a frame or record: a column for each byte, a row for each bit (7 is the
// topmost, as in the details of a byte), a shade and a pattern for each answer. The legend below counts
// them. A record is too long for one row of columns: its picture has several, one below the other.

import { make } from "./dom.js";
import { FIELDS, RECORD_FIELDS, SIZES } from "./words.js";

const CELL = 8;
const GAP = 3; // rows between two parts of a record's picture
const LOOKS = {
  1: ["--first", "the first tag does not fit", "solid"],
  2: ["--second", "the second tag does not fit", "stripe"],
  3: ["--both", "no tag fits", "solid"],
  t: ["--first", "the tag does not fit", "solid"],
  l: ["--second", "no record has such a length", "stripe"],
  p: ["--second", "wrong padding", "stripe"],
  o: ["--both", "another error", "dot"],
  s: ["--bad", "not noticed: a text is shown", "solid"],
};
const SHAPES = {
  modern: { columns: SIZES.modern, names: Object.entries(FIELDS).map(([start, [name]]) => [Number(start), name]) },
  hardened: { columns: SIZES.hardened / 3, names: Object.entries(RECORD_FIELDS).map(([start, name]) => [Number(start), name]) },
};

export class Grid {
  constructor(title, chat) {
    this.bytes = SIZES[chat];
    this.columns = SHAPES[chat].columns;
    this.names = SHAPES[chat].names.sort(([one], [other]) => one - other);
    this.parts = this.bytes / this.columns;
    const rows = 8 * this.parts + GAP * (this.parts - 1);
    this.canvas = make("canvas", { width: this.columns * CELL, height: rows * CELL, role: "img" });
    this.words = make("p");
    this.legend = make("ul", { class: "legend" });
    this.root = make("figure", { class: "grid", hidden: true }, make("p", { class: "title", text: title }),
      make("div", { class: `map ${chat}` }, this.nameRows(), this.canvas, this.nameFields()),
      make("figcaption", {}, this.words, this.legend));
    this.title = title;
  }

  get isFull() {
    return this.next === this.bytes * 8;
  }

  show(start, verdicts) {
    const context = this.canvas.getContext("2d");
    if (start === 0) {
      this.counts = {};
      context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    }
    this.root.hidden = false;
    this.next = start + verdicts.length;
    [...verdicts].forEach((verdict, at) => {
      this.counts[verdict] = (this.counts[verdict] ?? 0) + 1;
      this.paint(context, start + at, verdict);
    });
    this.summary = Object.entries(this.counts).map(([verdict, count]) => `${count} × ${LOOKS[verdict][1]}`).join(", ");
    this.words.textContent = `${this.next} of ${this.bytes * 8} bits flipped. What the receiver says to each:`;
    this.legend.replaceChildren(...Object.entries(this.counts).map(([verdict, count]) => drawEntry(verdict, count)));
    this.canvas.setAttribute("aria-label", `${this.title}, ${this.next} of ${this.bytes * 8} bits: ${this.summary}`);
  }

  paint(context, bit, verdict) {
    const byte = Math.floor(bit / 8);
    const part = Math.floor(byte / this.columns);
    draw(context, (byte % this.columns) * CELL, (part * (8 + GAP) + 7 - (bit % 8)) * CELL, verdict);
  }

  /** What stands left of the picture: the bits of a frame; the bytes of each part of a record. */
  nameRows() {
    const names = this.parts === 1 ? ["bit 7", "bit 0"]
      : Array.from({ length: this.parts }, (_, part) => `byte ${part * this.columns}`);
    return make("div", { class: `row-names parts-${this.parts}`, "aria-hidden": "true" }, ...names.map((text) => make("span", { text })));
  }

  nameFields() {
    const names = this.names.map(([start, name], at) => make("li", {}, make("span", { text: name }), " ",
      make("small", { text: `${start}–${(this.names[at + 1]?.[0] ?? this.bytes) - 1}` })));
    return make("ol", { class: "field-names", "aria-label": "the fields, and their bytes" }, ...names);
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
