import type { Threshold } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Settings } from "../settings/settings";

/** Where a value turns orange and red. */
type Limits = Readonly<Partial<Record<"orange" | "red", number>>>;

/** Green, and from these values upwards another colour. Steps must ascend, so orange is left out where red hides it. */
export function above({ orange = Infinity, red = Infinity }: Limits): Threshold[] {
  return [
    { color: "green", value: null },
    ...(orange < red ? [{ color: "orange", value: orange }] : []),
    ...(red < Infinity ? [{ color: "red", value: red }] : []),
  ];
}

/** Red below a value, orange below a higher one, and green from there; steps must ascend here too. */
export function below({ orange = -Infinity, red }: Limits & { readonly red: number }): Threshold[] {
  return [
    { color: "red", value: null },
    ...(orange > red ? [{ color: "orange", value: red }] : []),
    { color: "green", value: Math.max(orange, red) },
  ];
}

/** Limits that a graph draws, of values that should stay above them: each has the colour of what is below it. */
export function floors({ orange = -Infinity, red }: Limits & { readonly red: number }): Threshold[] {
  return [
    { color: "green", value: null },
    { color: "red", value: red },
    ...(orange > red ? [{ color: "orange", value: orange }] : []),
  ];
}

/** The colours of values that alerts are about: red where the alert fires, orange shortly before. */
export function alertThresholds({ alerts }: Settings) {
  const before = (limit: number): Threshold[] => above({ orange: limit - 10, red: limit });
  return {
    temperature: before(alerts.temperatureCelsius),
    memory: before(alerts.memoryPercent),
    disk: before(alerts.diskPercent),
    diskTemperature: before(alerts.diskTemperatureCelsius),
    diskWear: before(alerts.diskWearPercent),
  };
}
