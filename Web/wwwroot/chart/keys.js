/**
 * The keyboard of the chart.
 * @module
 */
import { timeframes } from './timeframes.js';

const setting = 'wyckoff-chart-shortcuts';

/** Whether the keys work everywhere on the page, or only while the chart has the focus. */
export function areKeysGlobal() {
  return localStorage.getItem(setting) !== 'off';
}

/** @param {boolean} on */
export function setKeysGlobal(on) {
  localStorage.setItem(setting, on ? 'on' : 'off');
}

/**
 * The command of a key press; null if it is none of the chart's.
 * @param {KeyboardEvent} event
 * @returns {{ name: string, value?: any } | null}
 */
export function commandOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return null;
  }
  const { key, shiftKey } = event;
  const digit = /^Digit([0-9])$/.exec(event.code)?.[1] ?? (/^[0-9]$/.test(key) ? key : null);
  if (shiftKey && (key === 'ArrowLeft' || key === 'ArrowRight')) {
    return { name: 'step', value: key === 'ArrowLeft' ? -1 : 1 };
  }
  if (digit && !shiftKey) {
    return digit === '0' ? { name: 'reset' } : { name: 'timeframe', value: timeframes[Number(digit) - 1].id };
  }
  return commands[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** @type {Record<string, { name: string, value?: any }>} */
const commands = {
  ArrowLeft: { name: 'move', value: -0.1 },
  ArrowRight: { name: 'move', value: 0.1 },
  PageUp: { name: 'move', value: -1 },
  PageDown: { name: 'move', value: 1 },
  Home: { name: 'oldest' },
  End: { name: 'newest' },
  '+': { name: 'zoom', value: 1 / 1.25 },
  '=': { name: 'zoom', value: 1 / 1.25 },
  '-': { name: 'zoom', value: 1.25 },
  Escape: { name: 'escape' },
  c: { name: 'style', value: 'candles' },
  b: { name: 'style', value: 'bars' },
  n: { name: 'style', value: 'line' },
  l: { name: 'scale', value: 'log' },
  p: { name: 'scale', value: 'percent' },
  v: { name: 'toggle', value: 'volume' },
  g: { name: 'toggle', value: 'gaps' },
  f: { name: 'toggle', value: 'fill' },
  t: { name: 'toggle', value: 'table' },
  z: { name: 'zone' },
  d: { name: 'second' },
  s: { name: 'picture' },
  '?': { name: 'help' },
};
