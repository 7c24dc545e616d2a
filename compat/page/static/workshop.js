// Mallory's workshop: the searches and experiments of a scene, each with what it has found so far.

import { button, find, make, say } from "./dom.js";
import { Door } from "./door.js";
import { Grid } from "./grid.js";
import { Rhythm } from "./rhythm.js";
import { SIZES } from "./words.js";

export class Workshop {
  constructor(wire, send) {
    this.wire = wire;
    this.send = send;
    this.root = find("workshop");
    this.running = null;
  }

  open(scene) {
    this.scene = scene;
    this.running = null;
    this.grids = {};
    this.parts = {};
    const makers = { claim: () => this.makeClaim(), search: () => this.makeSearch(), forge: () => this.makeForge(),
      bits: () => this.makeBits(), oracle: () => this.makeOracle(), seek: () => this.makeSeek(),
      rhythm: () => this.makeRhythm(), inject: () => this.makeInject(), door: () => this.makeDoor() };
    this.root.replaceChildren(...scene.tools.filter((tool) => makers[tool]).map((tool) => {
      const part = makers[tool]();
      part.classList.add("tool", tool);
      this.parts[tool] = part;
      return part;
    }));
    this.root.hidden = !this.root.children.length;
  }

  /** The message to work on: the newest one of alice that fits. */
  target(size = null) {
    const fits = [...this.wire.cards.values()].filter((entry) => entry.sender === "alice" && (!size || entry.size === size));
    if (!fits.length) this.note("Let alice type a line first.");
    return fits.at(-1)?.message;
  }

  note(words) {
    const place = this.root.querySelector(".note-line");
    if (place) place.textContent = words;
    say(words);
  }

  /** Repeat a command as long as its answers ask for more. */
  run(command, entries, name) {
    this.running = this.running === name ? null : name;
    this.drawRunning();
    if (this.running) this.send(command, entries);
    this.again = () => this.send(command, entries);
  }

  goOn(name, isOver) {
    if (isOver && this.running === name) this.running = null;
    this.drawRunning();
    if (this.running === name) this.again();
  }

  drawRunning() {
    for (const each of this.root.querySelectorAll("button[data-run]")) {
      each.setAttribute("aria-pressed", String(each.dataset.run === this.running));
      each.textContent = each.dataset.run === this.running ? "stop" : each.dataset.words;
    }
  }

  runner(name, words, start) {
    return button(words, start, { "data-run": name, "data-words": words, "aria-pressed": "false", class: "go" });
  }

  // L1 and M6 -------------------------------------------------------------------------------------

  makeClaim() {
    this.verdict = make("p", { class: "verdict", role: "status" });
    const claim = (answer) => this.send("claim", { answer,
      messages: [...this.wire.cards.values()].filter((entry) => entry.marked).map((entry) => entry.message) });
    const answers = this.scene.answers.length
      ? this.scene.answers.map((answer) => button(answer, () => claim(answer), { class: "answer" }))
      : [button("these messages say the same", () => claim(""), { class: "go" })];
    return make("section", {}, make("h2", { text: this.scene.answers.length ? "Which answer was it?" : "Your answer" }),
      make("div", { class: "actions" }, ...answers), this.verdict);
  }

  showVerdict({ right, words }) {
    this.verdict.textContent = words;
    this.verdict.dataset.right = right;
  }

  makeRhythm() {
    this.rhythm = new Rhythm();
    return make("section", {}, make("h2", { text: "When, and how much" }), this.rhythm.root);
  }

  addTime(entry) {
    const isAgreement = this.wire.cards.get(entry.message)?.isAgreement; // it carries no text
    if (this.parts.rhythm && !isAgreement) this.rhythm.add(entry);
  }

  // L3 --------------------------------------------------------------------------------------------

