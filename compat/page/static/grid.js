// The picture of all bits of a frame: a column for each byte, a row for each bit, a shade and a
// pattern for each answer. The words below say the same in numbers.

import { make } from "./dom.js";

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
    this.words = make("figcaption");
    this.root = make("figure", { class: "grid", hidden: true }, make("p", { text: title }), this.canvas, this.words);
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
    this.words.textContent = `${this.next} of ${BYTES * 8} bits: ${this.summary}`;
    this.canvas.setAttribute("aria-label", `${this.title}: ${this.words.textContent}`);
  }

  paint(context, bit, verdict) {
    const [colour, , pattern] = LOOKS[verdict];
    const x = Math.floor(bit / 8) * CELL;
    const y = (7 - (bit % 8)) * CELL;
    context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(colour);
    if (pattern === "solid") context.fillRect(x, y, CELL - 1, CELL - 1);
    else if (pattern === "stripe") {
      for (let line = 0; line < CELL - 1; line += 3) context.fillRect(x, y + line, CELL - 1, 2);
    } else context.fillRect(x + 2, y + 2, CELL - 5, CELL - 5);
  }
}
