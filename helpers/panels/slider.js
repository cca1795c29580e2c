// A labeled slider over given positions, with a field to type any number, and optionally a Play button.

function format(value) {
  return value == null ? "" : String(Number(Number(value).toPrecision(6)));
}

function render({ model, el }) {
  el.classList.add("control");
  const id = `control-${Math.random().toString(36).slice(2)}`;
  const label = document.createElement("label");
  const range = document.createElement("input");
  const field = document.createElement("input");
  label.textContent = model.get("label"); label.htmlFor = id;
  Object.assign(range, { id, type: "range", min: 0, step: 1 });
  range.setAttribute("aria-label", model.get("name"));
  Object.assign(field, { type: "text", inputMode: "decimal", spellcheck: false, autocomplete: "off" });
  field.setAttribute("aria-label", `${model.get("name")}, typed`);
  field.title = `type a number: ${model.get("allowed")}`;
  // JupyterLab's shortcuts would take the arrow keys of a native slider
  for (const part of [range, field]) part.setAttribute("data-lm-suppress-shortcuts", "true");
  el.append(label, range, field);

  const positions = () => model.get("positions");
  const nearest = (value) => {
    const all = positions();
    let best = 0;
    all.forEach((v, i) => { if (Math.abs(v - value) < Math.abs(all[best] - value)) best = i; });
    return best;
  };
  const show = () => {
    const value = model.get("value");
    range.max = positions().length - 1;
    const text = format(value);
    if (positions()[range.value] !== value) range.value = nearest(value);
    range.setAttribute("aria-valuetext", text);
    field.value = text;
  };
  const put = (index) => { model.set("value", positions()[index]); model.save_changes(); show(); };

  range.addEventListener("input", () => put(Number(range.value)));
  const type = () => {
    if (field.value === format(model.get("value"))) return;
    model.set("entry", ""); model.set("entry", field.value); model.save_changes();
  };
  field.addEventListener("change", type);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { type(); event.stopPropagation(); }
    if (event.key === "Escape") show();
  });
  model.on("change:value change:positions", show);
  show();

  let timer = null;
  if (model.get("play")) {
    const button = document.createElement("button");
    button.type = "button"; button.className = "control-play";
    const face = () => {
      button.textContent = timer ? "❚❚" : "▶";
      button.setAttribute("aria-label", `${timer ? "pause" : "play"} ${model.get("name")}`);
    };
    const stop = () => { clearInterval(timer); timer = null; face(); };
    button.addEventListener("click", () => {
      if (timer) return stop();
      if (Number(range.value) >= positions().length - 1) put(0);
      timer = setInterval(() => {
        if (Number(range.value) >= positions().length - 1) return stop();
        range.value = Number(range.value) + 1; put(Number(range.value));
      }, model.get("interval"));
      face();
    });
    face();
    el.append(button);
  }
  return () => { clearInterval(timer); model.off("change:value change:positions", show); };
}

export default { render };
