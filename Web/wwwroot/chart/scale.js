/**
 * The vertical scales. ECharts draws transformed values on a linear axis, and the labels are ours: its logarithmic axis has labels at
 * powers of ten only.
 * @module
 */

/**
 * @typedef {object} Scale
 * @property {(price: number) => number} to the position of a price on the axis
 * @property {(position: number) => number} from
 * @property {(position: number) => string} text
 */

/**
 * @param {'linear' | 'log' | 'percent'} kind
 * @param {number} base the price that is 0 %
 * @param {(price: number) => string} priceText
 * @returns {Scale}
 */
export function scaleOf(kind, base, priceText) {
  const linear = { to: identity, from: identity, text: priceText };
  if (kind === 'log') {
    // Zero and negative prices have no logarithm.
    return base > 0 ? { to: Math.log, from: Math.exp, text: (position) => priceText(Math.exp(position)) } : linear;
  }
  if (kind === 'percent' && base !== 0) {
    return {
      to: (price) => (price / base - 1) * 100,
      from: (position) => (position / 100 + 1) * base,
      text: (position) => `${position > 0 ? '+' : position < 0 ? '−' : ''}${Number(Math.abs(position).toFixed(2))} %`,
    };
  }
  return linear;
}

/**
 * Round values between two bounds, some `count` of them.
 * @param {number} min
 * @param {number} max
 * @param {number} count
 */
export function roundTicks(min, max, count) {
  const rough = (max - min) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) {
    return [min];
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999) ?? 10 * power;
  const ticks = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    ticks.push(Number((i * step).toPrecision(12)));
  }
  return ticks;
}

/**
 * The axis for values between two bounds: some air around them, and labels at round prices.
 * @param {Scale} scale
 * @param {'linear' | 'log' | 'percent'} kind
 * @param {number} low
 * @param {number} high
 * @param {number} height in pixels
 */
export function axisOf(scale, kind, low, high, height) {
  let [min, max] = [scale.to(low), scale.to(high)];
  const air = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.01 || 1;
  [min, max] = [min - air, max + air];
  const count = Math.max(4, Math.round(height / 50));
  // Distances are the same on all scales but the logarithmic one, whose round prices are not at round positions.
  const isLog = kind === 'log' && scale.to !== identity;
  const ticks = isLog ? roundTicks(scale.from(min), scale.from(max), count).map(scale.to) : roundTicks(min, max, count);
  return { min, max, ticks: ticks.filter((tick) => Number.isFinite(tick)) };
}

/** @param {number} value */
function identity(value) {
  return value;
}
