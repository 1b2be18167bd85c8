/** The space-time diagram. */

import { arrowLayer } from "./arrow_layer.js";
import { axisElements, bandLayer, definitions, faultLayer, laneElements } from "./backdrop.js";
import { cursorElements, cursorOver } from "./cursor.js";
import { element, svg } from "./dom.js";
import { hintsOf } from "./hint.js";
import { markLayer } from "./mark_layer.js";
import { operationLayer } from "./operation_layer.js";
import { part } from "./parts.js";
import { fit, height, TOP } from "./scale.js";
import { ON_PAGE } from "./shapes.js";

/**
 * The picture of what is seen.
 *
 * @param {number} width
 * @param {import("./shapes.js").Manner} manner
 */
export function picture(width, { elements, thin }) {
  const [bands, faults, operations, arrows] = [
    bandLayer(),
    faultLayer(),
    operationLayer(thin),
    arrowLayer(thin),
  ];
  const back = [...bands.shapes, ...faults.shapes];
  const front = [...arrows.shapes, ...operations.shapes, ...markLayer(thin)];
  const root = svg("svg", {
    ...{ viewBox: `0 0 ${width} ${height}`, width, height, role: "img", id: "picture" },
    "aria-label": "Space-time diagram; the tables below tell the same",
  });
  const lanes = svg("g", { "clip-path": "url(#lanes)" });
  lanes.append(...elements(front));
  root.append(definitions(), ...elements(bands.shapes), ...axisElements(), ...laneElements());
  root.append(...elements(faults.shapes), lanes);
  root.append(...bands.texts, ...faults.texts, ...arrows.texts, ...operations.texts);
  root.append(...cursorElements(TOP - 8, height - 22));
  return { root, front, back, leftOut: arrows.leftOut };
}

/** Draws it, with what it says where one points at something. */
export function showDiagram() {
  const holder = element("diagram");
  const hints = hintsOf(holder);
  const cursor = cursorOver(holder);
  part(holder, ["seen"], () => {
    const { root, front, back, leftOut } = picture(fit(holder), ON_PAGE);
    holder.querySelector("svg")?.remove();
    holder.prepend(root);
    hints.know(front, back);
    cursor.place();
    element("hidden").textContent = leftOut === 0
      ? ""
      : `${leftOut} arrows are not drawn: they lie upon others. See closer to have them.`;
  });
  part(holder, ["cursor"], cursor.place);
}
