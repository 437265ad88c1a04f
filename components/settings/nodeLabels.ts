import { z } from "zod";
import { labelValue } from "./fields";

/** What Prometheus, this program and InfluxDB have a meaning for, and the columns that queries add. */
const pipelineLabels = "instance job monitor node_name time host cause column metric part result table";

/**
 * The labels of the metrics of node_exporter, raspberrypi_exporter and the textfile collectors. A label of a target with
 * the name of one of them would take its place: Prometheus renames that of the metric to `exported_...`.
 * Sources: `NewDesc` in the collectors of node_exporter 1.5 to 1.9, and their fixtures; the scripts of
 * https://github.com/prometheus-community/node-exporter-textfile-collector-scripts
 */
const metricLabels = `
  addr_assign_type address adminstate algorithm altname ana_state arch ashift backing_device bios_date bios_release
  bios_vendor bios_version block_group_type board_asset_tag board_id board_name board_serial board_vendor board_version
  branch broadcast bssid btrfs_dev_uuid bug build_id bus bus_info cache_device cachesize capacity_level card channel
  chassis_asset_tag chassis_serial chassis_vendor chassis_version chip chip_name class class_id clocksource cntlid code
  codename collector component condition controller core cpu csrow current data_type dataset dest dev_id dev_loss_tmo
  device device_error device_id device_model devices dimm_label directory disk domainname driver duplex error error_type
  expected export fabric_name family fc_host file firmware_revision firmware_version flag form_factor fs fstype function
  goarch goos goversion governor group gw handler hca_type id id_like identity ifalias image_id image_version index info
  interface interrupt iopolicy ip kind label le library_name library_path local_address local_mark local_port
  lun_id lv_layer lv_name mac_address machine major manufacturer master md_device member memory_vendor method microcode minor
  mir mitigation mode model model_family model_name mountaddr mounted mountpoint name name_assign_type netmask node
  nodename nqn nsid op operation operstate options origin package parent_bus parent_device parent_function
  parent_segment path peer policy port port_id port_name port_state port_type power_performance_level power_supply
  pretimeout_governor pretty_name priority processor_type product product_family product_name product_serial product_sku
  product_uuid product_version proto protocol quantile queue rail rapl_zone ref_host ref_id reference release
  remote remote_address remote_mark remote_port revision rotational scope seat segment sensor serial serial_number service
  since size slab smart_id source speed src ssid state status stepping stratum subsys_name subsystem
  subsystem_device_id subsystem_vendor_id supported_classes supported_speeds swap_type symbolic_name sysfs_name sysname
  system_vendor tags task temp_scale thread_state time_zone transport tty type unique_id usage user uuid value variant
  variant_id vector vendor vendor_id version version_codename version_id vg_name virtualization_type volblocksize weight
  wwn zone zpool`;

const reserved = new Set(`${pipelineLabels} ${metricLabels}`.split(/\s+/));

const labelName = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const printable = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}"\\]{1,64}$/u;

function labelMistake(name: string, value: string): string | undefined {
  if (!labelName.test(name)) {
    return "must have a name of up to 64 letters, digits and underscores that begins with a letter, such as rack";
  }
  if (reserved.has(name)) {
    return "must have another name: metrics of the node, or this program, have a label of that name";
  }
  return printable.test(value) ? undefined : 'must be up to 64 printable characters without " and \\';
}

/** Labels of a node's own. */
export const nodeLabels = z
  .record(z.string(), labelValue, { error: "must be labels with their values" })
  .superRefine((labels, context) => {
    for (const [name, value] of Object.entries(labels)) {
      const message = labelMistake(name, value);
      if (message !== undefined) {
        context.addIssue({ code: "custom", path: [name], message });
      }
    }
  })
  .optional()
  .meta({ allowed: "labels with their values, such as `rack: a`" })
  .describe(
    "Labels of the node's own on the samples of its node_exporter and exporters, by which your panels can group. A change begins new series; the dashboards go on with them.",
  );
