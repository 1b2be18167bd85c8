/** Dark or light: as the system says, until somebody chooses. */

const { dataset } = document.documentElement;

export function changeTheme() {
  dataset.theme = dataset.theme === "dark" ? "light" : "dark";
}

export function chooseTheme() {
  if (matchMedia("(prefers-color-scheme: dark)").matches) changeTheme();
}
