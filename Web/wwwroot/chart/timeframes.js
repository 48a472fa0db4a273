/**
 * The timeframes of the chart, from fine to coarse.
 * @module
 */

const minute = 60_000;
const day = 1440 * minute;

/**
 * @typedef {object} Timeframe
 * @property {string} id as the API spells it
 * @property {string} name
 * @property {number} width in milliseconds; of months about
 * @property {string} streamed the stored timeframe whose changes are streamed: coarser ones are folded from it
 */

/** @type {Timeframe[]} */
export const timeframes = [
  { id: '1m', name: '1 minute', width: minute, streamed: '1m' },
  { id: '5m', name: '5 minutes', width: 5 * minute, streamed: '5m' },
  { id: '15m', name: '15 minutes', width: 15 * minute, streamed: '15m' },
  { id: '30m', name: '30 minutes', width: 30 * minute, streamed: '30m' },
  { id: '1h', name: '1 hour', width: 60 * minute, streamed: '1h' },
  { id: '4h', name: '4 hours', width: 240 * minute, streamed: '4h' },
  { id: '1d', name: '1 day', width: day, streamed: '1d' },
  { id: '1w', name: '1 week', width: 7 * day, streamed: '1d' },
  { id: '1mo', name: '1 month', width: 30 * day, streamed: '1d' },
];

/**
 * @param {string | null | undefined} id
 * @returns {Timeframe | undefined}
 */
export function timeframeOf(id) {
  return timeframes.find((timeframe) => timeframe.id === id);
}

/**
 * The next coarser timeframe; undefined for the coarsest.
 * @param {Timeframe} timeframe
 */
export function coarser(timeframe) {
  return timeframes[timeframes.indexOf(timeframe) + 1];
}

/**
 * Whether bars are session dates rather than instants. Dates are the same in every time zone.
 * @param {Timeframe} timeframe
 */
export function hasDates(timeframe) {
  return timeframe.width >= day;
}

/**
 * Whether the API stores bars of the timeframe. Others have no indicators and no quality report.
 * @param {Timeframe} timeframe
 */
export function isStored(timeframe) {
  return timeframe.id === timeframe.streamed;
}

/**
 * The time at which a bar ends.
 * @param {number} start
 * @param {Timeframe} timeframe
 */
export function endOf(start, timeframe) {
  if (timeframe.id === '1mo') {
    const date = new Date(start);
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
  }
  return start + timeframe.width;
}
