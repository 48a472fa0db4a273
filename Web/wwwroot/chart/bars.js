/**
 * Requests for bars.
 * @module
 */
import { send } from '../api.js';
/** @typedef {import('./window.js').Bar} Bar */

/**
 * @param {string} symbol
 * @param {string} timeframe
 * @param {Record<string, string | number>} query
 */
export function barsPath(symbol, timeframe, query) {
  const parameters = new URLSearchParams({ timeframe, layout: 'columns', ...query });
  return `/v1/bars/${encodeURIComponent(symbol)}?${parameters}`;
}

/**
 * Reads bars, and the version that they have.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<{ bars: Bar[], version: number, hasMore: boolean }>}
 */
export async function readBars(path, signal) {
  const answer = await (await send(path, { signal })).json();
  const { timestamp, open, high, low, close, volume, filled } = answer;
  /** @type {Bar[]} */
  const bars = timestamp.map((/** @type {string} */ text, /** @type {number} */ i) => {
    const bar = { time: Date.parse(text), open: open[i], high: high[i], low: low[i], close: close[i], volume: volume[i] };
    return filled?.[i] ? { ...bar, filled: true } : bar;
  });
  return { bars, version: answer.version, hasMore: answer.next !== null };
}

/**
 * A bar of a stream.
 * @param {any} bar
 * @returns {Bar}
 */
export function barOf({ timestamp, open, high, low, close, volume }) {
  return { time: Date.parse(timestamp), open, high, low, close, volume };
}
