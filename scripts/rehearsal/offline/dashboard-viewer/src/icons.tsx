import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import InlineSvg, { cacheStore } from "react-inlinesvg";
// Made by the build: the texts of Grafana's icons, by the ends of their paths.
import icons from "icons";

/** Gives Grafana's components their icons, which they would fetch one by one. */
export function registerIcons(): void {
  // The store is made when the first icon is drawn.
  const root = createRoot(document.createElement("div"));
  flushSync(() => {
    root.render(<InlineSvg src="data:image/svg+xml,<svg/>" />);
  });
  root.unmount();
  // The package lacks one that its time picker uses.
  const right = icons["unicons/angle-double-right.svg"] ?? "";
  const left = right.replace("<path ", '<path transform="matrix(-1 0 0 1 24 0)" ');
  for (const [path, content] of Object.entries({ ...icons, "unicons/angle-double-left.svg": left })) {
    cacheStore.set(`public/build/img/icons/${path}`, { content, status: "loaded" });
  }
}
