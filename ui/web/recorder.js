// A button that records the microphone; the browser asks before, nothing is sent until it ends.

import { attempt } from "./net.js";
import { button } from "./cards.js";

const MOST_MS = 60000;

// `done(file)` gets the sound.
export function makeRecorder(done) {
  let recorder = null;
  const toggle = button("Record", async () => {
    if (recorder) {
      recorder.stop();
      return;
    }
    await attempt(async () => {
      if (!navigator.mediaDevices) throw new Error("this browser gives no microphone to pages without TLS");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      const parts = [];
      recorder = new MediaRecorder(stream);
      recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
      recorder.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        recorder = null;
        toggle.textContent = "Record";
        done(new File(parts, "recording.webm", { type: "audio/webm" }));
      });
      recorder.start();
      toggle.textContent = "Stop recording";
      setTimeout(() => recorder && recorder.stop(), MOST_MS);
    });
  }, { id: "record" });
  return toggle;
}
