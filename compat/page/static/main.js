// The page: which scene is open, which engine runs it, and who draws which event.

import { button, find, make, say } from "./dom.js";
import { hideNews, tellNoScene, tellSolved, tellStep, whyOf } from "./news.js";
import { BrowserEngine, ServerEngine } from "./engine.js";
import { Screen } from "./screens.js";
import { NOTEBOOKS, SCENES } from "./words.js";
import { Wire } from "./wire.js";
import { Workshop } from "./workshop.js";

const GROUPS = { legacy: "First chat", modern: "Modern chat", hardened: "Third chat", free: "Free play" };
const ENGINES = { browser: "in this browser", server: "real programs" };
const BY_LINK = new Map(SCENES.map((scene) => [scene.link, scene]));
const FIRST = SCENES.find((scene) => scene.id === "L5");

const solved = new Map(); // by link: the steps that are done
let scene = null;
let engine = null;
let ready = false;
let lastSolved = null;
let isLost = false; // the address names no scene, and the bar says so until the chat has begun

const send = (name, entries) => engine?.send(name, entries);
const wire = new Wire(find("wire"), send);
const screens = { alice: new Screen("alice", send), bob: new Screen("bob", send) };
const workshop = new Workshop(wire, send);
window.page = { wire }; // for the tests

// Events ------------------------------------------------------------------------------------------

const draw = {
  opened({ solved: steps }) {
    lastSolved = null;
    if (!isLost) hideNews();
    isLost = false;
    wire.open(scene, toolbar());
    workshop.open(scene);
    for (const screen of Object.values(screens)) screen.open(scene);
    solved.set(scene.link, new Set(steps));
    drawTask();
    const stage = find("stage");
    stage.classList.remove("waiting");
    find("workshop").inert = false;
    stage.dataset.opened = Number(stage.dataset.opened ?? 0) + 1;
  },
  typed: ({ who, text }) => screens[who].typed(text),
  message(event) {
    wire.add(event);
    workshop.addTime(event);
    performance.mark("drawn");
  },
  stamped: ({ who, clock }) => screens[who].stamp(clock),
  changed: (event) => wire.change(event),
  gone: (event) => wire.go(event),
  holding: ({ on }) => wire.setHolding(on),
  judged: (event) => wire.judge(event),
  shown: (event) => screens[event.who].shown(event),
  silent: ({ who }) => screens[who].silent(),
  refused: (event) => screens[event.who].refused(event),
  ended: (event) => screens[event.who].ended(event),
  plain: (event) => wire.showPlain(event),
  guessed: (event) => workshop.showGuess(event),
  unmasked: (event) => workshop.door.showUnmasked(event),
  knocked: (event) => workshop.door.showKnocked(event),
  probed: (event) => workshop.showBits(event),
  answered: (event) => workshop.showAnswer(event),
  sought: (event) => workshop.showSought(event),
  verdict(event) {
    workshop.showVerdict(event);
    if (event.right) for (const screen of Object.values(screens)) screen.uncover();
  },
  recorded: ({ name, content }) => save(name, content),
  solved({ step, all }) {
    solved.get(scene.link).add(step);
    lastSolved = step;
    drawTask();
    drawMenu();
    tellDone(step, all);
  },
  wrong({ words }) {
    workshop.door?.rest();
    complain(words);
  },
};

function hear({ is, ...event }) {
  draw[is](event);
}

function complain(words) {
  const place = find("doing").querySelector(".wrong");
  if (place) place.textContent = `${words[0].toUpperCase()}${words.slice(1)}.`;
  say(words);
  clearTimeout(complain.timer);
  complain.timer = setTimeout(() => { if (place) place.textContent = ""; }, 8000);
}

function save(name, content) {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type: "application/json" })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// The task ----------------------------------------------------------------------------------------

function toolbar() {
  const extra = [button("new chat", reopen, { class: "new" })];
  if (scene.tools.includes("cut")) extra.push(button("cut the wire", () => send("cut")));
  if (scene.tools.includes("record")) extra.push(button("save the recording", () => send("record")));
  return extra;
}

function drawTask() {
  document.title = `${scene.id ? `${scene.id} · ` : ""}${scene.title}`;
  find("title").replaceChildren(scene.id ? make("span", { class: "id", text: scene.id }) : "", ` ${scene.title}`);
  find("story").replaceChildren(...scene.story.map((text) => make("p", { text })));
  const done = solved.get(scene.link) ?? new Set();
  const steps = scene.steps.map((words, index) => make("li", { class: done.has(index) ? `done${index === lastSolved ? " fresh" : ""}` : "" },
    make("span", { class: "box", "aria-hidden": "true", text: done.has(index) ? "✓" : "" }),
    make("span", { class: "hidden", text: done.has(index) ? "done: " : "to do: " }), words));
  const all = scene.steps.length > 0 && done.size === scene.steps.length;
  find("doing").replaceChildren(...[
    scene.steps.length ? make("h2", { text: all ? "Solved" : "Your task" }) : null,
    scene.steps.length ? make("ol", { class: "steps" }, ...steps) : null,
    !scene.steps.length ? make("p", { text: scene.hint }) : all ? drawReasons() : make("details", { class: "hint" }, make("summary", { text: "A hint" }), make("p", { text: scene.hint })),
    make("p", { class: "wrong", role: "alert" }),
  ].filter(Boolean));
  find("doing").classList.toggle("all", all);
  performance.mark("told");
}

