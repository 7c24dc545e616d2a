// Mallory's hand: take a part of one message and put it into the same place of another. With a
// pointer (mouse, pen, finger) it is dragged. Without one, or with two taps, it is picked, and then
// put: `pick` and `put` are all that a drag does, too.

import { make, say } from "./dom.js";

const FAR = 6; // pixels; less is a click
const EDGE = 70; // pixels from the top or bottom of the window, where a drag scrolls the page

export class Hand {
  constructor(wire) {
    this.wire = wire;
    this.taken = null;
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.taken) this.cancel();
    });
  }

  get name() {
    return this.taken ? this.taken.indexes.map((index) => this.taken.entry.fields[index].name).join(" and ") : "";
  }

  /** Whether a message can take what is in the hand. */
  offers(entry) {
    if (!this.taken || entry === this.taken.entry || entry.state === "dropped" || entry.isAgreement) return false;
    const last = this.taken.entry.fields[this.taken.indexes.at(-1)];
    return last.stop <= entry.size;
  }

  pick(entry, indexes) {
    this.taken = { entry, indexes };
    this.redraw();
    const target = [...this.wire.cards.values()].find((other) => this.offers(other));
    if (!target) {
      say("There is no other message to put it into yet.");
      this.cancel();
      return;
    }
    say(`You hold ${this.name} of message ${entry.message}. Choose a message to put it into, or press Escape.`);
    target.card.querySelector(".put")?.focus();
  }

  put(target) {
    const { entry, indexes } = this.taken;
    const start = entry.fields[indexes[0]].start;
    const stop = entry.fields[indexes.at(-1)].stop;
    this.taken = null;
    this.redraw();
    this.wire.send("splice", { message: target.message, donor: entry.message, start, stop });
  }

  cancel() {
    this.taken = null;
    this.redraw();
  }

  redraw() {
    this.wire.root.classList.toggle("carrying", Boolean(this.taken));
    for (const entry of this.wire.cards.values()) this.wire.draw(entry);
  }

  // Dragging --------------------------------------------------------------------------------------

  watch(tile, entry, indexes) {
    tile.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.isPrimary) this.start(event, tile, entry, indexes);
    });
    tile.addEventListener("dragstart", (event) => event.preventDefault());
  }

  start(down, tile, entry, indexes) {
    const drag = { ghost: null, over: null };
    const move = (event) => {
      if (event.pointerId !== down.pointerId) return;
      drag.at = event;
      if (!drag.ghost && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) > FAR) {
        this.lift(drag, tile, entry, indexes);
      }
      if (drag.ghost) this.carry(drag, event);
    };
    const end = (event) => {
      if (event.pointerId !== down.pointerId) return;
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (drag.ghost) this.drop(drag, event.type === "pointerup");
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  lift(drag, tile, entry, indexes) {
    this.taken = { entry, indexes };
    drag.ghost = make("div", { class: "ghost", "aria-hidden": "true" });
    for (const index of indexes) {
      const field = entry.fields[index];
      const piece = make("span", { class: "letter", text: field.letter });
      piece.style.setProperty("--paint", field.background);
      piece.style.setProperty("--tint", field.text);
      drag.ghost.append(piece);
    }
    document.body.append(drag.ghost);
    this.wire.root.classList.add("carrying");
    tile.classList.add("lifted");
    drag.tile = tile;
    this.scroll(drag);
    // A click follows the end of a drag on the same tile; it must not open the details.
    drag.swallow = (event) => { event.stopPropagation(); event.preventDefault(); };
    addEventListener("click", drag.swallow, { capture: true, once: true });
  }

  /** Scroll while a part is held near an edge: the other message may be out of sight. */
  scroll(drag) {
    const { clientY } = drag.at;
    const below = innerHeight - EDGE;
    const step = clientY < EDGE ? clientY - EDGE : Math.max(clientY - below, 0);
    if (step) scrollBy(0, step / 4);
    drag.frame = requestAnimationFrame(() => this.scroll(drag));
  }

  carry(drag, event) {
    drag.ghost.style.setProperty("--x", `${event.clientX}px`);
    drag.ghost.style.setProperty("--y", `${event.clientY}px`);
    const card = document.elementFromPoint(event.clientX, event.clientY)?.closest(".card");
    const entry = card && this.wire.cards.get(Number(card.dataset.message));
    const over = entry && this.offers(entry) ? entry : null;
    if (over !== drag.over) {
      this.light(drag.over, false);
      this.light(over, true);
      drag.over = over;
    }
  }

  light(entry, on) {
    if (!entry) return;
    entry.card.classList.toggle("over", on);
    const start = this.taken.entry.fields[this.taken.indexes[0]].start;
    const stop = this.taken.entry.fields[this.taken.indexes.at(-1)].stop;
    entry.fields.forEach((field, index) => {
      const slot = entry.card.querySelector(`.tile[data-index="${index}"]`);
      slot?.classList.toggle("slot", on && field.start >= start && field.stop <= stop);
    });
  }

  drop(drag, isDone) {
    cancelAnimationFrame(drag.frame);
    this.light(drag.over, false);
    drag.ghost.remove();
    drag.tile.classList.remove("lifted");
    setTimeout(() => removeEventListener("click", drag.swallow, { capture: true }), 0);
    if (isDone && drag.over) this.put(drag.over);
    else this.cancel();
  }
}
