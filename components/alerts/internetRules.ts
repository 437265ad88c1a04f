import { answeredSeconds, answers, ofProbe, whileLineIsUp } from "../flux/probes";
import { samples } from "../flux/query";
import { internetJob } from "../settings/presets";
import { probeInterval } from "../settings/probeInterval";
import type { Settings } from "../settings/settings";
import { hour, minute, node, type Rule, value } from "./rules";

const target = "{{ .Labels.instance }}";

/** The rules of the preset `internet`. */
export function internetRules(settings: Settings): Rule[] {
  const { alerts } = settings;
  const silent = alerts.silentMinutes * minute;
  const every = probeInterval(settings);
  const lately = Math.max(5 * minute, 2 * every + 30);
  // A DNS server that does not answer, or a name that the master cannot resolve.
  const isDns = "r.instance =~ /^dns:/ or r.probe_ip_protocol < 1.0";
  return [
    {
      uid: "internet-down",
      title: "Internet was down",
      topic: "internet",
      summary: `No target answered ${node} in ${value("%.0f")} of the last 60 minutes`,
      description:
        "While the line is down, this message cannot arrive; Prometheus sends afterwards what it has found. The panel Outages shows when. If it is again and again: restart the router, look into its log, and ask the provider with these times.",
      // Minutes, as many as a scrape stands for.
      query: `${answers(settings)}
  |> map(fn: (r) => ({node_name: r.node_name, _value: if r._value < 0.5 then ${(every / minute).toFixed(4)} else 0.0})) |> sum()`,
      lookBack: hour,
      fires: { above: alerts.silentMinutes - 0.5 },
    },
    {
      uid: "internet-target",
      title: "Target does not answer",
      topic: "internet",
      summary: `${target} does not answer ${node}`,
      description:
        "Other targets do, so the line is up. For a site: open it in a browser, which also says whether its certificate has expired; the table Targets has the HTTP status of its answer. For a host or a port: is the machine on, and is nothing in between that blocks it? A target that is gone for good is taken out of `presets.internet.targets`.",
      query: whileLineIsUp(`not (${isDns})`),
      by: ofProbe,
      lookBack: lately,
      fires: { above: 0.5 },
      forSeconds: silent,
    },
    {
      uid: "internet-dns",
      title: "DNS does not work",
      topic: "internet",
      summary: `DNS fails for ${target} at ${node}`,
      description:
        "Other targets answer, so the line is up. If it begins with `dns:`, this server does not answer or does not know the name. Else the master cannot resolve the name: on it, `getent hosts NAME` and `cat /etc/resolv.conf`; then check the resolver that this names, which is the router or a Pi-hole in most homes.",
      query: whileLineIsUp(isDns),
      by: ofProbe,
      lookBack: lately,
      fires: { above: 0.5 },
      forSeconds: silent,
    },
    {
      uid: "internet-slow",
      title: "Internet is slow",
      topic: "internet",
      summary: `${target} takes ${value("%.1f")} s to answer ${node}`,
      description:
        "That is the mean of 15 minutes. The dashboard Internet shows which phase takes the time: `resolve` is DNS, `connect` and `ping` are the line, `processing` is the site. If all targets are slow, the line is full or bad: look for uploads and downloads at home, then restart the router.",
      query: `${answeredSeconds} |> mean()`,
      by: ofProbe,
      lookBack: 15 * minute,
      fires: { above: alerts.probeSeconds },
      forSeconds: 5 * minute,
    },
    {
      uid: "internet-certificate",
      title: "Certificate of a site expires soon",
      topic: "internet",
      summary: `The certificate of ${target} expires in ${value("%.0f")} days`,
      description:
        "If the site is yours, renew it: its web server or certbot should have done so, and its log says why not. Once it has expired, the site does not answer its probes.",
      query: `${samples({ of: ["probe_ssl_earliest_cert_expiry"] })} |> last()
  |> map(fn: (r) => ({instance: r.instance, _value: (r._value - float(v: int(v: now())) / 1000000000.0) / 86400.0})) |> group(columns: ["instance"]) |> min()`,
      by: ["instance"],
      // After that time an expired one, which no probe sees, is only a target that does not answer.
      lookBack: hour,
      fires: { below: alerts.certificateDays },
      forSeconds: 10 * minute,
    },
    {
      uid: "internet-unknown",
      title: "Internet is not probed",
      topic: "internet",
      summary: `${node} does not probe the line to the Internet`,
      description:
        "Its blackbox_exporter does not answer Prometheus. On the master: `systemctl status pi-monitoring-internet-exporter` and `journalctl -u pi-monitoring-internet-exporter`.",
      query: `${samples({ of: ["up"], where: `r.job == "${internetJob}"` })} |> last() |> group(columns: ["node_name"]) |> max()`,
      lookBack: lately,
      fires: { below: 1 },
      forSeconds: silent,
    },
  ];
}
