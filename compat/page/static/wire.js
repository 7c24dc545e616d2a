// The wire: each message as a card with its blocks, and what mallory may do with it.

import { button, make, say } from "./dom.js";
import { Hand } from "./hand.js";
import { details } from "./details.js";

const STATES = {
  passed: "passed",
  held: "stopped",
  made: "sent by mallory",
  dropped: "thrown away",
};

export class Wire {
  constructor(root, send) {
    this.root = root;
    this.send = send;
    this.cards = new Map();
    this.hold = make("input", { type: "checkbox", role: "switch", id: "hold",
      on: { change: () => this.send("hold", { on: this.hold.checked }) } });
    this.glasses = make("input", { type: "checkbox", id: "glasses",
      on: { change: () => this.peekAll() } });
    this.bar = make("div", { class: "bar" });
    this.list = make("ol", { class: "cards", "aria-label": "Messages on the wire" });
    this.empty = make("p", { class: "empty", text: "Nothing on the wire yet. Type a line as alice." });
    this.hand = new Hand(this);
    root.replaceChildren(
      make("h2", {}, make("span", { class: "who mallory", text: "mallory" }),
        make("span", { class: "state", text: "on the wire, without a key" })),
      this.bar, this.empty, this.list);
  }

  open(scene, extra) {
    this.scene = scene;
    this.cards.clear();
    this.list.replaceChildren();
    this.empty.hidden = false;
    this.hand.cancel();
    this.hold.checked = scene.holds;
    const hadFocus = this.bar.contains(document.activeElement);
    this.bar.replaceChildren(
      make("label", { class: "switch" }, this.hold, "stop every message"),
      ...(scene.chat === "hardened" || scene.covered ? [] : [make("label", { class: "switch" }, this.glasses,
        make("span", {}, "look inside ", make("small", { text: "with the keys of alice and bob; mallory has none" })))]),
      ...extra);
    if (hadFocus) this.bar.querySelector(".new").focus();
  }

  setHolding(on) {
    this.hold.checked = on;
    say(on ? "Mallory stops every message." : "Mallory lets messages pass.");
  }

  // Cards -----------------------------------------------------------------------------------------

  add(event) {
    this.empty.hidden = true;
    const card = make("li", { class: `card from-${event.sender} to-${event.receiver}`, id: `message-${event.message}`,
      "data-message": event.message });
    // The third chat's agreement is shown and left alone.
    const isAgreement = ["version", "confirmation"].includes(event.fields[0].name) && event.sender !== "mallory";
    card.classList.toggle("agreement", isAgreement);
    const before = this.cards.get(event.origin)?.fields ?? event.fields;
    const entry = { ...event, card, isAgreement, before, plain: null };
    this.cards.set(event.message, entry);
    this.list.append(card);
    this.draw(entry);
    if (this.glasses.checked) this.peek(entry);
    card.scrollIntoView({ block: "nearest" });
    const by = event.sender === "mallory" ? `Mallory sends ${event.receiver} message ${event.message}: ${event.words}` :
      `Message ${event.message}, ${event.sender} to ${event.receiver}, ${STATES[event.state]}`;
    say(`${by}.`);
  }

  change({ message, words, fields }) {
    const entry = this.cards.get(message);
    Object.assign(entry, { words, fields, plain: null });
    this.draw(entry);
    if (this.glasses.checked) this.peek(entry);
    say(`Message ${message} is changed: ${words}.`);
  }

  go({ message, state }) {
    const entry = this.cards.get(message);
    entry.state = state;
    this.draw(entry);
  }

  judge({ message, checks }) {
    this.cards.get(message).checks = checks;
    this.draw(this.cards.get(message));
  }

  showPlain({ message, texts }) {
    const entry = this.cards.get(message);
    entry.plain = texts;
    this.draw(entry);
  }

  peek(entry) {
    this.send("peek", { message: entry.message });
  }

  peekAll() {
    for (const entry of this.cards.values()) {
      if (this.glasses.checked) this.peek(entry);
      else {
        entry.plain = null;
        this.draw(entry);
      }
    }
  }

  // Drawing ---------------------------------------------------------------------------------------

  draw(entry) {
    const { card } = entry;
    const focused = card.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    card.dataset.state = entry.state;
    card.replaceChildren(this.drawHead(entry), this.drawFields(entry), this.drawChecks(entry), this.drawActions(entry));
    if (entry.opened !== undefined) card.append(details(this, entry));
    if (focused) (card.querySelector(`[data-key="${focused}"]`) ?? card.querySelector(".tile")).focus();
  }

