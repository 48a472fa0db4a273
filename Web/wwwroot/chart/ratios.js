/**
 * What a bar says in relation to the bars before it. The definition is that of the stored columns `spread_ratio` and `volume_ratio`;
 * computed here, it also holds for a bar that has just come and for timeframes that are folded.
 * @module
 */

const history = 20;

/**
 * @param {import('./window.js').Bar[]} bars
 * @param {number} index
 */
export function ratiosOf(bars, index) {
  const bar = bars[index];
  const before = bars.slice(Math.max(0, index - history), index).filter((other) => !other.filled);
  const ratio = (/** @type {number} */ value, /** @type {number} */ sum) =>
    bar.filled || !before.length || sum <= 0 ? null : (value * before.length) / sum;
  const spread = bar.high - bar.low;
  return {
    spread,
    spreadRatio: ratio(
      spread,
      before.reduce((sum, other) => sum + other.high - other.low, 0),
    ),
    volumeRatio: ratio(
      bar.volume,
      before.reduce((sum, other) => sum + other.volume, 0),
    ),
    /** Where the bar closed in its range: 0 is the low, 1 the high. */
    closePosition: spread > 0 ? (bar.close - bar.low) / spread : null,
  };
}
