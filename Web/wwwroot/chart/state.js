/**
 * What the chart shows, and its form in the address of the page.
 * @module
 */
import { timeframeOf } from './timeframes.js';

/**
 * @typedef {object} ChartState
 * @property {string} symbol
 * @property {string} timeframe
 * @property {'candles' | 'bars' | 'line'} style
 * @property {'linear' | 'log' | 'percent'} scale
 * @property {'exchange' | 'local' | 'utc'} zone
 * @property {boolean} volume
 * @property {boolean} gaps
 * @property {boolean} fill
 * @property {boolean} table
 * @property {string[]} indicators
 * @property {number | null} at the end of the newest bar in view; null: the newest there is
 * @property {number} count the number of bars in view
 * @property {{ symbol: string, timeframe: string } | null} second
 * @property {'below' | 'beside'} layout
 */

export const fewest = 20;
export const most = 1500;

const styles = ['candles', 'bars', 'line'];
const scales = ['linear', 'log', 'percent'];
const zones = ['exchange', 'local', 'utc'];
const layouts = ['below', 'beside'];

/**
 * Reads the query of an address. What it does not understand has its default.
 * @param {string} query
 * @returns {ChartState}
 */
export function stateOf(query) {
  const parameters = new URLSearchParams(query);
  const choice = (/** @type {string} */ name, /** @type {string[]} */ values) => {
    const value = parameters.get(name);
    return /** @type {any} */ (value && values.includes(value) ? value : values[0]);
  };
  const count = Number(parameters.get('bars'));
  const at = Date.parse(parameters.get('at') ?? '');
  const [symbol, timeframe] = (parameters.get('with') ?? '').split('@');
  return {
    symbol: (parameters.get('symbol') ?? '').toUpperCase(),
    timeframe: timeframeOf(parameters.get('timeframe'))?.id ?? '',
    style: choice('style', styles),
    scale: choice('scale', scales),
    zone: choice('zone', zones),
    volume: parameters.get('volume') !== 'off',
    gaps: parameters.get('gaps') !== 'off',
    fill: parameters.get('fill') === 'previous',
    table: parameters.get('table') === 'on',
    indicators: (parameters.get('indicators') ?? '').split(',').filter(Boolean),
    at: Number.isNaN(at) ? null : at,
    count: count >= fewest && count <= most ? Math.round(count) : 150,
    second: symbol ? { symbol: symbol.toUpperCase(), timeframe: timeframeOf(timeframe)?.id ?? '1d' } : null,
    layout: choice('layout', layouts),
  };
}

/**
 * The address of a state; defaults are left out.
 * @param {ChartState} state
 */
export function addressOf(state) {
  const parameters = new URLSearchParams({ symbol: state.symbol, timeframe: state.timeframe });
  const optional = {
    style: state.style !== styles[0] && state.style,
    scale: state.scale !== scales[0] && state.scale,
    zone: state.zone !== zones[0] && state.zone,
    volume: !state.volume && 'off',
    gaps: !state.gaps && 'off',
    fill: state.fill && 'previous',
    table: state.table && 'on',
    indicators: state.indicators.length > 0 && state.indicators.join(','),
    with: state.second && `${state.second.symbol}@${state.second.timeframe}`,
    layout: state.layout !== layouts[0] && state.layout,
    at: state.at !== null && new Date(state.at).toISOString().replace('.000Z', 'Z'),
    bars: String(state.count),
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value) {
      parameters.set(name, value);
    }
  }
  return `/chart?${parameters}`;
}
