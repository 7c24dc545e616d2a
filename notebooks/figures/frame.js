// The fields of a frame: click one, or walk with the arrow keys, to see what it is.
function (svg, data, add) {
  const rules = document.createElementNS(svg.namespaceURI, "style");
  rules.textContent = `[data-field]{cursor:pointer;outline:none}
    [data-field] rect{stroke-width:0}
    [data-field]:hover rect,[data-field]:focus-visible rect{stroke:var(--ink);stroke-width:3}
    [data-field][aria-pressed=true] rect{stroke:var(--ink);stroke-width:3}
    [data-field].covered rect{stroke:var(--ink);stroke-width:2.5;stroke-dasharray:5 3}`;
  svg.append(rules);
  const fields = [...svg.querySelectorAll("[data-field]")];
  const title = add("p");
  const name = add("strong", title);
  const place = add("span", title, { className: "faint" });
  const what = add("p");
  const cover = add("p");
  const bytes = add("p", undefined, { className: "mono" });
  title.parentNode.setAttribute("aria-live", "polite");
  title.parentNode.style.minHeight = "172px";
  add("p", undefined, { className: "faint" }).textContent =
    "Click another field, or walk with the arrow keys. A dashed outline shows what a tag covers.";

  function choose(number) {
    const field = data.fields[number];
    fields.forEach((each, index) => {
      each.setAttribute("aria-pressed", String(index === number));
      each.classList.toggle("covered", field.covers.includes(index));
      each.setAttribute("tabindex", index === number ? "0" : "-1");
    });
    name.textContent = field.name;
    place.textContent = `  ${field.place}`;
    what.textContent = field.what;
    cover.textContent = field.cover;
    bytes.textContent = field.bytes;
  }

  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  fields.forEach((each, index) => {
    each.setAttribute("tabindex", index ? "-1" : "0");
    each.setAttribute("role", "button");
    each.setAttribute("aria-label", `${data.fields[index].name}, ${data.fields[index].place}`);
    each.addEventListener("click", () => { choose(index); each.focus(); });
    each.addEventListener("focus", () => choose(index));
    each.addEventListener("keydown", (event) => {
      const to = { Home: 0, End: fields.length - 1 }[event.key] ?? index + (steps[event.key] ?? 0);
      if (event.key === "Enter" || event.key === " ") choose(index);
      else if (to === index || !fields[to]) return;
      else fields[to].focus();
      event.preventDefault();
    });
  });
  choose(0);
}
