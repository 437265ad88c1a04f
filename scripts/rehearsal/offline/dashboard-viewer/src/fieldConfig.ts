import {
  type ConfigOverrideRule,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  type FieldConfig,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  type ThresholdsConfig,
} from "@grafana/data";

/** What every panel may set of a field. */
const standardItems = [
  item("color"),
  item("unit"),
  item("min", { process: numberOverrideProcessor, isNumeric: true }),
  item("max", { process: numberOverrideProcessor, isNumeric: true }),
  item("decimals", { process: numberOverrideProcessor, isNumeric: true }),
  item("displayName", { process: displayNameOverrideProcessor, settings: { expandTemplateVars: true } }),
  item("noValue"),
  item("thresholds"),
  item("mappings"),
  item("links", { process: dataLinksOverrideProcessor }),
];

/** By type of panel: what a dashboard's file leaves out, because it is what Grafana takes anyway. */
const customDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  timeseries: {
    axisBorderShow: false,
    axisCenteredZero: false,
    axisColorMode: "text",
    axisLabel: "",
    axisPlacement: "auto",
    barAlignment: 0,
    drawStyle: "line",
    fillOpacity: 0,
    gradientMode: "none",
    hideFrom: { legend: false, tooltip: false, viz: false },
    insertNulls: false,
    lineInterpolation: "linear",
    lineWidth: 1,
    pointSize: 5,
    scaleDistribution: { type: "linear" },
    showPoints: "auto",
    spanNulls: false,
    stacking: { group: "A", mode: "none" },
    thresholdsStyle: { mode: "off" },
  },
  table: { align: "auto", cellOptions: { type: "auto" }, inspect: false },
};

/** Registers the settings of fields; Grafana does that at its start. Any other setting of a panel has no effect here. */
export function registerFieldConfig(): void {
  // The last two have no default.
  const custom = [
    ...Object.values(customDefaults).flatMap((each) => Object.keys(each)),
    "axisSoftMax",
    "minWidth",
  ];
  standardFieldConfigEditorRegistry.setInit(() => [
    ...standardItems,
    ...custom.map((name) => item(name, { isCustom: true })),
  ]);
}

/** A panel's field configuration with Grafana's defaults. */
export function completeFieldConfig(
  type: string,
  { defaults, overrides }: FieldConfigSource,
): FieldConfigSource {
  const mode = type === "timeseries" ? "palette-classic" : "thresholds";
  return {
    defaults: {
      color: { mode },
      ...withBaseStep(defaults),
      custom: { ...customDefaults[type], ...(defaults.custom as object | undefined) },
    },
    overrides: overrides.map((rule): ConfigOverrideRule => ({
      ...rule,
      properties: rule.properties.map(({ id, value }) => ({
        id,
        value:
          id === "thresholds" ? withBaseStep({ thresholds: value as ThresholdsConfig }).thresholds : value,
      })),
    })),
  };
}

/** The lowest step begins at minus infinity, for which JSON has null. */
function withBaseStep(config: FieldConfig): FieldConfig {
  const { thresholds } = config;
  return thresholds === undefined
    ? config
    : {
        ...config,
        thresholds: {
          ...thresholds,
          steps: thresholds.steps.map((step, index) => (index === 0 ? { ...step, value: -Infinity } : step)),
        },
      };
}

function item(
  name: string,
  more: Partial<FieldConfigPropertyItem> & { readonly isNumeric?: boolean } = {},
): FieldConfigPropertyItem {
  const { isNumeric = false, isCustom = false, ...others } = more;
  return {
    id: isCustom ? `custom.${name}` : name,
    path: name,
    name,
    isCustom,
    process: identityOverrideProcessor,
    shouldApply: (field) => !isNumeric || field.type === FieldType.number,
    editor: () => null,
    override: () => null,
    ...others,
  };
}
