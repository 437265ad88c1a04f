import { initPluginTranslations } from "@grafana/i18n";
import { createRoot } from "react-dom/client";
import { registerFieldConfig } from "./fieldConfig";
import { registerIcons } from "./icons";
import { Viewer } from "./Viewer";
import "./fonts.css";

registerFieldConfig();
registerIcons();
await initPluginTranslations("dashboard-viewer");

const root = document.getElementById("viewer");
if (root === null) {
  throw new Error("The page has no element #viewer.");
}
createRoot(root).render(<Viewer />);
