import { silentFirmware, staleMetrics } from "../../../../../scripts/doctor/machines/sensorFindings";
import { parseInspection } from "../../../../../scripts/doctor/machines/inspection";

const kernel = { path: "/m/raspberrypi-metrics.prom", needsFirmware: false };
const firmware = { path: "/m/raspberrypi-throttled.prom", needsFirmware: true };
const now = 1_800_000_000;

/** What is found where `vcgencmd` answers this, and the two files were written so many seconds ago. */
function look(sensors: string, kernelAge?: number, firmwareAge?: number): [string[], string[]] {
  const metrics = [
    [kernel.path, kernelAge],
    [firmware.path, firmwareAge],
  ].map(([path, age]) => `metrics\t${path}\t${typeof age === "number" ? now - age : ""}`);
  const text = [`clock\t${now}.0`, `sensors\t${sensors}`, ...metrics].join("\n");
  const inspection = parseInspection(text, now * 1000, now * 1000);
  return [
    staleMetrics("kube-1", { metrics: [kernel, firmware] }, inspection).map(({ problem }) => problem),
    silentFirmware("kube-1", inspection),
  ];
}

const answers = "/usr/bin/vcgencmd\tthrottled=0x50000";
const noDevice = "/usr/bin/vcgencmd\tCan't open device file: /dev/vcio";
const old = ({ path }: { path: string }): string => `${path} was not written for 60 seconds`;
const silent = (answer: string): string =>
  `kube-1 reports no voltage and no throttling: vcgencmd says "${answer}"`;

test.each([
  ["a healthy Pi", look(answers, 10, 10), [], []],
  ["a timer that is off", look(answers, 100, 100), [old(kernel), old(firmware)], []],
  ["files that were never written", look(answers), [old(kernel), old(firmware)], []],
  ["no vcgencmd", look("\t", 10), [], []],
  ["no device", look(noDevice, 10), [], [silent("Can't open device file: /dev/vcio")]],
  ["no word", look("/usr/bin/vcgencmd\t", 10), [], [silent("nothing")]],
  [
    "a firmware that answers no more",
    look("/usr/bin/vcgencmd\t", 10, 900),
    [old(firmware)],
    [silent("nothing")],
  ],
])(
  "of %s, what is wrong is a finding and what is missing is information",
  (_, found, findings, information) => {
    expect(found).toEqual([findings, information]);
  },
);
