/** Whose samples, and of when. */
export interface SampleTarget {
  /** The tags of all its series in InfluxDB's line protocol, such as `job=node,node_name=a`. */
  readonly tags: string;
  /** Makes its values differ from those of others. */
  readonly index: number;
  /** Unix time in seconds. */
  readonly time: number;
}

interface NodeState {
  /** Whether Prometheus reaches it. */
  readonly up?: 0 | 1;
  /** Whether its firmware throttles it. */
  readonly throttled?: 0 | 1;
  /** Whether it has node_cpu_seconds_total of every mode, not of idle only. The dashboard of one node shows all. */
  readonly hasAllCpuModes?: boolean;
}

type Fields = Readonly<Record<string, number>>;

/** Writes lines of InfluxDB's line protocol with further tags, such as `,disk=sda`, and fields. */
function linesOf(tags: string, time: number): (more: string, fields: Fields) => string {
  return (more, fields) => {
    const values = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
    return `prometheus_remote_write,${tags}${more} ${values.join(",")} ${time}`;
  };
}

/** What the presets `disks` and `pi5` show of a node, in InfluxDB's line protocol. */
export function presetSamples({ tags, index, time }: SampleTarget): string[] {
  const line = linesOf(tags, time);
  return [
    line(",disk=sda,model=SSD", {
      rpi_disk_healthy: 1,
      rpi_disk_wear_percent: 10 + index,
      rpi_disk_spare_percent: 90,
      rpi_disk_spare_threshold_percent: 10,
      rpi_disk_temperature_celsius: 40 + index + (time % 7),
      rpi_disk_reallocated_sectors: index,
      rpi_disk_pending_sectors: 0,
      rpi_disk_media_errors: 0,
      rpi_disk_power_on_hours: 1000,
    }),
    line(",device=sda", {
      node_disk_io_time_seconds_total: time * 0.1,
      node_disk_written_bytes_total: time * 30,
    }),
    ...["VDD_CORE", "DDR"].map((rail, each) =>
      line(`,rail=${rail}`, {
        rpi_rail_watts: 1 + each + index + (time % 5) / 10,
        rpi_rail_amperes: 1 + each,
        rpi_rail_volts: 0.8 + each / 10,
      }),
    ),
    line(",rail=EXT5V", { rpi_rail_volts: 5 + index / 100 }),
    line(",rail=BATT", { rpi_rail_volts: 3 }),
    line("", { rpi_rtc_charging_volts: 3 }),
    line(",chip=platform_cooling_fan,sensor=fan1", { node_hwmon_fan_rpm: 2000 + index }),
    line(",chip=nvme_nvme0,sensor=temp1", { node_hwmon_temp_celsius: 40 + index + (time % 3) }),
  ];
}

/** The samples of the metrics that dashboards ask for, in InfluxDB's line protocol. */
export function nodeSamples(options: SampleTarget & NodeState): string[] {
  const { tags, index, time, up = 1, throttled = 0, hasAllCpuModes = false } = options;
  const wave = Math.sin(time / 5000 + index);
  const line = linesOf(tags, time);
  const modes = hasAllCpuModes
    ? ["idle", "user", "system", "iowait", "irq", "nice", "softirq", "steal"]
    : ["idle"];
  // A core is in one mode at a time, so the modes grow by a second per second in sum; with idle alone, half of it.
  const growth = hasAllCpuModes ? 1 / modes.length : 0.5;
  return [
    line("", {
      up,
      node_load1: 1 + wave,
      node_load5: 1 + wave,
      node_load15: 1,
      node_memory_MemAvailable_bytes: 2e9 + 1e9 * wave,
      node_memory_MemTotal_bytes: 4e9,
      node_time_seconds: time,
      node_boot_time_seconds: 1.7e9,
      node_timex_sync_status: 1,
      node_reboot_required: 0,
      node_procs_blocked: 0,
      apt_upgrades_pending: index % 7,
      rpi_root_readonly: 0,
    }),
    ...[0, 1, 2, 3].flatMap((cpu) =>
      modes.map((mode) => line(`,cpu=${cpu},mode=${mode}`, { node_cpu_seconds_total: time * growth + cpu })),
    ),
    ...["/", "/boot/firmware"].map((mountpoint) =>
      line(`,mountpoint=${mountpoint}`, {
        node_filesystem_avail_bytes: 2e10 + 1e9 * wave,
        node_filesystem_size_bytes: 3e10,
      }),
    ),
    ...["eth0", "wlan0"].map((device) =>
      line(`,device=${device}`, {
        node_network_receive_bytes_total: time * 100,
        node_network_transmit_bytes_total: time * 200,
      }),
    ),
    line(",device=mmcblk0", {
      node_disk_read_bytes_total: time * 10,
      node_disk_written_bytes_total: time * 30,
    }),
    line(",sensor=thermal_zone0,type=cpu-thermal", { rpi_temperature: 50 + 10 * wave }),
    line(",component=arm", { rpi_frequency: 1.2e9 + 3e8 * wave, rpi_frequency_max: 1.5e9 }),
    ...["core", "sdram_c", "sdram_i", "sdram_p"].map((component) =>
      line(`,component=${component}`, { rpi_voltage: 0.9 }),
    ),
    ...["under_voltage", "frequency_capped", "throttled", "soft_temperature_limit"].flatMap((condition) =>
      ["now", "boot"].map((since) =>
        line(`,condition=${condition},since=${since}`, { rpi_throttled: since === "now" ? throttled : 0 }),
      ),
    ),
  ];
}