  makeSearch() {
    this.bar = make("progress", { max: "1", value: "0", "aria-label": "guesses tried" });
    this.count = make("p", { class: "count note-line", text: "No guess yet." });
    const own = make("input", { type: "text", maxlength: "100", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", "aria-label": "your own guess" });
    const guess = (event) => {
      event.preventDefault();
      const message = this.target();
      if (message) this.send("guess", { message, passphrase: own.value });
    };
    const start = () => {
      const message = this.target();
      this.started = performance.now();
      if (message) this.run("search", { message }, "search");
    };
    return make("section", {}, make("h2", { text: "Guess the passphrase" }),
      make("form", { on: { submit: guess } }, own, make("button", { type: "submit", text: "test this guess" })),
      make("div", { class: "actions" }, this.runner("search", "try the whole list", start)), this.bar, this.count);
  }

  showGuess({ tried, total, last, found }) {
    const isSearch = total > 1;
    if (isSearch) {
      this.bar.max = total;
      this.bar.value = tried;
      const rate = Math.round(tried / ((performance.now() - this.started) / 1000));
      this.count.textContent = `${tried.toLocaleString("en")} of ${total.toLocaleString("en")} guesses, ${rate.toLocaleString("en")} a second, last: ${last}`;
    }
    if (found) {
      this.count.textContent = `The passphrase is ${found}.`;
      say(`The passphrase is ${found}.`);
      for (const control of this.parts.forge?.querySelectorAll("input, button") ?? []) control.disabled = false;
      this.parts.forge?.querySelector(".needs")?.remove();
    } else if (!isSearch) this.count.textContent = `It is not ${last}.`;
    if (isSearch) this.goOn("search", found || tried >= total);
  }

  makeForge() {
    const text = make("input", { type: "text", maxlength: "60", autocomplete: "off", disabled: true,
      "aria-label": "words to write as alice", value: "give mallory the key" });
    return make("section", {}, make("h2", { text: "Write as alice" }),
      make("form", { on: { submit: (event) => { event.preventDefault(); this.send("forge", { text: text.value }); } } },
        text, make("button", { type: "submit", text: "send as alice", disabled: true })),
      make("p", { class: "needs", text: "This needs the passphrase." }));
  }

  // M2 and M3 -------------------------------------------------------------------------------------

  makeBits() {
    const { chat } = this.scene;
    const unit = chat === "hardened" ? "record" : "frame";
    const start = (checks) => () => {
      const message = this.target(SIZES[chat]);
      if (message) this.run("flip_all", { message, checks }, `bits-${checks}`);
    };
    const ways = chat === "hardened" ? [[true, "flip all", "with the check"]]
      : [[true, "flip all, tags checked", "with both checks"], [false, "flip all, tags not checked", "without the checks"]];
    this.grids = Object.fromEntries(ways.map(([checks, , title]) => [checks, new Grid(title, chat)]));
    const whose = chat === "hardened" ? "Nobody but the two programs has their keys, so a record and a receiver with other keys stand for theirs."
      : "Each changed frame goes to a receiver with bob's keys, which answers and goes on.";
    return make("section", {}, make("h2", { text: `Flip all ${(8 * SIZES[chat]).toLocaleString("en")} bits of a ${unit}` }),
      make("p", { class: "note-line", text: `One at a time. ${whose} The answers become a picture of the ${unit}: `
        + "a column for each byte, and in it a small square for each of its eight bits. The colour of a square is the answer to this one flipped bit." }),
      make("div", { class: "actions" }, ...ways.map(([checks, words]) => this.runner(`bits-${checks}`, words, start(checks)))),
      ...Object.values(this.grids).map((grid) => grid.root));
  }

  showBits({ checks, start, verdicts }) {
    const grid = this.grids[checks];
    grid.show(start, verdicts);
    this.goOn(`bits-${checks}`, grid.isFull);
    if (grid.isFull) say(grid.summary);
  }

  makeOracle() {
    const { chat } = this.scene;
    this.checks = make("input", { type: "checkbox", role: "switch", id: "checks", ...(chat === "hardened" ? { checked: true } : {}) });
    this.known = make("output", { class: "known", "aria-label": "what is known of the chunk", hidden: true });
    this.queries = make("p", { class: "note-line", text: "No question asked yet." });
    const ask = () => {
      const message = this.target(SIZES[chat]);
      return message && { message, checks: this.checks.checked };
    };
    const one = () => { const entries = ask(); if (entries) this.send("ask", entries); };
    const film = () => { const entries = ask(); if (entries) this.run("ask", entries, "ask"); };
    const modern = [make("label", { class: "switch" }, this.checks, "bob's program checks the tags first"),
      make("div", { class: "actions" }, button("one more byte", one), this.runner("ask", "all bytes", film))];
    const hardened = [make("p", { text: "The questions go to a receiver like bob's, with keys of its own, which answers and goes on." }),
      make("div", { class: "actions" }, button("ask", one, { class: "go" }))];
    return make("section", {}, make("h2", { text: "The oracle" }), ...(chat === "hardened" ? hardened : modern), this.known, this.queries);
  }

  showAnswer({ known, text, queries, failed, checks }) {
    this.known.hidden = failed && !known;
    const cells = Array.from({ length: 16 }, (_, at) => known.slice(known.length - 2 * (16 - at)).slice(0, 2));
    const shown = cells.map((hex, at) => (16 - at) * 2 <= known.length ? hex : "··").join(" ");
    this.known.replaceChildren(make("span", { class: "hex", text: shown }), make("span", { class: "text", text: text || " " }));
    this.queries.textContent = failed
      ? `${queries} forged ${this.scene.chat === "hardened" ? "records" : "frames"}, one answer: ${checks ? "the tag does not fit" : "no"}. This is no oracle.`
      : `${queries} forged frames asked, ${known.length / 2} of 16 bytes known.`;
    this.goOn("ask", failed || known.length === 32);
    if (failed || known.length === 32) say(`${this.queries.textContent} ${text}`);
  }

  // M4 --------------------------------------------------------------------------------------------

  makeSeek() {
    this.sought = make("p", { class: "note-line", text: "No pair tested yet." });
    return make("section", {}, make("h2", { text: "Find two halves that fit" }),
      make("div", { class: "actions" }, this.runner("seek", "record 1,024 frames more, and test all pairs",
        () => this.run("seek", {}, "seek"))), this.sought);
  }

  showSought({ frames, pairs, message }) {
    this.sought.textContent = `${frames.toLocaleString("en")} frames, ${pairs.toLocaleString("en")} pairs tested. `
      + (message ? `Found: frame ${message} on the wire. Let it pass.` : "None of them gives a proper text.");
    this.goOn("seek", Boolean(message));
    if (message) say(this.sought.textContent);
  }

  // M8 --------------------------------------------------------------------------------------------

  makeDoor() {
    this.door = new Door(() => [...this.wire.cards.values()].find((entry) => entry.isAgreement && entry.sender === "alice")?.message ?? 1, this.send);
    return this.door.root;
  }

  // Free play -------------------------------------------------------------------------------------

  makeInject() {
    const bytes = make("input", { type: "text", class: "mono", "aria-label": "bytes, as hexadecimal digits", placeholder: "00 11 22 …", autocomplete: "off" });
    const to = (who) => button(`send to ${who}`, () => this.send("inject", { who, bytes: bytes.value }));
    return make("section", {}, make("h2", { text: "Bytes of mallory's own" }), bytes, make("div", { class: "actions" }, to("alice"), to("bob")));
  }
}
