// M8 in the third chat: guesses for the passphrase, tested on the recording, or at bob's door.

import { button, make, say } from "./dom.js";

/** Return the tool. `share` gives the message with alice's share, `send` sends a command. */
export class Door {
  constructor(share, send) {
    this.said = make("ol", { class: "guesses", "aria-label": "what came of each guess" });
    this.guess = make("input", { type: "text", maxlength: "100", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", "aria-label": "a guess for the passphrase", value: "dragon-2024" });
    const record = (event) => {
      event.preventDefault();
      send("guess", { message: share(), passphrase: this.guess.value });
    };
    this.root = make("section", {}, make("h2", { text: "Guess the passphrase" }),
      make("form", { on: { submit: record } }, this.guess, make("button", { type: "submit", class: "go", text: "test it on the recording" })),
      make("div", { class: "actions" }, button("knock at bob's door with it", () => send("knock", { passphrase: this.guess.value }))),
      this.said);
  }

  showUnmasked({ passphrase, point }) {
    this.add(`“${passphrase}” on the recording: `, `it leaves the point ${point.match(/..../g).join(" ")} … It may be alice's, or not.`);
  }

  showKnocked({ tried, passphrase, refused, pause }) {
    const after = `The next try is possible in ${pause} s, if bob's program allows any.`;
    this.add(`“${passphrase}” at bob's door, connection ${tried}: `, refused ? `${refused}. ${after}` : "it is right. Mallory has guessed it.");
  }

  add(what, words) {
    this.said.prepend(make("li", {}, make("strong", { text: what }), words));
    say(what + words);
  }
}
