/**
 * Loads ECharts: a classic script that sets `window.echarts`.
 * @module
 */

const path = new URL('../_content/Vizor.ECharts/js/vizor-echarts-bundle-min.js', import.meta.url).pathname;
/** @type {Promise<any> | undefined} */
let loading;

/** @returns {Promise<any>} */
export function loadECharts() {
  loading ??= loadedWithPage().then((echarts) => echarts ?? insert());
  return loading;
}

/** The library that the page itself loads; undefined after a navigation, which runs no scripts. */
async function loadedWithPage() {
  const page = /** @type {any} */ (window);
  const script = document.querySelector(`script[src="${path}"]`);
  if (!page.echarts && script && document.readyState !== 'complete') {
    await new Promise((resolve) => {
      script.addEventListener('load', resolve);
      addEventListener('load', resolve);
    });
  }
  return page.echarts;
}

function insert() {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = path;
    script.onload = () => resolve(/** @type {any} */ (window).echarts);
    script.onerror = () => {
      loading = undefined;
      reject(new Error('The chart library could not be loaded.'));
    };
    document.head.append(script);
  });
}
