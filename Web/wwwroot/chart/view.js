/**
 * Draws bars with ECharts. It gets the bars in view only, so a step costs the same however many bars are in memory.
 * @module
 */
import { timeLabels } from './axis.js';
import { priceText, shortVolume, timeText } from './format.js';
import { axisOf, roundTicks, scaleOf } from './scale.js';
import { hasDates } from './timeframes.js';
/** @typedef {import('./window.js').Bar} Bar */
/** @typedef {import('./indicators.js').Indicator} Indicator */

/**
 * @typedef {object} Scene
 * @property {Bar[]} bars all bars in memory
 * @property {number} first index of the first slot in view; it may be empty
 * @property {number} count number of slots in view
 * @property {import('./timeframes.js').Timeframe} timeframe
 * @property {string} zone
 * @property {'candles' | 'bars' | 'line'} style
 * @property {'linear' | 'log' | 'percent'} scale
 * @property {boolean} volume
 * @property {Indicator[]} indicators
 * @property {import('./indicators.js').IndicatorValues} values
 * @property {import('./gaps.js').Gap[]} gaps
 * @property {number} digits
 */

const margin = { left: 8, right: 76, top: 6, bottom: 26 };
const distance = 10;
const colorNames = ['rise', 'fall', 'rise-soft', 'fall-soft', 'text', 'muted', 'line', 'surface', 'warn', 'accent'];
const seriesColors = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--muted'];

/**
 * The colors of the theme. The names of palette.css have a value per theme, so an element has to resolve them.
 * @param {HTMLElement} host
 */
