// Builds the controls of a scene from their data. Each has `show(value, state)`; moves go to the store.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in element && name !== "list") element[name] = value; else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
};
const format = (value) => (value == null ? "" : String(Number(Number(value).toPrecision(10))));
const nearest = (all, value) => all.reduce((best, one, i) => (Math.abs(one - value) < Math.abs(all[best] - value) ? i : best), 0);
let made = 0;

function sliderControl(store, name, data) {
  const id = `stage-control-${made++}`, label = make("label", { textContent: data.label, htmlFor: id });
  const range = make("input", { id, type: "range", min: 0, step: 1, "aria-label": data.name });
  const field = make("input", { type: "text", inputMode: "decimal", spellcheck: false, autocomplete: "off",
    "aria-label": `${data.name}, typed`, title: `type a number: ${data.allowed}` });
  const parts = [label, range, field];
  let positions = data.positions, value = null, heading = 1, timer = null, face = () => {};
  const touch = () => store.ahead(name, heading);
  const put = (index) => {
    heading = Math.sign(positions[index] - value) || heading;
    store.move({ [name]: positions[index] }, name, heading);
  };
  range.addEventListener("input", () => put(Number(range.value)));
  for (const event of ["focus", "pointerenter", "touchstart"]) range.addEventListener(event, touch, { passive: true });

  const restore = () => { field.value = format(value); store.complain(name, ""); };
  const type = () => {
    const text = field.value.trim();
    if (!text || field.value === format(value)) return restore();
    const number = Number(text.replace(",", ".").replace("\u2212", "-"));
    if (!Number.isFinite(number) || /^[+-]?0[xob]/i.test(text)) {
      const said = text.length > 20 ? `${text.slice(0, 20)}\u2026` : text;
      return store.complain(name, `${data.label}: \u201c${said}\u201d is not a finite number; allowed: ${data.allowed}.`);
    }
    if (number === value) return restore();
    store.move({ [name]: number }, name, heading);
  };
  field.addEventListener("change", type);
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") type();
    if (event.key === "Escape") restore();
  });

  const last = () => Number(range.value) >= positions.length - 1;
  const stop = () => { clearInterval(timer); timer = null; face(); };
  if (data.play) {
    const button = make("button", { type: "button", className: "control-play" });
    face = () => {
      button.textContent = timer ? "\u275A\u275A" : "\u25B6\uFE0E"; // the text form of the triangle, not the emoji
      button.setAttribute("aria-label", `${timer ? "pause" : "play"} ${data.name}`);
    };
    button.addEventListener("click", () => {
      if (timer) return stop();
      heading = 1; touch();
      if (last()) put(0);
      timer = setInterval(() => { if (!last()) put(Number(range.value) + 1); if (last()) stop(); }, data.interval);
      face();
    });
    face(); parts.push(button);
  }
  const show = (now, state) => {
    positions = state.positions[name] ?? data.positions;
    range.max = positions.length - 1;
    if (positions[range.value] !== now) range.value = nearest(positions, now);
    const text = format(now);
    range.setAttribute("aria-valuetext", text);
    if (!Object.is(now, value) || state.fresh) field.value = text;
    value = now;
    field.setAttribute("aria-invalid", String(state.refused === name));
  };
  return { element: make("div", { className: "control control-slider" }, ...parts), show, stop };
}

function choiceControl(store, name, data) {
  const id = `stage-control-${made++}`, select = make("select", { id, "aria-label": data.name });
  data.options.forEach((text, i) => select.append(make("option", { value: i, textContent: text })));
  select.addEventListener("change", () => store.move({ [name]: Number(select.value) }, name, 1));
  for (const event of ["focus", "pointerenter"]) select.addEventListener(event, () => store.ahead(name, 1));
  const show = (now, state) => { select.value = now; select.setAttribute("aria-invalid", String(state.refused === name)); };
  return { element: make("div", { className: "control" }, make("label", { textContent: data.label, htmlFor: id }), select), show };
}

function switchControl(store, name, data) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => store.move({ [name]: box.checked }, name, 1));
  for (const event of ["focus", "pointerenter"]) box.addEventListener(event, () => store.ahead(name, 1));
  return { element: make("label", { className: "control-switch" }, box, data.label), show: (now) => { box.checked = now; } };
}

function buildControls(store) {
  const { data, names } = store, kinds = { slider: sliderControl, choice: choiceControl, switch: switchControl };
  const grid = make("div", { className: "stage-controls" }), row = make("div", { className: "stage-switches" });
  const buttons = make("div", { className: "stage-buttons" });
  const controls = names.map((name) => kinds[data.controls[name].kind](store, name, data.controls[name]));
  controls.forEach((one, i) => (data.controls[names[i]].kind === "switch" ? row : grid).append(one.element));
  const stop = () => controls.forEach((one) => one.stop?.());
  const button = (label, words, changes, name) => {
    const one = make("button", { type: "button", textContent: label, title: words });
    one.addEventListener("click", () => { stop(); store.move(changes(), null, 1, true); });
    if (name) for (const event of ["focus", "pointerenter"]) one.addEventListener(event, () => store.ahead(name, 1));
    buttons.append(one);
  };
  for (const preset of data.presets) button(preset.label, preset.words, () => preset.values, preset.label);
  if (names.length) button("Reset", "all as at the start", () => Object.fromEntries(names.map((name, i) => [name, data.initial[i]])));
  const longest = Math.max(3, ...names.filter((n) => data.controls[n].kind !== "switch").map((n) => data.controls[n].label.length));
  grid.style.setProperty("--label", `${Math.min(longest, 14) * 0.62 + 0.4}em`);
  const element = make("div", { className: "stage-panel" }, grid, ...(row.children.length ? [row] : []), buttons);
  // JupyterLab's shortcuts would take the arrow keys; only the attribute of the target itself counts
  for (const one of element.querySelectorAll("input, select, button")) one.setAttribute("data-lm-suppress-shortcuts", "true");
  return { element: names.length ? element : "", show: (values, state) => controls.forEach((one, i) => one.show(values[i], state)), stop };
}
