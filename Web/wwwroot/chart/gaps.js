/**
 * The gaps of the quality report.
 * @module
 */
import { getJson } from '../api.js';

/**
 * @typedef {object} Gap
 * @property {number} from start of the first missing bar
 * @property {number} to
 * @property {number} bars
 */

/**
 * Reads the gaps of a range, oldest first.
 * @param {string} symbol
 * @param {string} timeframe
 * @param {number} from
 * @param {number} to
 * @param {AbortSignal} signal
 * @returns {Promise<Gap[]>}
 */
export async function readGaps(symbol, timeframe, from, to, signal) {
  const query = new URLSearchParams({ timeframe, from: new Date(from).toISOString(), to: new Date(to).toISOString(), limit: '1000' });
  const { gaps } = await getJson(`/v1/quality/${encodeURIComponent(symbol)}?${query}`, signal);
  return gaps.map((/** @type {{ from: string, to: string, bars: number }} */ gap) => ({
    from: Date.parse(gap.from),
    to: Date.parse(gap.to),
    bars: gap.bars,
  }));
}