export function colorsOf(host) {
  const probe = document.createElement('span');
  host.append(probe);
  const color = (/** @type {string} */ name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colors = Object.fromEntries([
    ...colorNames.map((name) => [name, color(`--${name}`)]),
    ...seriesColors.map((name) => [name, color(name)]),
  ]);
  probe.remove();
  return colors;
}

export class ChartView {
  /**
   * @param {HTMLElement} host
   * @param {any} echarts
   */
  constructor(host, echarts) {
    this.host = host;
    this.chart = echarts.init(host, null, { renderer: 'canvas' });
    this.colors = colorsOf(host);
    /** @type {{ top: number, height: number, min: number, max: number, text: (position: number) => string }[]} */
    this.grids = [];
    this.structure = '';
    this.scale = scaleOf('linear', 1, String);
    /** @type {Scene | undefined} */
    this.scene = undefined;
  }

  dispose() {
    this.chart.dispose();
  }

  recolor() {
    this.colors = colorsOf(this.host);
    this.structure = '';
  }

  resize() {
    this.chart.resize();
  }

  get left() {
    return margin.left;
  }

  get width() {
    return this.host.clientWidth - margin.left - margin.right;
  }

  /** The width of a bar with the space around it. */
  get step() {
    return this.width / (this.scene?.count ?? 1);
  }

  /**
   * The slot below a horizontal position, counted from the first one in view.
   * @param {number} x
   */
  slotAt(x) {
    return Math.floor((x - margin.left) / this.step);
  }

  /** @param {number} slot */
  centerOf(slot) {
    return margin.left + (slot + 0.5) * this.step;
  }

  /** @param {number} price */
  priceY(price) {
    return this.#y(0, this.scale.to(price));
  }

  /**
   * What the vertical axis says at a position; null outside the grids.
   * @param {number} y
   */
  valueAt(y) {
    const grid = this.grids.find((candidate) => y >= candidate.top && y <= candidate.top + candidate.height);
    return grid ? grid.text(grid.max - ((y - grid.top) / grid.height) * (grid.max - grid.min)) : null;
  }

  /** Where the plot ends at the bottom, above the time axis. */
  get bottom() {
    const last = this.grids[this.grids.length - 1];
    return last ? last.top + last.height : 0;
  }

  /** @param {Scene} scene */
  draw(scene) {
    this.scene = scene;
    const { bars, first, count, indicators, values, style } = scene;
    const from = Math.max(0, first);
    const visible = bars.slice(from, first + count);
    const offset = from - first;
    const below = indicators.filter((indicator) => indicator.below);
    const overlays = indicators.filter((indicator) => !indicator.below);
    const layout = this.#layout(scene.volume, below.length);
    const slots = (/** @type {(bar: Bar) => any} */ value) => {
      const data = new Array(count).fill('-');
      visible.forEach((bar, i) => (data[offset + i] = value(bar) ?? '-'));
      return data;
    };

    const base = visible[0]?.close ?? 1;
    let [low, high] = [Infinity, -Infinity];
    for (const bar of visible) {
      low = Math.min(low, style === 'line' ? bar.close : bar.low);
      high = Math.max(high, style === 'line' ? bar.close : bar.high);
      for (const { lines } of overlays) {
        for (const { field } of lines) {
          const value = values.at(bar.time, field);
          if (value !== null) {
            [low, high] = [Math.min(low, value), Math.max(high, value)];
          }
        }
      }
    }
    const kind = low > 0 ? scene.scale : scene.scale === 'log' ? 'linear' : scene.scale;
    this.scale = scaleOf(kind, base, (price) => priceText(price, scene.digits));
    const { to, text } = this.scale;
    const axis = axisOf(this.scale, kind, low, high, layout[0].height);
    this.grids = [{ ...layout[0], min: axis.min, max: axis.max, text }];
    const yAxes = [this.#yAxis(0, axis.min, axis.max, axis.ticks, text)];
    const series = [this.#prices(scene, slots, to, offset, from)];
    for (const { lines } of overlays) {
      for (const line of lines) {
        series.push(
          this.#line(
            line,
            0,
            slots((bar) => scaled(values.at(bar.time, line.field), to)),
          ),
        );
      }
    }

    if (scene.volume) {
      const highest = Math.max(...visible.map((bar) => bar.volume), 1);
      const max = highest * 1.08;
      yAxes.push(this.#yAxis(1, 0, max, roundTicks(0, max, 2).slice(1), shortVolume));
      this.grids.push({ ...layout[1], min: 0, max, text: shortVolume });
      const { rise, fall } = this.colors;
      const rises = slots((bar) => bar.close >= bar.open);
      series.push({
        id: 'volume',
        type: 'bar',
        xAxisIndex: 1,
        yAxisIndex: 1,
        data: slots((bar) => (bar.filled ? null : bar.volume)),
        barCategoryGap: '25%',
        itemStyle: { color: (/** @type {{ dataIndex: number }} */ item) => (rises[item.dataIndex] ? rise : fall), opacity: 0.65 },
      });
    }

    for (const indicator of below) {
      const i = this.grids.length;
      series.push(...this.#below(indicator, i, slots, layout[i], yAxes, visible, values));
    }

    const labels = timeLabels(visible, bars[from - 1], this.step, scene.zone, hasDates(scene.timeframe));
    const structure = `${yAxes.length} ${series.map((one) => one.id + one.type)} ${layout.map((grid) => grid.top)}`;
    const isNew = structure !== this.structure;
    this.structure = structure;
    this.chart.setOption(
      {
        animation: false,
        grid: layout.map((grid) => ({ left: margin.left, right: margin.right, top: grid.top, height: grid.height })),
        xAxis: layout.map((_, i) => this.#xAxis(i, count, offset, labels, i === layout.length - 1)),
        yAxis: yAxes,
        series,
      },
      { notMerge: isNew, lazyUpdate: false },
    );
  }

  /**
   * A picture of the chart below a heading.
   * @param {string} heading
   * @returns {HTMLCanvasElement}
   */
  picture(heading) {
    const ratio = 2;
    const chart = this.chart.renderToCanvas({ pixelRatio: ratio, backgroundColor: this.colors.surface });
    const canvas = document.createElement('canvas');
    const top = 36 * ratio;
    [canvas.width, canvas.height] = [chart.width, chart.height + top];
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.fillStyle = this.colors.surface;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = this.colors.text;
    context.font = `600 ${15 * ratio}px system-ui, sans-serif`;
    context.fillText(heading, 12 * ratio, 24 * ratio);
    context.drawImage(chart, 0, top);
    return canvas;
  }

  /**
   * @param {boolean} volume
   * @param {number} below
   */
  #layout(volume, below) {
    const height = this.host.clientHeight - margin.top - margin.bottom;
    const shares = [1, ...(volume ? [0.22] : []), ...new Array(below).fill(0.28)];
    const total = shares.reduce((sum, share) => sum + share, 0);
    const unit = (height - distance * (shares.length - 1)) / total;
    let top = margin.top;
    return shares.map((share) => {
      const grid = { top, height: Math.max(20, Math.floor(share * unit)) };
      top += grid.height + distance;
      return grid;
    });
  }

  /**
   * @param {number} i
   * @param {number} count
   * @param {number} offset
   * @param {Map<number, string>} labels
   * @param {boolean} isLast
   */
  #xAxis(i, count, offset, labels, isLast) {
    const ticks = [...labels.keys()].map((index) => index + offset).sort((a, b) => a - b);
    return {
      type: 'category',
      gridIndex: i,
      data: Array.from({ length: count }, (_, slot) => String(slot)),
      axisLine: { lineStyle: { color: this.colors.line } },
      axisTick: { show: false, customValues: ticks },
      splitLine: { show: true, lineStyle: { color: this.colors.line, opacity: 0.45 } },
      axisLabel: {
        show: isLast,
        customValues: ticks,
        color: this.colors.muted,
        fontSize: 11,
        formatter: (/** @type {string | number} */ slot) => labels.get(Number(slot) - offset) ?? '',
      },
      axisPointer: { show: false },
    };
  }

  /**
   * @param {number} i
   * @param {number} min
   * @param {number} max
   * @param {number[]} ticks
   * @param {(position: number) => string} text
   */
  #yAxis(i, min, max, ticks, text) {
    return {
      type: 'value',
      gridIndex: i,
      position: 'right',
      min,
      max,
      axisLine: { show: false },
      axisTick: { show: false, customValues: ticks },
      splitLine: { show: true, lineStyle: { color: this.colors.line, opacity: 0.6 } },
      axisLabel: { customValues: ticks, color: this.colors.muted, fontSize: 11, formatter: text },
      axisPointer: { show: false },
    };
  }

  /**
   * @param {Scene} scene
   * @param {(value: (bar: Bar) => any) => any[]} slots
   * @param {(price: number) => number} to
   * @param {number} offset
   * @param {number} from
   */
  #prices(scene, slots, to, offset, from) {
    const { rise, fall, muted, accent } = this.colors;
    const shared = { id: 'price', xAxisIndex: 0, yAxisIndex: 0, silent: true, markArea: this.#gaps(scene, offset, from) };
    if (scene.style === 'line') {
      return {
        ...shared,
        type: 'line',
        data: slots((bar) => to(bar.close)),
        showSymbol: false,
        lineStyle: { color: accent, width: 1.5 },
        itemStyle: { color: accent },
      };
    }
    const candle = (/** @type {Bar} */ bar) => [to(bar.open), to(bar.close), to(bar.low), to(bar.high)];
    if (scene.style === 'bars') {
      const all = slots((bar) => bar);
      return {
        ...shared,
        type: 'custom',
        data: slots((bar) => [0, ...candle(bar)]).map((value, i) => (value === '-' ? [i, '-', '-', '-', '-'] : [i, ...value.slice(1)])),
        encode: { x: 0, y: [1, 2, 3, 4] },
        clip: true,
        renderItem: (/** @type {any} */ parameters, /** @type {any} */ api) => {
          const bar = all[parameters.dataIndex];
          if (typeof bar === 'string') {
            return undefined;
          }
          const stroke = bar.filled ? muted : bar.close >= bar.open ? rise : fall;
          const [open, close, low, high] = [1, 2, 3, 4].map((dimension) => api.coord([api.value(0), api.value(dimension)]));
          const half = Math.max(1, api.size([1, 0])[0] * 0.36);
          const style = { stroke, lineWidth: Math.min(2, Math.max(1, half / 2)), ...(bar.filled && { lineDash: [2, 2] }) };
          const line = (/** @type {number[]} */ [x1, y1, x2, y2]) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style });
          return {
            type: 'group',
            children: [
              line([high[0], high[1], low[0], low[1]]),
              line([open[0] - half, open[1], open[0], open[1]]),
              line([close[0], close[1], close[0] + half, close[1]]),
            ],
          };
        },
      };
    }
    const filled = { color: muted, color0: muted, borderColor: muted, borderColor0: muted, borderColorDoji: muted };
    return {
      ...shared,
      type: 'candlestick',
      // Above this, bodies are thinner than a pixel.
      largeThreshold: 800,
      data: slots((bar) => (bar.filled ? { value: candle(bar), itemStyle: filled } : candle(bar))),
      itemStyle: { color: rise, borderColor: rise, color0: fall, borderColor0: fall, borderColorDoji: this.colors.text },
    };
  }

  /**
   * Areas from the last bar before a gap to the first one after it.
   * @param {Scene} scene
   * @param {number} offset
   * @param {number} from
   */
  #gaps(scene, offset, from) {
    const { bars, first, count } = scene;
    const data = [];
    for (const gap of scene.gaps) {
      let [left, right] = [bars.findIndex((bar) => bar.time >= gap.from) - 1, bars.findIndex((bar) => bar.time >= gap.to)];
      while (left > 0 && bars[left].filled) {
        left--;
      }
      if (right >= from && left >= 0 && left < first + count && right > left) {
        const slot = (/** @type {number} */ index) => Math.min(count - 1, Math.max(0, index - from + offset));
        data.push([{ xAxis: slot(left) }, { xAxis: slot(right) }]);
      }
    }
    const [, red, green, blue] = this.colors.warn.match(/(\d+), (\d+), (\d+)/) ?? [0, 160, 100, 0];
    return { silent: true, itemStyle: { color: `rgba(${red}, ${green}, ${blue}, 0.28)` }, data };
  }

  /**
   * @param {import('./indicators.js').Line} line
   * @param {number} grid
   * @param {any[]} data
   */
  #line(line, grid, data) {
    const color = this.colors[line.color];
    const shared = { id: line.field, name: line.name, xAxisIndex: grid, yAxisIndex: grid, data, silent: true, itemStyle: { color } };
    return line.columns
      ? { ...shared, type: 'bar', barCategoryGap: '25%', itemStyle: { color, opacity: 0.6 } }
      : { ...shared, type: 'line', showSymbol: false, lineStyle: { color, width: 1.5, type: line.dashed ? 'dashed' : 'solid' } };
  }

  /**
   * @param {Indicator} indicator
   * @param {number} i
   * @param {(value: (bar: Bar) => any) => any[]} slots
   * @param {{ top: number, height: number }} layout
   * @param {any[]} yAxes
   * @param {Bar[]} visible
   * @param {import('./indicators.js').IndicatorValues} values
   */
  #below(indicator, i, slots, layout, yAxes, visible, values) {
    const all = indicator.lines.flatMap((line) => visible.map((bar) => values.at(bar.time, line.field))).filter((value) => value !== null);
    let [min, max] = indicator.range ?? [Math.min(...all, ...(indicator.levels ?? [])), Math.max(...all, ...(indicator.levels ?? []))];
    if (!(max > min)) {
      [min, max] = [0, 1];
    } else if (!indicator.range) {
      const air = (max - min) * 0.08;
      [min, max] = [min - air, max + air];
    }
    const text = max > 10_000 ? shortVolume : (/** @type {number} */ value) => String(Number(value.toFixed(2)));
    const ticks = indicator.range ? [...(indicator.levels ?? [])] : roundTicks(min, max, 2);
    yAxes.push(this.#yAxis(i, min, max, ticks, text));
    this.grids.push({ ...layout, min, max, text });
    return indicator.lines.map((line) =>
      this.#line(
        line,
        i,
        slots((bar) => values.at(bar.time, line.field)),
      ),
    );
  }

  /**
   * @param {number} i
   * @param {number} value
   */
  #y(i, value) {
    const grid = this.grids[i];
    return grid ? grid.top + ((grid.max - value) / (grid.max - grid.min)) * grid.height : 0;
  }
}

/**
 * @param {number | null} value
 * @param {(price: number) => number} to
 */
function scaled(value, to) {
  return value === null ? null : to(value);
}

/**
 * A description of what is in view, for people who do not see it.
 * @param {Scene} scene
 * @param {string} symbol
 */
export function describe(scene, symbol) {
  const visible = scene.bars.slice(Math.max(0, scene.first), scene.first + scene.count);
  if (!visible.length) {
    return `${symbol} ${scene.timeframe.id}: no bars`;
  }
  const [from, to] = [visible[0], visible[visible.length - 1]].map((bar) => timeText(bar.time, scene.timeframe, scene.zone));
  return `${symbol} ${scene.timeframe.id}: ${visible.length} bars from ${from} to ${to}`;
}
