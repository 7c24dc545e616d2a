// Two sliders, entropy and guesses per second: a line and a dot move, and words say the time.
function (svg, data, add) {
  const [left, right, top, bottom, fewest, largest, least, most] = data.plot;
  const x = (bits) => left + ((bits - fewest) / (largest - fewest)) * (right - left);
  const y = (seconds) => {
    const share = Math.log(seconds / least) / Math.log(most / least);
    return bottom - Math.min(Math.max(share, 0), 1) * (bottom - top);
  };
  const time = (bits, rate) => 2 ** (bits - 1) / rate;

  function draw(tag, given) {
    const element = document.createElementNS(svg.namespaceURI, tag);
    for (const [key, value] of Object.entries(given)) element.setAttribute(key, value);
    svg.insertBefore(element, svg.querySelector(".halo"));
    return element;
  }
  const line = draw("line", { stroke: "var(--ink)", "stroke-width": 3, "data-own": "line" });
  const dot = draw("circle", { r: 7, fill: "var(--ink)", stroke: "var(--paper)", "stroke-width": 2 });

  function slider(name, min, max, step, value) {
    const label = add("label");
    add("span", label, { textContent: name });
    const input = add("input", label, { type: "range" });
    Object.assign(input, { min, max, step, value });
    const output = add("output", label);
    input.addEventListener("input", update);
    return { input, output };
  }

  const names = ["second", "minute", "hour", "day", "year"];
  const sizes = [1, 60, 3600, 86400, 3.156e7];
  const shorten = (value) => {
    const digits = 10 ** (Math.floor(Math.log10(value)) - 1);
    return Math.round(value / digits) * digits;
  };
  const write = (value) => Math.round(value).toLocaleString("en");

  function sayTime(seconds) {
    if (seconds < 1) return "less than a second";
    const unit = sizes.findLastIndex((size) => seconds >= size);
    let number = seconds / sizes[unit];
    if (number >= 1e6) return `10 to the ${Math.floor(Math.log10(number))} years`;
    if (number >= 100) number = shorten(number);
    return `${write(number)} ${names[unit]}${write(number) === "1" ? "" : "s"}`;
  }

  function sayRate(rate) {
    if (rate < 1) return `one in ${write(1 / rate)} s`;
    const rounded = shorten(rate);
    for (const [size, word] of [[1e9, "thousand million"], [1e6, "million"]]) {
      if (rounded >= size * 0.9999) {
        return `${Number((rounded / size).toPrecision(3)).toLocaleString("en")} ${word} a second`;
      }
    }
    return `${write(rounded)} a second`;
  }

  const rates = data.rates.map((each) => Math.log10(each[1]));
  const low = Math.min(-2, ...rates), high = Math.max(13, ...rates);
  const entropy = slider("entropy of the passphrase", fewest, largest, "any", data.kinds[0][1]);
  const speed = slider("guesses per second", low, high, "any", rates[0]);
  const said = add("p");
  said.setAttribute("aria-live", "polite");
  const found = add("strong", said);
  for (const [values, own] of [[data.kinds, entropy], [data.rates, speed]]) {
    const row = add("div");
    for (const [name, value] of values) {
      add("button", row, { type: "button", textContent: name }).addEventListener("click", () => {
        own.input.value = own === speed ? Math.log10(value) : value;
        update();
      });
    }
  }

  function update() {
    const bits = Number(entropy.input.value);
    const rate = 10 ** Number(speed.input.value);
    const seconds = time(bits, rate);
    const reach = (end) => Math.min(Math.max(Math.log2(rate * end) + 1, fewest), largest);
    const [from, to] = [reach(least), reach(most)];
    const ends = { x1: x(from), y1: y(time(from, rate)), x2: x(to), y2: y(time(to, rate)) };
    for (const [key, value] of Object.entries(ends)) line.setAttribute(key, value.toFixed(1));
    dot.setAttribute("cx", x(bits).toFixed(1));
    dot.setAttribute("cy", y(seconds).toFixed(1));
    entropy.output.textContent = `${Math.round(bits * 10) / 10} bits`;
    speed.output.textContent = sayRate(rate);
    entropy.input.setAttribute("aria-valuetext", entropy.output.textContent);
    speed.input.setAttribute("aria-valuetext", speed.output.textContent);
    found.textContent = `Found on average after: ${sayTime(seconds)}`;
  }
  update();
}
