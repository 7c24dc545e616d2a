// What has just been done, said where the reader is: a small bar that stays in the window. The task
// itself is often above the screen by then. The bar lies over the page, so nothing moves for it.

import { button, find, make } from "./dom.js";

export function hideNews() {
  find("news").hidden = true;
}

/** A step is done, and others are left. Who sees the task needs no bar for that. */
export function tellStep(words, next) {
  const { top, bottom } = find("doing").getBoundingClientRect();
  if (top >= 0 && bottom <= innerHeight) return;
  show(make("strong", { text: `✓ ${words}` }), make("span", { text: `To do: ${next}` }),
    button("task ↑", goToTask, { "aria-label": "go up to the task" }));
}

/** What the explanation of a scene begins with: on the third chat, attacks do not work. */
export const whyOf = (scene) => (scene.chat === "hardened" ? "Why it fails" : "Why it works");

/** The whole task is done. `next` is the scene after this one, if there is one. */
export function tellSolved(scene, next) {
  show(make("strong", { text: `✓ Solved: ${scene.id}` }), button(`${whyOf(scene)} ↑`, goToTask, { class: "go" }),
    next ? make("a", { href: `#${next.link}`, class: "onward", text: `Next: ${next.id || next.title}` }) : null);
}

/** The address names a scene that is not there. `scene` is shown in its place. */
export function tellNoScene(name, scene) {
  const short = name.length > 30 ? `${name.slice(0, 30)}…` : name;
  show(make("strong", { text: `There is no scene “${short}”.` }), make("span", { text: `Here is ${scene.id}: ${scene.title}` }));
}

function show(...parts) {
  const news = find("news");
  news.replaceChildren(...parts.filter(Boolean), button("×", hideNews, { class: "shut", "aria-label": "close this bar" }));
  news.hidden = false;
}

function goToTask() {
  hideNews();
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  find("doing").focus({ preventScroll: true });
  find("doing").scrollIntoView({ block: "center", behavior: isCalm ? "instant" : "smooth" });
}
