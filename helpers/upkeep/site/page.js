// The table of contents starts folded on a narrow screen; a recorded panel comes alive when the reader comes near.

import "./asking.js";

const contents = document.querySelector(".contents details");
if (matchMedia("(max-width: 900px)").matches) contents.open = false;

// What scrolls sideways can be reached and moved by keys, too.
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  for (const one of document.querySelectorAll("mjx-container[display=true], main table")) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
  }
  document.documentElement.dataset.ready = "yes";
});

const base = new URL("..", import.meta.url);

async function enliven(place) {
  const picture = place.closest(".output_area"), sentence = picture.nextElementSibling;
  try {
    const [{ play }, stage] = await Promise.all([import("./player.js"), import("./stage.js")]);
    await play(new URL(`panels/${place.dataset.panel}`, base).href, place, stage.default);
  } catch (problem) {
    place.textContent = `This panel could not be loaded (${problem.message}); its stored picture stays.`;
    return;
  }
  for (const image of picture.querySelectorAll(".output_png img")) image.hidden = true;
  if (sentence) sentence.hidden = true; // the panel says it itself
  place.dataset.alive = "yes";
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    enliven(target);
  }
}, { rootMargin: "800px 0px" });
for (const place of document.querySelectorAll(".recorded")) near.observe(place);
