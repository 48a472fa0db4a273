/**
 * Mouse, wheel and touch on a pane: drag to move, wheel and pinch to zoom, hover for the crosshair.
 * @module
 */

/** @param {import('./pane.js').Pane} pane */
export function listenToPointer(pane) {
  const { plot } = pane;
  /** @type {Map<number, { x: number, y: number }>} */
  const pointers = new Map();
  let rest = 0;
  let pinch = 0;

  const place = (/** @type {MouseEvent} */ event) => {
    const box = plot.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const distance = () => {
    const [a, b] = [...pointers.values()];
    return Math.abs(a.x - b.x);
  };
  const share = (/** @type {number} */ x) => Math.min(1, Math.max(0, (x - (pane.view?.left ?? 0)) / (pane.view?.width ?? 1)));

  plot.addEventListener('pointerdown', (event) => {
    if (event.button === 0) {
      plot.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      plot.classList.add('dragging');
      rest = 0;
      pinch = pointers.size === 2 ? distance() : 0;
    }
  });
  plot.addEventListener('pointermove', (event) => {
    const now = place(event);
    const before = pointers.get(event.pointerId);
    if (before && pane.view) {
      pointers.set(event.pointerId, now);
      if (pointers.size === 2) {
        const wide = distance();
        if (pinch > 10 && wide > 10 && Math.abs(wide - pinch) > 4) {
          pane.zoom(pinch / wide, 0.5);
          pinch = wide;
        }
      } else {
        rest += (before.x - now.x) / pane.view.step;
        const bars = Math.trunc(rest);
        if (bars) {
          rest -= bars;
          pane.move(bars);
        }
      }
    }
    if (event.pointerType === 'mouse' || pointers.size < 2) {
      pane.pointAt(now.x, now.y);
    }
  });
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    plot.addEventListener(name, (event) => {
      pointers.delete(event.pointerId);
      if (!pointers.size) {
        plot.classList.remove('dragging');
      }
    });
  }
  plot.addEventListener('pointerleave', () => {
    pane.crossAt(null);
    pane.listener.onCross(pane, null);
  });
  plot.addEventListener(
    'wheel',
    (event) => {
      if (pane.state !== 'ready' || !pane.view) {
        return;
      }
      event.preventDefault();
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      if (isSideways) {
        rest += (event.deltaX || event.deltaY) / pane.view.step;
        const bars = Math.trunc(rest);
        rest -= bars;
        pane.move(bars);
      } else {
        const factor = Math.exp(Math.sign(event.deltaY) * Math.min(0.25, Math.abs(event.deltaY) / 500));
        if (pane.zoom(factor, share(place(event).x))) {
          pane.listener.onTooMuch(pane);
        }
      }
    },
    { passive: false },
  );
}
