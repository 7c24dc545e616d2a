// Brings a figure to life: replaces its picture by a copy of the same drawing in the page, in the
// theme of the page, and lets the script of the figure add what answers to clicks and keys.
// If anything fails, the picture stays.
(function (name, darkPage, colours, data, start) {
  const body = document.body;
  const device = matchMedia("(prefers-color-scheme: dark)");

  function isDark() {
    const lab = body.dataset.jpThemeLight;
    if (lab) return lab === "false";
    if (body.matches(".vscode-light, .vscode-high-contrast-light")) return false;
    return body.matches(".vscode-dark, .vscode-high-contrast") || device.matches;
  }

  function variables(which) {
    const each = Object.entries(colours).map(([colour, values]) => `--${colour}:${values[which]}`);
    return `:host{${each.join(";")}}`;
  }

  const look = `
    :host{display:block;max-width:800px;container-type:inline-size;background:var(--paper);
      border-radius:6px}
    .sheet{overflow-x:auto}
    svg{display:block;max-width:100%;min-width:560px;height:auto}
    .panel{font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:var(--ink);
      padding:2px 14px 12px;box-sizing:border-box}
    .panel p{margin:6px 0}
    .mono{font-family:ui-monospace,Consolas,Menlo,monospace;overflow-wrap:anywhere}
    .faint{color:var(--faint)}
    label{display:flex;gap:10px;align-items:center;margin:6px 0}
    label span{flex:0 0 190px}
    label output{flex:0 0 200px}
    input{flex:1;min-width:80px;accent-color:var(--blue-line)}
    button{font:inherit;font-size:13px;color:var(--ink);background:var(--plain);cursor:pointer;
      border:1px solid var(--faint);border-radius:4px;padding:2px 9px;margin:2px 5px 2px 0}
    :focus-visible{outline:3px solid var(--blue-line);outline-offset:2px}
    @container (max-width:560px){label{flex-wrap:wrap}label span{flex-basis:100%}}
    @media print{button,input{display:none}}`;

  function decode(source) {
    const bytes = Uint8Array.from(atob(source.split(",")[1]), (each) => each.charCodeAt(0));
    return new DOMParser().parseFromString(new TextDecoder().decode(bytes), "image/svg+xml");
  }

  function live(figure) {
    const image = figure.querySelector("img");
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const svg = document.importNode(decode(image.src).documentElement, true);
    svg.setAttribute("role", "group");
    const ownStyle = svg.querySelector("style");
    const css = ownStyle.textContent;
    const style = document.createElement("style");
    const paint = () => {
      const when = isDark() ? "screen" : "not all";
      ownStyle.textContent = css.replace(darkPage, when);
      style.textContent = `${variables(0)}@media ${when}{${variables(1)}}${look}`;
    };
    paint();
    const panel = document.createElement("div");
    panel.className = "panel";
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    sheet.append(svg);
    root.append(style, sheet, panel);
    const add = (tag, parent = panel, given = {}) => {
      const element = Object.assign(document.createElement(tag), given);
      parent.append(element);
      return element;
    };
    // Jupyter Lab has shortcuts of its own, even for letters. It asks the host, which has the focus.
    host.dataset.lmSuppressShortcuts = "true";
    start(svg, data, add, style);
    image.after(host);
    image.hidden = true;
    const theme = { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] };
    new MutationObserver(paint).observe(body, theme);
    device.addEventListener("change", paint);
  }

  for (const figure of document.querySelectorAll(`figure[data-drawn="${name}"]`)) {
    if (figure.dataset.living) continue;
    figure.dataset.living = "yes";
    try {
      live(figure);
    } catch (error) {
      console.warn("this figure stays still:", error);
    }
  }
})
