// Small helpers for the document: make an element, find one, say something to a screen reader.

/** Make an element. `attributes` may hold `on` (handlers by event) and `text`. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export const find = (id) => document.getElementById(id);

/** A button that does one thing. */
export function button(text, press, attributes = {}) {
  return make("button", { type: "button", text, on: { click: press }, ...attributes });
}

/** Let a screen reader say something, after what it says already. */
export function say(words) {
  const line = make("span", { text: `${words} ` });
  find("live").append(line);
  setTimeout(() => line.remove(), 8000);
}

/** Write control characters so that they can be seen. */
export function visible(text) {
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, "·");
}
