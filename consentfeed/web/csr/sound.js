// A short tone, where somebody chose it and outside quiet hours.

const PITCHES = { granted: 880, revoked: 440, expired: 587, request: 784, preferences: 523 };
const APART = 1500;

/** @type {AudioContext | null} */
let audio = null;
let last = 0;

/** @param {string} type of the event @param {number} [now] */
export function beep(type, now = Date.now()) {
  // Before the first click or key the browser would only complain.
  if (now - last < APART || !navigator.userActivation.hasBeenActive) return;
  last = now;
  audio ??= new AudioContext();
  const tone = new OscillatorNode(audio, { frequency: PITCHES[/** @type {'granted'} */ (type)] ?? 660 });
  const volume = new GainNode(audio, { gain: 0.08 });
  volume.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}

/** Whether the time lies within quiet hours, which may pass midnight. @param {{from: string, to: string}} hours "22:00" @param {Date} [at] */
export function isQuiet({ from, to }, at = new Date()) {
  if (!from || !to || from === to) return false;
  const time = `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
  return from < to ? time >= from && time < to : time >= from || time < to;
}
