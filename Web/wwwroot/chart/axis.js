/**
 * The labels of the time axis.
 * @module
 */
import { partsOf } from './format.js';
/** @typedef {import('./window.js').Bar} Bar */
/** @typedef {ReturnType<typeof partsOf>} Parts */

const spacing = 76;
/** Minutes of the day whose boundaries get a label, the most important first. */
const steps = [720, 360, 240, 120, 60, 30, 15, 5, 1];

/** @type {WeakMap<Bar, { zone: string, parts: Parts }>} */
const known = new WeakMap();

/**
 * @param {Bar} bar
 * @param {string} zone
 */
function parts(bar, zone) {
  let entry = known.get(bar);
  if (entry?.zone !== zone) {
    entry = { zone, parts: partsOf(bar.time, zone) };
    known.set(bar, entry);
  }
  return entry.parts;
}

/**
 * Chooses the bars that get a label: the first ones of a year, then of a month, a week, a day and so on, as long as there is room.
 * @param {Bar[]} bars those in view
 * @param {Bar | undefined} before the bar before them
 * @param {number} step the width of a bar in pixels
 * @param {string} zone
 * @param {boolean} isDates
 * @returns {Map<number, string>} index of the bar and its label
 */
export function timeLabels(bars, before, step, zone, isDates) {
  /** @type {number[][]} */
  const levels = [];
  /** @type {string[]} */
  const texts = [];
  bars.forEach((bar, i) => {
    const previous = i > 0 ? bars[i - 1] : before;
    const [now, then] = [parts(bar, zone), previous && parts(previous, zone)];
    const { level, text } = boundary(now, then, bar.time, previous?.time ?? 0, isDates);
    texts[i] = text;
    (levels[level] ??= []).push(i);
  });
  const room = Math.ceil(spacing / step);
  const edge = Math.ceil(24 / step);
  /** @type {Map<number, string>} */
  const labels = new Map();
  const taken = new Uint8Array(bars.length);
  for (const level of levels) {
    for (const i of level ?? []) {
      if (!taken[i] && i >= edge && i < bars.length - edge) {
        labels.set(i, texts[i]);
        taken.fill(1, Math.max(0, i - room + 1), i + room);
      }
    }
  }
  return labels;
}

/**
 * @param {Parts} now
 * @param {Parts | undefined} then
 * @param {number} time
 * @param {number} before
 * @param {boolean} isDates
 */
function boundary(now, then, time, before, isDates) {
  if (!then || now.year !== then.year) {
    return { level: then ? 0 : 4, text: then || !isDates ? now.year : `${now.day} ${now.month}` };
  }
  if (now.month !== then.month) {
    return { level: 1, text: isDates ? now.month : `${now.day} ${now.month}` };
  }
  if (now.day !== then.day) {
    // Weeks begin on Monday; 1970 began on a Thursday.
    const week = (/** @type {number} */ at) => Math.floor((at / 86_400_000 + 3) / 7);
    return { level: week(time) !== week(before) ? 2 : 3, text: `${now.day} ${now.month}` };
  }
  const [at, was] = [now, then].map((part) => Number(part.hour) * 60 + Number(part.minute));
  const level = steps.findIndex((minutes) => Math.floor(at / minutes) !== Math.floor(was / minutes));
  return { level: 5 + (level < 0 ? steps.length : level), text: `${now.hour}:${now.minute}` };
}
