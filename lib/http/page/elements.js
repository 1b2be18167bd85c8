/**
 * Elements of the live page.
 *
 * @module
 */

/** @param {string} id @returns {HTMLElement} */
export const element = (id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`there is no element ${id}`);
  return found;
};
/** @param {string} id @returns {HTMLInputElement} */
export const input = (id) => /** @type {HTMLInputElement} */ (element(id));

/**
 * @param {string} name
 * @param {string} [text]
 * @param {string} [className]
 */
export function made(name, text = "", className = "") {
  const one = document.createElement(name);
  one.textContent = text;
  if (className !== "") one.className = className;
  return one;
}

/** Changes nothing that is so already: what is selected or read aloud stays. @param {Element} one @param {string} text */
export function say(one, text) {
  if (one.textContent !== text) one.textContent = text;
}
