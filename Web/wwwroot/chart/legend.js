/**
 * The line above a pane: the bar under the crosshair, what it says in relation to the bars before it, and its indicators.
 * @module
 */
import { percentText, priceText, ratioText, timeText, volumeText } from './format.js';
import { ratiosOf } from './ratios.js';
/** @typedef {import('./view.js').Scene} Scene */

/**
 * The parts of the legend: what, and its value.
 * @param {Scene} scene
 * @param {number} index of the bar
 * @returns {{ name: string, text: string, tone?: string }[]}
 */
export function legendOf(scene, index) {
  const bar = scene.bars[index];
  if (!bar) {
    return [];
  }
  const previous = scene.bars[index - 1];
  const change = previous && previous.close !== 0 ? bar.close - previous.close : null;
  const ratios = ratiosOf(scene.bars, index);
  const price = (/** @type {number | null} */ value) => priceText(value, scene.digits);
  const tone = bar.close >= (previous?.close ?? bar.open) ? 'rise' : 'fall';
  return [
    { name: '', text: timeText(bar.time, scene.timeframe, scene.zone) },
    ...(bar.filled ? [{ name: '', text: 'filled: no bar is stored' }] : []),
    { name: 'O', text: price(bar.open) },
    { name: 'H', text: price(bar.high) },
    { name: 'L', text: price(bar.low) },
    { name: 'C', text: price(bar.close) },
    {
      name: '',
      text: change === null ? '' : `${percentText((change / Math.abs(previous.close)) * 100)} (${change > 0 ? '+' : ''}${price(change)})`,
      tone,
    },
    { name: 'V', text: volumeText(bar.volume) },
    { name: 'Spread', text: `${price(ratios.spread)} (${ratioText(ratios.spreadRatio)})` },
    { name: 'Volume', text: ratioText(ratios.volumeRatio) },
    { name: 'Close at', text: ratios.closePosition === null ? '–' : `${Math.round(ratios.closePosition * 100)} % of the spread` },
    ...scene.indicators.flatMap((indicator) =>
      indicator.lines.map((line) => {
        const value = scene.values.at(bar.time, line.field);
        return { name: line.name, text: line.field === 'volume24h' ? volumeText(value) : price(value) };
      }),
    ),
  ].filter((part) => part.text);
}

/**
 * @param {HTMLElement} host
 * @param {string} title
 * @param {Scene} scene
 * @param {number} index
 * @param {boolean} isLive
 */
export function drawLegend(host, title, scene, index, isLive) {
  const parts = legendOf(scene, index).map(({ name, text, tone }) => {
    const part = document.createElement('span');
    if (name) {
      part.append(element('i', name), ' ');
    }
    part.append(text);
    if (tone) {
      part.className = tone;
    }
    return part;
  });
  const live = element('span', isLive ? '● live' : '○ not connected');
  live.className = isLive ? 'live rise' : 'live fall';
  host.replaceChildren(element('b', title), ...parts, live);
}

/**
 * @param {string} name
 * @param {string} text
 */
function element(name, text) {
  const result = document.createElement(name);
  result.textContent = text;
  return result;
}
