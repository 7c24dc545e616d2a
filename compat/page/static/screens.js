// Alice's and bob's screens: what is typed there, and what their programs print.

import { button, find, make, say, visible } from "./dom.js";

export class Screen {
  constructor(who, send) {
    this.who = who;
    this.send = send;
    this.root = find(who);
    this.partial = null;
    this.lines = make("div", { class: "lines", role: "log", "aria-live": "off", tabindex: "0",
      "aria-label": `${who}'s screen` });
    this.input = make("input", { type: "text", maxlength: "400", autocomplete: "off",
      autocapitalize: "off", spellcheck: "false", enterkeyhint: "send",
      "aria-label": `type as ${who}`, placeholder: `type as ${who}`, "data-who": who });
    this.form = make("form", { on: { submit: (event) => this.submit(event) } }, this.input,
      make("button", { type: "submit", text: "send" }));
    this.chips = make("div", { class: "chips" });
    this.cover = make("p", { class: "cover", text: "covered" });
    this.state = make("span", { class: "state" });
    this.root.replaceChildren(
      make("h2", {}, make("span", { class: `who ${who}`, text: who }), this.state),
      make("div", { class: "glass" }, this.lines, this.cover), this.form, this.chips);
  }

  open(scene) {
    this.lines.replaceChildren();
    this.partial = null;
    this.state.textContent = "";
    this.root.classList.toggle("covered", scene.covered);
    this.root.classList.remove("over");
    this.chips.replaceChildren(...scene.lines.filter(([who]) => who === this.who).map(
      ([, text]) => button(text, () => this.type(text), { class: "chip", "aria-label": `type as ${this.who}: ${text}` })));
    this.form.hidden = this.chips.hidden = scene.covered;
    this.enable(true);
  }

  enable(on) {
    for (const control of this.root.querySelectorAll("input, button")) control.disabled = !on;
  }

  submit(event) {
    event.preventDefault();
    this.type(this.input.value);
    this.input.value = "";
  }

  type(text) {
    performance.mark("typed");
    this.send("type", { who: this.who, text });
  }

  uncover() {
    this.root.classList.remove("covered");
    this.form.hidden = this.chips.hidden = false;
  }

  typed(text) {
    this.add(make("p", { class: "own" }, make("span", { class: "words" }, make("span", { "aria-hidden": "true", text: "› " }),
      make("span", { class: "hidden", text: "typed: " }), visible(text))));
  }

  /** Note beside the line that was typed last when it was sent: the program itself does not say so. */
  stamp(clock) {
    const line = [...this.lines.querySelectorAll("p.own")].find((each) => !each.querySelector(".clock"));
    line?.append(make("span", { class: "stamp" }, make("span", { class: "hidden", text: ", " }), "sent ", make("span", { class: "clock", text: clock })));
  }

  shown({ text, tag, clock }) {
    if (tag) {
      const line = make("p", { class: tag === "☑" ? "good" : "bad" },
        make("span", { class: "words", text: visible(text) }),
        make("span", { class: "stamp" },
          make("span", { class: "tag", text: tag, title: tag === "☑" ? "the hash fits the words" : "the hash does not fit the words" }),
          " ", make("span", { class: "clock", text: clock })));
      this.add(line);
      this.tell(`${text}, ${tag === "☑" ? "verified" : "not verified"}, ${clock}`);
      return;
    }
    for (const piece of text.split(/(?<=\n)/)) this.addPiece(piece);
  }

  addPiece(piece) {
    if (!this.partial) {
      this.partial = make("p", { class: "plain" });
      this.add(this.partial);
    }
    this.partial.append(visible(piece.replace("\n", "")));
    this.lines.scrollTop = this.lines.scrollHeight;
    if (piece.endsWith("\n")) {
      this.tell(this.partial.textContent);
      this.partial = null;
    }
  }

  refused({ reason, decrypted }) {
    this.partial = null;
    const isEnd = reason.startsWith("the connection"); // nothing came, so nothing was decrypted
    const what = isEnd ? "" : decrypted ? "It had decrypted the message by then." : "It had decrypted nothing.";
    this.add(make("p", { class: "error" }, reason, what ? make("small", { text: what }) : null));
    this.tell(`${reason}. ${what}`);
  }

  silent() {
    this.add(make("p", { class: "note", text: "(accepted, and nothing shown: the line is too long for this program)" }));
    this.tell("accepted, nothing shown");
  }

  ended({ status, reason }) {
    const already = this.lines.querySelector("p.error")?.firstChild?.textContent === reason;
    const words = `program ended, status ${status}`;
    if (reason && !already) this.add(make("p", { class: "error", text: reason }));
    this.add(make("p", { class: `note status-${status ? "bad" : "good"}`, text: words }));
    this.state.textContent = status ? "ended: failed" : "ended";
    this.root.classList.add("over");
    this.enable(false);
    this.tell(words);
  }

  add(line) {
    this.lines.append(line);
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  tell(words) {
    if (!this.root.classList.contains("covered")) say(`${this.who}'s screen: ${words}.`);
  }
}
