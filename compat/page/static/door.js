// M8 in the third chat: guesses for the passphrase, tested on the recording, or at bob's door.

import { button, make, say } from "./dom.js";

const SOON = 300; // milliseconds; what is done sooner needs no words

/** Return the tool. `share` gives the message with alice's share, `send` sends a command. */
export class Door {
  constructor(share, send) {
    this.said = make("ol", { class: "guesses", "aria-label": "what came of each guess" });
    this.guess = make("input", { type: "text", maxlength: "100", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", "aria-label": "a guess for the passphrase", value: "dragon-2024" });
    this.waits = make("p", { class: "waits", role: "status" });
    const ask = (name, entries) => {
      this.wait();
      send(name, { ...entries, passphrase: this.guess.value });
    };
    const record = (event) => {
      event.preventDefault();
      ask("guess", { message: share() });
    };
    this.root = make("section", {}, make("h2", { text: "Guess the passphrase" }),
      make("form", { on: { submit: record } }, this.guess, make("button", { type: "submit", class: "go", text: "test it on the recording" })),
      make("div", { class: "actions" }, button("knock at bob's door with it", () => ask("knock", {}))),
      this.waits,
      this.said);
  }

  /** Say that a guess is being hashed, if it takes a moment: the real programs hash slowly. */
  wait() {
    this.rest();
    this.timer = setTimeout(() => {
      this.waits.textContent = "The guess is being hashed, slowly, as the programs do it. If others guess too, it waits its turn.";
    }, SOON);
  }

  rest() {
    clearTimeout(this.timer);
    this.waits.textContent = "";
  }

  showUnmasked({ passphrase, point }) {
    this.add(`“${passphrase}” on the recording: `, `it leaves the point ${point.match(/..../g).join(" ")} … It may be alice's, or not.`);
  }

  showKnocked({ tried, passphrase, refused, pause }) {
    const after = `The next try is possible in ${pause} s, if bob's program allows any.`;
    this.add(`“${passphrase}” at bob's door, connection ${tried}: `, refused ? `${refused}. ${after}` : "it is right. Mallory has guessed it.");
  }

  add(what, words) {
    this.rest();
    this.said.prepend(make("li", {}, make("strong", { text: what }), words));
    say(what + words);
  }
}
