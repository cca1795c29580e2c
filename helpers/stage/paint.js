// Draws marks on a canvas: the moving artists of a matplotlib figure (see marks.py). x, y: pixels; NaN lifts the pen.

function trace(ctx, x, y, from, to, close) {
  let pen = false;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(x[i])) { if (pen && close) ctx.closePath(); pen = false; continue; }
    if (pen) ctx.lineTo(x[i], y[i]); else ctx.moveTo(x[i], y[i]);
    pen = true;
  }
  if (pen && close) ctx.closePath();
}

function outline(ctx, mark, x, y) {
  if (!mark.marker.length) { ctx.moveTo(x + mark.size / 2, y); ctx.arc(x, y, mark.size / 2, 0, 2 * Math.PI); return; }
  for (const part of mark.marker) {
    for (let i = 0; i < part.length; i += 2) (i ? ctx.lineTo : ctx.moveTo).call(ctx, x + part[i] * mark.size, y + part[i + 1] * mark.size);
    if (mark.fill) ctx.closePath();
  }
}

function drawMarkers(ctx, mark, x, y, from, to) {
  const paint = () => {
    if (mark.fill) { ctx.fillStyle = mark.fill; ctx.fill(); }
    if (mark.edgewidth) { ctx.strokeStyle = mark.edge; ctx.lineWidth = mark.edgewidth; ctx.stroke(); }
  };
  ctx.lineCap = "butt"; ctx.lineJoin = mark.join; ctx.setLineDash([]);
  const plain = !mark.edgewidth || !mark.fill || mark.fill === mark.edge; // then the order of painting does not show
  const together = plain && [mark.fill, mark.edge].every((color) => !color || color.endsWith(",1)"));
  if (together) ctx.beginPath();
  for (let i = from; i < to; i++) {
    if (Number.isNaN(x[i])) continue;
    if (!together) ctx.beginPath();
    outline(ctx, mark, x[i], y[i]);
    if (!together) paint();
  }
  if (together) paint();
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
  if (mark.kind === "text") {
    drawText(ctx, mark, text, x[from], y[from]);
  } else {
    if (mark.kind === "polygon") { ctx.beginPath(); trace(ctx, x, y, from, to, true); ctx.fillStyle = mark.fill; ctx.fill(); }
    if (mark.stroke && mark.width) {
      ctx.lineJoin = mark.kind === "line" ? "round" : "miter"; ctx.lineCap = mark.cap ?? "butt";
      if (mark.kind === "line") { ctx.beginPath(); trace(ctx, x, y, from, to, false); }
      ctx.strokeStyle = mark.stroke; ctx.lineWidth = mark.width; ctx.setLineDash(mark.dash); ctx.stroke();
    }
    if (mark.marker) drawMarkers(ctx, mark, x, y, from, to);
  }
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
