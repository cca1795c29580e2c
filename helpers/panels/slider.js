// A labeled slider over given positions, with a field to type any number, and optionally a Play button.

function format(value) {
  return value == null ? "" : String(Number(Number(value).toPrecision(10)));
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
  el.append(label, range, field);

  const positions = () => model.get("positions");
  const nearest = (value) => {
    const all = positions();
    let best = 0;
    all.forEach((v, i) => { if (Math.abs(v - value) < Math.abs(all[best] - value)) best = i; });
    return best;
  };
  const show = () => {
    const value = model.get("value"), text = format(value);
    range.max = positions().length - 1;
    if (positions()[range.value] !== value) range.value = nearest(value);
    range.setAttribute("aria-valuetext", text);
    field.value = text; sent = null;
  };
  const refuse = () => {
    const bad = Boolean(model.get("complaint"));
    field.setAttribute("aria-invalid", String(bad));
    if (!bad) show(); // what was no number gives way to the value
  };
  const put = (index) => { model.set("value", positions()[index]); model.save_changes(); show(); };

  range.addEventListener("input", () => put(Number(range.value)));
  let sent = null;
  const type = () => {
    if (field.value === sent || (field.value === format(model.get("value")) && !model.get("complaint"))) return;
    sent = field.value;
    model.send({ kind: "typed", text: sent }); // not a trait: the same words, typed twice, are two messages
  };
  const onMessage = (message) => { if (message.kind === "taken") show(); };
  field.addEventListener("change", type);
  field.addEventListener("focus", () => field.select());
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") type();
    if (event.key === "Escape") { show(); if (model.get("complaint")) type(); }
  });
  model.on("change:value change:positions", show);
  model.on("change:complaint", refuse);
  model.on("msg:custom", onMessage);
  show(); if (model.get("complaint")) refuse();

  let timer = null;
  const parts = [range, field];
  if (model.get("play")) {
    const button = document.createElement("button");
    button.type = "button"; button.className = "control-play"; parts.push(button);
    const face = () => {
      button.textContent = timer ? "\u275A\u275A" : "\u25B6\uFE0E"; // the text form of the triangle, not the emoji
      button.setAttribute("aria-label", `${timer ? "pause" : "play"} ${model.get("name")}`);
    };
    const last = () => Number(range.value) >= positions().length - 1;
    const stop = () => { clearInterval(timer); timer = null; face(); };
    button.addEventListener("click", () => {
      if (timer) return stop();
      if (last()) put(0);
      timer = setInterval(() => {
        if (!last()) put(Number(range.value) + 1);
        if (last()) stop();
      }, model.get("interval"));
      face();
    });
    face();
    el.append(button);
  }
  // JupyterLab's shortcuts would take the arrow keys of a native slider
  for (const part of parts) part.setAttribute("data-lm-suppress-shortcuts", "true");
  return () => {
    clearInterval(timer);
    model.off("change:value change:positions", show);
    model.off("change:complaint", refuse);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
