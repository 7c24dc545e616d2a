// What is known of one field of a message: what it is, its bytes, its bits. A bit that is pressed is
// flipped. A part can be taken from here, which is the way for a keyboard and for two taps.

import { button, make } from "./dom.js";
import { FIELDS } from "./words.js";

const SHOWN = 64; // bytes of a field
const code = (text) => () => make("code", { text });
const LEGACY = [
  ["The beginning: the 15 characters ", code('{"timestamp": "'), " and the first digit of the hour. It is the same in nearly all messages."],
  ["The time, from its second digit on. Then 9 characters follow that are the same in every message: ", code('", "messa'),
    ". They belong to the name “message”, which the program writes, not alice. So only the time varies in this block."],
];
const HARDENED = {
  length: "How many bytes follow, in the clear. The tag covers it.",
  IV: "Sixteen random bytes, new for each record. The tag covers them.",
  "E(text)": "The text, its kind and much padding, encrypted with AES-256-CBC. The tag covers it.",
  tag: "HMAC-SHA256 of a counter and of everything in front of it. The counter is not sent.",
  version: "Which version of the chat this is. It is part of what both sides confirm.",
  share: "A point of the curve P-256, hidden by the passphrase: the agreement on a key (SPAKE2).",
  confirmation: "The proof that this side has the same key.",
};

/** What a field is: words, and functions that make an element. */
function explain(chat, field, index) {
  if (chat === "legacy") {
    return LEGACY[index] ?? ["From block 2 on: the words, their hash (without a key), and ~ to fill the last block up."];
  }
  if (chat === "modern") return [FIELDS[field.start]?.[1] ?? ""];
  return [HARDENED[field.name] ?? ""];
}

export function details(wire, entry) {
  const field = entry.fields[entry.opened];
  const title = wire.scene.chat === "modern" ? FIELDS[field.start]?.[0] ?? field.name : field.name;
  return make("div", { class: "details", role: "group", "aria-label": `details of ${title}` },
    make("h3", {}, `${title} `, make("small", { text: `bytes ${field.start} to ${field.stop - 1}` })),
    make("p", {}, ...explain(wire.scene.chat, field, entry.opened).map((part) => (typeof part === "function" ? part() : part))),
    bytes(wire, entry, field),
    make("div", { class: "actions" },
      button(`take ${title} to another message`, () => wire.hand.pick(entry, [entry.opened]), { "data-key": "take" }),
      button("close", () => wire.toggle(entry, entry.opened), { "data-key": "close" })));
}

function bytes(wire, entry, field) {
  const table = make("div", { class: "bytes" });
  const all = field.bytes.match(/../g) ?? [];
  all.slice(0, SHOWN).forEach((hex, at) => {
    const byte = field.start + at;
    const chosen = entry.byte === byte;
    table.append(button(hex, () => {
      entry.byte = chosen ? undefined : byte;
      wire.draw(entry);
    }, { class: "byte", "aria-expanded": String(chosen), "data-key": `byte-${byte}`, "aria-label": `byte ${byte}: ${hex}` }));
  });
  if (entry.byte >= field.start && entry.byte < field.stop) {
    const value = parseInt(all[entry.byte - field.start], 16);
    table.append(make("div", { class: "bits", role: "group", "aria-label": `bits of byte ${entry.byte}` },
      make("span", { text: `byte ${entry.byte}, press a bit to flip it: ` }),
      ...[7, 6, 5, 4, 3, 2, 1, 0].map((bit) => flipper(wire, entry, bit, (value >> bit) & 1))));
  }
  const rest = all.length - SHOWN;
  return make("div", {}, make("p", { class: "tip", text: "Press a byte to see its bits." }), table,
    rest > 0 ? make("p", { class: "tip", text: `… and ${rest} bytes more.` }) : null);
}

function flipper(wire, entry, bit, value) {
  return button(String(value), () => wire.send("flip", { message: entry.message, byte: entry.byte, bit }),
    { class: "bit", "data-key": `bit-${bit}`, "aria-label": `${value}: flip bit ${bit} of byte ${entry.byte}` });
}
