/** Dark or light: as the system says, until somebody chooses. */

const { dataset } = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

export const isDark = () => dataset.theme === undefined ? system.matches : dataset.theme === "dark";

export function changeTheme() {
  dataset.theme = isDark() ? "light" : "dark";
}
