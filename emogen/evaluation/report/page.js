"use strict";
// Clips play while they are in view, unless the system asks for less motion; one button stops all.
const videos = [...document.querySelectorAll("video")];
const button = document.querySelector("#motion");
let moving = !matchMedia("(prefers-reduced-motion: reduce)").matches;
const visible = new Set();

function apply() {
  button.textContent = moving ? "Pause clips" : "Play clips";
  button.setAttribute("aria-pressed", String(!moving));
  for (const video of videos) {
    video.muted = true;
    if (moving && visible.has(video)) video.play().catch(() => {});
    else video.pause();
  }
}

if (videos.length && button) {
  button.hidden = false;
  button.addEventListener("click", () => { moving = !moving; apply(); });
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) visible.add(entry.target);
      else visible.delete(entry.target);
    }
    apply();
  }, { threshold: 0.4 });
  videos.forEach((video) => watcher.observe(video));
}

// The line in a curve moves with its clip.
for (const card of document.querySelectorAll(".curve")) {
  const video = card.querySelector("video");
  const head = card.querySelector(".playhead");
  const end = Number(card.dataset.end);
  const [left, right] = [42, 330];
  const follow = () => {
    const at = left + (right - left) * Math.min(video.currentTime / end, 1);
    head.setAttribute("x1", at);
    head.setAttribute("x2", at);
    if (!video.paused) requestAnimationFrame(follow);
  };
  video.addEventListener("play", follow);
  video.addEventListener("seeked", follow);
}