  drawHead(entry) {
    const mark = this.scene.tools.includes("claim") && !this.scene.answers.length;
    return make("div", { class: "head" },
      mark ? make("input", { type: "checkbox", class: "mark", "aria-label": `mark message ${entry.message}`,
        "data-key": "mark", ...(entry.marked ? { checked: true } : {}),
        on: { change: (event) => { entry.marked = event.target.checked; } } }) : null,
      make("span", { class: "number", text: `${entry.unit} ${entry.message}` }),
      make("span", { class: "route" }, make("span", { class: `who ${entry.sender}`, text: entry.sender }), " → ",
        make("span", { class: `who ${entry.receiver}`, text: entry.receiver })),
      make("span", { class: "size", text: `${entry.size} bytes` }),
      make("span", { class: `badge ${entry.state}`, text: STATES[entry.state] }),
      entry.words ? make("span", { class: "deed", text: entry.words }) : null);
  }

  drawFields(entry) {
    const row = make("div", { class: `fields of-${entry.fields.length} ${entry.fields.length > 5 ? "blocks" : "named"}` });
    entry.fields.forEach((field, index) => {
      const isForeign = entry.before[index]?.bytes !== field.bytes;
      const tile = make("button", { type: "button", class: "tile", "data-index": index, "data-key": `tile-${index}`,
        "aria-expanded": String(entry.opened === index),
        on: { click: () => this.toggle(entry, index) } },
      make("span", { class: "name" }, field.name.startsWith("block") ? make("span", { class: "hidden", text: "block " }) : "",
        field.name.replace("block ", "")),
      make("span", { class: field.letter.length > 1 ? "letter wide" : "letter", text: field.letter }),
      make("span", { class: "hex", text: field.bytes.slice(0, 4) }),
      entry.plain ? make("span", { class: "inside", text: entry.plain[index] || "" }) : null,
      field.seen || isForeign ? make("span", { class: "hidden", text: `${field.seen ? " seen before" : ""}${isForeign ? " changed" : ""}` }) : null);
      tile.style.setProperty("--paint", field.background);
      tile.style.setProperty("--tint", field.text);
      tile.classList.toggle("seen", field.seen);
      tile.classList.toggle("foreign", isForeign);
      this.hand.watch(tile, entry, [index]);
      row.append(tile);
    });
    if (this.scene.tools.includes("halves") && entry.size === 112) row.append(this.drawHalves(entry));
    return row;
  }

  drawHalves(entry) {
    const half = (name, from, to, words) => {
      const indexes = Array.from({ length: to - from }, (_, at) => from + at);
      const grip = button(name, () => this.hand.pick(entry, indexes), { class: `half half-${from}`, title: words,
        "data-key": `half-${from}`, "aria-label": `take the ${name} of ${entry.unit} ${entry.message}` });
      this.hand.watch(grip, entry, indexes);
      return grip;
    };
    return make("div", { class: "halves" }, half("header", 0, 3, "IV, E(length) and their tag"),
      half("body", 3, 5, "E(chunk) and its tag"));
  }

  drawChecks(entry) {
    if (!entry.checks?.length) return "";
    const finds = `what ${entry.receiver}'s program finds: `; // mallory has no key
    return make("p", { class: "checks" }, make("span", { class: "whose", text: finds }), ...entry.checks.map(([name, fits]) =>
      make("span", { class: fits ? "fits" : "fails", text: `${name} ${fits ? "✓ fits" : "✗ does not fit"}` })));
  }

  drawActions(entry) {
    const does = (text, command, extra = {}) => button(text, () => this.send(command, { message: entry.message }),
      { "data-key": command, "aria-label": `${text}: ${entry.unit} ${entry.message}`, ...extra });
    if (entry.state === "dropped" || entry.isAgreement) return "";
    const put = this.hand.offers(entry) ? [button("put it here", () => this.hand.put(entry), { class: "put", "data-key": "put",
      "aria-label": `put it here: ${this.hand.name} into ${entry.unit} ${entry.message}` })] : [];
    if (entry.state === "held") {
      return make("div", { class: "actions" }, ...put, does("let pass", "pass", { class: "go" }), does("throw away", "drop"),
        does("swap with the next", "swap"));
    }
    const home = entry.sender === "mallory" ? (entry.receiver === "bob" ? "alice" : "bob") : entry.sender;
    return make("div", { class: "actions" }, ...put, does("send again", "replay"), does(`send back to ${home}`, "reflect"));
  }

  toggle(entry, index) {
    const before = entry.opened;
    for (const other of this.cards.values()) {
      if (other.opened !== undefined && other !== entry) {
        other.opened = undefined;
        this.draw(other);
      }
    }
    entry.opened = before === index ? undefined : index;
    this.draw(entry);
    if (entry.opened !== undefined) this.send("look", { message: entry.message, start: entry.fields[index].start });
  }
}
