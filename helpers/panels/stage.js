// Draws the moving artists of a matplotlib figure over its background picture (see stage.py).

const BASELINE = { top: "top", bottom: "bottom", center: "middle", center_baseline: "middle", baseline: "alphabetic" };

function outline(ctx, marker, x, y, h) {
  // the outline of a marker of half-size h; "x", "+" and "|" are strokes only
  const polygon = (points) => points.forEach(([u, v], i) => (i ? ctx.lineTo : ctx.moveTo).call(ctx, x + u * h, y + v * h));
  switch (marker) {
    case "o": ctx.moveTo(x + h, y); ctx.arc(x, y, h, 0, 2 * Math.PI); return;
    case ".": ctx.moveTo(x + h / 2, y); ctx.arc(x, y, h / 2, 0, 2 * Math.PI); return;
    case "s": polygon([[-1, -1], [1, -1], [1, 1], [-1, 1]]); break;
    case "D": polygon([[0, -1.41], [1.41, 0], [0, 1.41], [-1.41, 0]]); break;
    case "^": polygon([[0, -1], [1, 1], [-1, 1]]); break;
    case "v": polygon([[0, 1], [1, -1], [-1, -1]]); break;
    case "*": polygon([...Array(10).keys()].map((i) => {
      const r = i % 2 ? 0.382 : 1, a = -Math.PI / 2 + (i * Math.PI) / 5;
      return [r * Math.cos(a), r * Math.sin(a)];
    })); break;
    case "x": polygon([[-1, -1], [1, 1]]); polygon([[-1, 1], [1, -1]]); return;
    case "+": polygon([[-1, 0], [1, 0]]); polygon([[0, -1], [0, 1]]); return;
    case "|": polygon([[0, -1], [0, 1]]); return;
  }
  ctx.closePath();
}

function trace(ctx, xy, from, to) {
  let pen = false; // a NaN lifts the pen
  for (let i = from; i < to; i += 2) {
    if (Number.isNaN(xy[i])) { pen = false; continue; }
    if (pen) ctx.lineTo(xy[i], xy[i + 1]); else ctx.moveTo(xy[i], xy[i + 1]);
    pen = true;
  }
}

function drawMark(ctx, mark, xy, from, to) {
  ctx.save();
  if (mark.clip) {
    const [l, t, r, b] = mark.clip;
    ctx.beginPath(); ctx.rect(l - 1, t - 1, r - l + 2, b - t + 2); ctx.clip();
  }
  ctx.lineJoin = "round";
  if (mark.kind === "line") {
    if (mark.stroke && mark.width) {
      ctx.beginPath(); trace(ctx, xy, from, to);
      ctx.strokeStyle = mark.stroke; ctx.lineWidth = mark.width; ctx.setLineDash(mark.dash); ctx.stroke(); ctx.setLineDash([]);
    }
    if (mark.marker) {
      ctx.beginPath();
      for (let i = from; i < to; i += 2) if (!Number.isNaN(xy[i])) outline(ctx, mark.marker, xy[i], xy[i + 1], mark.size / 2);
      if (mark.fill && !"x+|".includes(mark.marker)) { ctx.fillStyle = mark.fill; ctx.fill(); }
      if (mark.edgewidth) { ctx.strokeStyle = mark.edge; ctx.lineWidth = mark.edgewidth; ctx.stroke(); }
    }
  } else if (mark.kind === "polygon") {
    ctx.beginPath(); trace(ctx, xy, from, to); ctx.closePath();
    ctx.fillStyle = mark.fill; ctx.fill();
    if (mark.width) { ctx.strokeStyle = mark.stroke; ctx.lineWidth = mark.width; ctx.stroke(); }
  } else if (mark.kind === "text" && !Number.isNaN(xy[from])) {
    ctx.font = `${mark.weight} ${mark.size}px "DejaVu Sans", Verdana, sans-serif`;
    ctx.textAlign = mark.align; ctx.textBaseline = BASELINE[mark.baseline] ?? "alphabetic";
    const lines = mark.text.split("\n");
    lines.forEach((line, k) => {
      const shift = mark.baseline === "bottom" || mark.baseline === "baseline" ? k - lines.length + 1
        : mark.baseline === "top" ? k : k - (lines.length - 1) / 2;
      const y = xy[from + 1] + shift * 1.2 * mark.size;
      if (mark.halo) { ctx.strokeStyle = "white"; ctx.lineWidth = 4; ctx.strokeText(line, xy[from], y); }
      ctx.fillStyle = mark.fill; ctx.fillText(line, xy[from], y);
    });
  }
  ctx.restore();
}