const following = () => SCENES[SCENES.indexOf(scene) + 1];

/** Say what is done at once where the reader is, and to a screen reader. */
function tellDone(step, all) {
  if (all) {
    tellSolved(scene, following());
    return say(`Solved: ${scene.id}. ${scene.why}`);
  }
  const words = `Step ${step + 1} of ${scene.steps.length} is done.`;
  const left = scene.steps.find((_, index) => !solved.get(scene.link).has(index));
  tellStep(words, left);
  return say(`${words} To do: ${left}`);
}

function drawReasons() {
  const next = following();
  return make("div", { class: "reasons" },
    make("p", {}, make("strong", { text: `${whyOf(scene)}. ` }), scene.why),
    make("p", {}, make("strong", { text: scene.chat === "hardened" ? "Open or closed? " : "What mends it. " }), scene.remedy),
    make("p", { class: "on" }, scene.notebook ? drawNotebook() : "", " ",
      next ? make("a", { href: `#${next.link}`, class: "next", text: `Next: ${[next.id, next.title].filter(Boolean).join(" ")}` }) : ""));
}

function drawNotebook() {
  const words = `Section ${scene.id} of the notebook ${scene.notebook}`;
  if (!NOTEBOOKS) return make("span", { text: `${words}.` });
  return make("a", { href: `${NOTEBOOKS}${scene.notebook}`, text: words, rel: "noreferrer" });
}

function drawMenu() {
  const groups = Object.entries(GROUPS).map(([group, words]) => {
    const links = SCENES.filter((each) => each.group === group).map((each) => {
      const done = each.steps.length && solved.get(each.link)?.size === each.steps.length;
      return make("li", {}, make("a", { href: `#${each.link}`, ...(each === scene ? { "aria-current": "page" } : {}), title: each.title },
        make("span", { class: "id", text: each.id || each.chat }), make("span", { class: "title", text: ` ${each.title.replace("Free play: ", "")}` }),
        done ? make("span", { class: "tick", text: " ✓", "aria-label": "solved" }) : null));
    });
    return make("div", { class: `group${group === scene?.group ? " current" : ""}` }, make("h2", { text: words }), make("ul", {}, ...links));
  });
  const menu = find("menu"); // a narrow page shows one group until this is pressed
  const all = button("all scenes", () => all.setAttribute("aria-expanded", String(menu.classList.toggle("open"))),
    { class: "all", "aria-expanded": String(menu.classList.contains("open")) });
  menu.replaceChildren(...groups, all);
}

// Scenes and engines ------------------------------------------------------------------------------

function route() {
  find("menu").classList.remove("open");
  const name = nameInAddress();
  scene = BY_LINK.get(name) ?? FIRST;
  lastSolved = null;
  hideNews();
  drawMenu();
  drawTask();
  wire.open(scene, toolbar());
  workshop.open(scene);
  for (const screen of Object.values(screens)) screen.open(scene);
  reopen();
  isLost = Boolean(name) && name !== scene.link;
  if (isLost) tellNoScene(name, scene);
}

/** What the address says after #: the link of a scene, nothing, or what somebody mistyped. */
function nameInAddress() {
  const name = location.hash.slice(1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // no right escape after a %
  }
}

/** Begin the scene's chat; until it has begun, nobody can type or ask. */
function reopen() {
  find("stage").classList.add("waiting");
  find("workshop").inert = true;
  for (const screen of Object.values(screens)) screen.enable(false);
  if (ready) send("open", { scene: scene.link });
}

function report({ part, done, ready: isReady, failed }) {
  const status = find("status");
  if (failed) {
    ready = false;
    status.textContent = `It does not work: ${failed}`;
    status.className = "status failed";
  } else if (isReady) {
    ready = true;
    performance.mark("ready");
    status.textContent = "ready";
    status.className = "status ready";
    reopen();
  } else status.textContent = done ? `loading ${part}` : `${part} is loading; read the task meanwhile`;
}

function start(kind) {
  engine?.close();
  ready = false;
  find("status").className = "status";
  engine = kind === "server" ? new ServerEngine(hear, report) : new BrowserEngine(hear, report);
}

/** A page that comes from `python -m compat.page` can also run the real programs. */
async function offerEngines() {
  const there = await (await fetch("engines.json")).json();
  if (!there.includes("server")) return keep();
  const choose = make("select", { id: "engine", on: { change: () => start(choose.value) } },
    ...there.map((kind) => make("option", { value: kind, text: ENGINES[kind] })));
  if (!there.includes("browser")) start("server");
  choose.value = engine instanceof ServerEngine ? "server" : "browser";
  find("engines").replaceChildren(make("label", { for: "engine", text: "engine " }), choose);
}

/** A page from anywhere else is kept in the browser, once Python has been loaded. */
function keep() {
  if (!("serviceWorker" in navigator)) return;
  const wait = setInterval(() => {
    if (!ready) return;
    clearInterval(wait);
    navigator.serviceWorker.register("keep.js").catch(() => {});
  }, 500);
}

addEventListener("hashchange", () => {
  find("welcome").hidden = true; // who goes to another scene has read it
  route();
});
find("welcome").append(button("×", () => { find("welcome").hidden = true; }, { "aria-label": "close the welcome" }));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // the part of the address after # names the scene
  find("stage").focus();
});
route();
const asked = new URLSearchParams(location.search).get("engine");
start(asked === "server" ? "server" : "browser");
offerEngines();
