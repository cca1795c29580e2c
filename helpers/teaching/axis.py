"""A point to be set on an axis: a native range input, its scale, and the value in words."""

from __future__ import annotations

import anywidget
import traitlets

_SCRIPT = """
function render({ model, el }) {
  const low = model.get("low"), high = model.get("high"), log = model.get("log"), unit = model.get("unit");
  const place = (x) => log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low);
  const value = (s) => log ? low * (high / low) ** s : low + s * (high - low);
  const short = (x) => String(Number(x.toPrecision(3))).replace("-", "−");
  const range = document.createElement("input"), shown = document.createElement("output");
  const ticks = document.createElement("div");
  Object.assign(range, { type: "range", min: 0, max: 200, step: 1 });
  range.setAttribute("aria-label", "Prediction");
  range.setAttribute("data-lm-suppress-shortcuts", "true");
  range.style.cssText = "width: 100%; height: 24px";
  ticks.style.cssText = "display: flex; justify-content: space-between";
  ticks.setAttribute("aria-hidden", "true");
  for (const s of [0, .25, .5, .75, 1]) {
    const tick = document.createElement("span");
    tick.textContent = short(value(s));
    ticks.append(tick);
  }
  el.style.cssText = "width: min(480px, 100%)";
  el.append(range, ticks, shown);
  const show = () => {
    const x = model.get("value"), text = x == null ? "not set yet" : `${short(x)} ${unit}`.trim();
    range.value = x == null ? 100 : Math.round(200 * place(x));
    range.setAttribute("aria-valuetext", text);
    shown.textContent = `Your point: ${text}`;
  };
  const set = () => {
    model.set("value", Number(value(range.value / 200).toPrecision(3)));
    model.save_changes();
  };
  range.addEventListener("input", set);
  range.addEventListener("click", set);
  range.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter") set();
  });
  model.on("change:value", show);
  show();
}
export default { render };
"""


class AxisPoint(anywidget.AnyWidget):
    """A point between `low` and `high` on a linear or logarithmic axis; `value` is None until it is set."""

    _esm = _SCRIPT
    low = traitlets.Float().tag(sync=True)
    high = traitlets.Float().tag(sync=True)
    log = traitlets.Bool(False).tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    value = traitlets.Float(None, allow_none=True).tag(sync=True)
