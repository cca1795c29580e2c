// Draws marks on a canvas: the moving artists of a matplotlib figure (see marks.py). x, y: pixels; NaN lifts the pen.

const LONG = 500, RUN = 100; // vertices of a line stroked at once: more take Chromium a multiple of their share

function trace(ctx, x, y, from, to) {
  let first = from;
  for (let i = from; i <= to; i++) {
    if (i < to && !Number.isNaN(x[i])) { if (i > first) ctx.lineTo(x[i], y[i]); else ctx.moveTo(x[i], y[i]); continue; }
    if (i > first + 2 && x[first] === x[i - 1] && y[first] === y[i - 1]) ctx.closePath(); // a join, not two ends
    first = i + 1;
  }
}

function outline(ctx, mark, x, y) {
  if (mark.radius) { ctx.moveTo(x + mark.radius, y); ctx.arc(x, y, mark.radius, 0, 2 * Math.PI); return; }
  for (const part of mark.outlines) {
    for (let i = 0; i < part.length; i += 2) (i ? ctx.lineTo : ctx.moveTo).call(ctx, x + part[i], y + part[i + 1]);
    if (part.length > 4) ctx.closePath();
  }
}

function paint(ctx, mark) {
  if (mark.fill) { ctx.fillStyle = mark.fill; ctx.fill(); }
  if (mark.stroke) { ctx.strokeStyle = mark.stroke; ctx.stroke(); }
}

const opaque = (mark) => [mark.fill, mark.stroke].every((color) => !color || color.endsWith(",1)"));

function drawPath(ctx, mark, x, y, from, to) {
  const inRuns = to - from > LONG && !mark.fill && !mark.dash.length && opaque(mark), step = inRuns ? RUN : to - from;
  for (let i = from; i < to; i += step) { ctx.beginPath(); trace(ctx, x, y, i, Math.min(to, i + step + 1)); paint(ctx, mark); }
}

function drawMarkers(ctx, mark, x, y, from, to) {
  const plain = !mark.stroke || !mark.fill || mark.fill === mark.stroke; // then the order of painting does not show
  const together = plain && opaque(mark);
  if (together) ctx.beginPath();
  for (let i = from; i < to; i++) {
    if (Number.isNaN(x[i])) continue;
    if (!together) ctx.beginPath();
    outline(ctx, mark, x[i], y[i]);
    if (!together) paint(ctx, mark);
  }
  if (together) paint(ctx, mark);
}

function drawText(ctx, mark, text, x, y) {
  if (Number.isNaN(x)) return;
  ctx.translate(x, y);
  ctx.font = `${mark.slant} ${mark.weight} ${mark.size}px "DejaVu Sans", Verdana, sans-serif`;
  ctx.textAlign = mark.align; ctx.textBaseline = "alphabetic"; ctx.lineJoin = "round";
  if (mark.halo) { ctx.strokeStyle = "white"; ctx.lineWidth = mark.halo; ctx.strokeText(text, 0, 0); }
  ctx.fillStyle = mark.fill; ctx.fillText(text, 0, 0);
}

function drawMark(ctx, mark, x, y, from, to, text) {
  ctx.save();
  if (mark.clip) {
    const [l, t, r, b] = mark.clip;
    ctx.beginPath(); ctx.rect(l, t, r - l, b - t); ctx.clip();
  }
  if (mark.stroke) { ctx.lineWidth = mark.width; ctx.lineJoin = mark.join; ctx.lineCap = mark.cap ?? "butt"; ctx.setLineDash(mark.dash ?? []); }
  if (mark.kind === "text") drawText(ctx, mark, text, x[from], y[from]);
  else if (mark.kind === "markers") drawMarkers(ctx, mark, x, y, from, to);
  else drawPath(ctx, mark, x, y, from, to);
  ctx.restore();
}

function drawMarks(ctx, frame) {
  const count = frame.planes.length / 2, x = new Float32Array(count), y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const gap = frame.planes[i] === GAP;
    x[i] = gap ? NaN : frame.planes[i] / STEPS; y[i] = gap ? NaN : frame.planes[count + i] / STEPS;
  }
  let at = 0, text = 0;
  frame.styles.forEach((mark, i) => {
    const end = at + frame.counts[i];
    drawMark(ctx, mark, x, y, at, end, mark.kind === "text" ? frame.texts[text++] : "");
    at = end;
  });
}
