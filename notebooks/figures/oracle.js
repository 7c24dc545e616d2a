// A slider through all queries of a padding oracle attack.
function (svg, data, add) {
  const bytes = (hex) => hex.match(/../g).map((each) => parseInt(each, 16));
  const inner = bytes(data.inner), previous = bytes(data.previous);
  const hex = (byte) => byte.toString(16).padStart(2, "0");
  const character = (byte) =>
    byte > 31 && byte < 127 ? `'${String.fromCharCode(byte)}'` : hex(byte);
  const padding = inner[15] ^ previous[15];

  const steps = data.steps.map(([found, start, twice], number) => {
    const asked = [];
    for (let guess = 0; guess <= found; guess++) {
      const right = number ? guess === found : twice.includes(guess);
      asked.push({ guess, right });
      if (!number && right) asked.push({ guess, right: guess === found, again: true });
    }
    return { start, asked, end: start + asked.length };
  });

  const cells = {};
  for (const group of svg.querySelectorAll("[data-cell]")) {
    const [rect, text] = group.children;
    cells[group.dataset.cell] = { rect, text };
  }
  function set(name, value, colour) {
    const { rect, text } = cells[name];
    text.textContent = value;
    rect.setAttribute("class", colour);
    text.setAttribute("class", `${colour === "plain" ? "ink" : "dark-text"} mono`);
  }

  function show(query) {
    const number = query ? steps.findIndex((step) => query <= step.end) : 0;
    const step = steps[number], size = number + 1, place = 15 - number;
    const asked = query ? step.asked[query - step.start - 1] : { guess: 0, right: false };
    const known = (byte) => byte > place || (byte === place && query === step.end);
    for (let byte = 0; byte < 16; byte++) {
      let forged = byte > place ? inner[byte] ^ size : byte === place ? asked.guess ^ size : 0;
      if (asked.again && byte === 14) forged ^= 1;
      const fits = byte > place || (byte === place && asked.right);
      const isPadding = byte > 15 - padding;
      set(`forged-${byte}`, hex(forged), byte === place ? "orange" : "plain");
      set(`inner-${byte}`, known(byte) ? hex(inner[byte]) : "?", known(byte) ? "green" : "plain");
      set(`seen-${byte}`, fits ? hex(size) : "?", fits ? "sky" : "plain");
      set(`text-${byte}`, known(byte) ? character(inner[byte] ^ previous[byte]) : "?",
        known(byte) ? (isPadding ? "orange" : "green") : "plain");
    }
    steps.forEach((each, row) => {
      svg.querySelector(`[data-bar="${row}"]`).style.opacity = each.start < query ? 1 : 0.15;
      svg.querySelector(`[data-name="${row}"]`).style.opacity = each.end <= query ? 1 : 0;
    });
    const at = data.bars[0] + data.bars[1] * query;
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    return { number, place, asked, size, query, done: query === step.end };
  }

  function say({ place, asked, size, query, done }) {
    if (!query) return "Nothing is asked yet. Move the slider, or press “next byte”.";
    const answer = asked.right ? "does not complain of the padding" : "says “wrong padding”";
    const tried = asked.again
      ? `Is it ${hex(size)}, or a longer padding by chance? Mallory changes byte 14 and asks again.`
      : `Byte ${place}: Mallory guesses D[${place}] = ${hex(asked.guess)} and sends ` +
        `${hex(asked.guess ^ size)}, so that the padding would be ${size === 1 ? "one byte" : `${size} bytes`} ${hex(size)}.`;
    const learned = done
      ? ` Now she knows D[${place}], and the text: ${character(inner[place] ^ previous[place])}.`
      : "";
    return `${tried} The receiver ${answer}.${learned}`;
  }

  const cursor = document.createElementNS(svg.namespaceURI, "line");
  const bars = svg.querySelector('[data-bar="0"]').firstElementChild;
  const end = svg.querySelector('[data-bar="15"]').firstElementChild;
  cursor.setAttribute("y1", bars.getAttribute("y") - 4);
  cursor.setAttribute("y2", Number(end.getAttribute("y")) + 18);
  cursor.setAttribute("stroke", "var(--ink)");
  svg.append(cursor);

  const label = add("label");
  add("span", label, { textContent: "queries so far" });
  const slider = add("input", label, { type: "range" });
  Object.assign(slider, { min: 0, max: data.total, step: 1, value: data.total });
  const output = add("output", label);
  const said = add("p");
  said.style.minHeight = "3em";
  const row = add("div");
  const jump = (name, to) =>
    add("button", row, { type: "button", textContent: name }).addEventListener("click", () => {
      slider.value = to(Number(slider.value));
      update();
      said.setAttribute("aria-live", "polite");
    });
  const ends = steps.map((step) => step.end);
  jump("to the start", () => 0);
  jump("one query back", (query) => Math.max(query - 1, 0));
  jump("one query on", (query) => Math.min(query + 1, data.total));
  jump("previous byte", (query) => ends.findLast((each) => each < query) ?? 0);
  jump("next byte", (query) => ends.find((each) => each > query) ?? data.total);

  function update() {
    const state = show(Number(slider.value));
    output.textContent = `${state.query.toLocaleString("en")} of ${data.total.toLocaleString("en")}`;
    slider.setAttribute("aria-valuetext", output.textContent);
    said.textContent = say(state);
  }
  slider.addEventListener("input", update);
  update();
}