function render({ model, el }) {
  el.classList.add("stage");
  const canvas = document.createElement("canvas");
  const sentence = document.createElement("p");
  const error = document.createElement("p");
  canvas.setAttribute("role", "img");
  sentence.className = "stage-sentence"; sentence.setAttribute("aria-live", "polite");
  error.className = "stage-error"; error.setAttribute("role", "alert");
  el.append(canvas, sentence, error);
  const ctx = canvas.getContext("2d");
  let bitmap = null, asked = 0, loaded = 0, scheduled = false, alive = true;

  function draw() {
    scheduled = false;
    if (!bitmap || !alive) return;
    const ratio = bitmap.width / model.get("width");
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) { canvas.width = bitmap.width; canvas.height = bitmap.height; }
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.drawImage(bitmap, 0, 0);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = model.get("frame"), marks = model.get("marks");
    if (view && view.byteLength) {
      const data = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
      let at = marks.length;
      marks.forEach((mark, i) => { const end = at + 2 * data[i]; drawMark(ctx, mark, data, at, end); at = end; });
    }
    el.dataset.drawn = String(Number(el.dataset.drawn || 0) + 1);
  }
  function schedule() { if (!scheduled) { scheduled = true; requestAnimationFrame(draw); } }
  async function loadBackground() {
    const bytes = model.get("background");
    if (!bytes || !bytes.byteLength) return;
    const mine = ++asked;
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    if (mine === asked && alive) { bitmap = image; loaded = mine; draw(); } // an older picture that decodes late is dropped
  }
  function words() {
    if (sentence.textContent !== model.get("sentence")) sentence.textContent = model.get("sentence");
    if (error.textContent !== model.get("error")) error.textContent = model.get("error");
    canvas.setAttribute("aria-label", model.get("sentence"));
  }
  canvas.style.aspectRatio = `${model.get("width")} / ${model.get("height")}`;
  canvas.style.width = `${model.get("width")}px`;

  // One message a change: its traits arrive together, so they are handled together, once.
  const TRAITS = ["background", "frame", "marks", "sentence", "error"];
  let shown = model.get("background"), handling = false;
  const changed = () => {
    if (handling) return;
    handling = true;
    queueMicrotask(() => {
      handling = false; words();
      if (model.get("background") !== shown) { shown = model.get("background"); loadBackground(); }
      else if (asked === loaded) schedule(); // else: the frame is drawn as soon as its background is there
    });
  };
  for (const name of TRAITS) model.on(`change:${name}`, changed);

  // pointer: one point in flight, the latest one kept
  let area = -1, busy = false, next = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect(), k = model.get("width") / box.width;
    return [(event.clientX - box.left) * k, (event.clientY - box.top) * k];
  };
  const inside = (x, y) => model.get("pointer_areas").findIndex(([l, t, r, b]) => x >= l && x <= r && y >= t && y <= b);
  const send = () => {
    if (busy || !next) return;
    busy = true; model.send({ kind: "point", area, x: next[0], y: next[1] }); next = null;
  };
  const onMessage = (message) => { if (message.kind === "ready") { busy = false; send(); } };
  model.on("msg:custom", onMessage);
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = place(event); area = inside(x, y);
    if (area < 0) return;
    canvas.setPointerCapture(event.pointerId); event.preventDefault(); next = [x, y]; send();
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event);
    canvas.style.cursor = inside(x, y) >= 0 ? "crosshair" : "";
    canvas.style.touchAction = inside(x, y) >= 0 ? "none" : "";
    if (area >= 0 && canvas.hasPointerCapture(event.pointerId)) { next = [x, y]; send(); }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (area >= 0) { next = place(event); send(); }
  });

  words(); loadBackground();
  const ratio = Math.min(3, Math.max(1, window.devicePixelRatio || 1));
  if (ratio !== model.get("pixel_ratio")) { model.set("pixel_ratio", ratio); model.save_changes(); }
  return () => {
    alive = false;
    for (const name of TRAITS) model.off(`change:${name}`, changed);
    model.off("msg:custom", onMessage);
  };
}

export default { render };
