import { parse } from "yaml";
import { managedOnNode } from "../../../../components/node/piNode";
import { renderPrometheusConfig } from "../../../../components/node/prometheusMaster";
import type { NodeSettings } from "../../../../components/settings/settings";
import { exampleSettings } from "../../../support/exampleSettings";

const { nodes, exporter, presets, prometheus } = exampleSettings();
const node = nodes[0] as NodeSettings;
const [daemon] = managedOnNode({ node, exporter, presets }).daemons;
const view = { node, nodes, settings: prometheus, remoteWriteUrl: "https://t.org" };
const { scrape_configs } = parse(renderPrometheusConfig(view)) as {
  scrape_configs: {
    job_name: string;
    metric_relabel_configs?: { source_labels: string[]; regex: string; action: string }[];
  }[];
};

function excluded(option: string): RegExp {
  const name = `--collector.filesystem.${option}-exclude=`;
  const argument = daemon?.arguments.find((each) => each.startsWith(name)) ?? "";
  return new RegExp(argument.slice(name.length));
}

/** Whether samples of a file system reach the server, by its line of /proc/mounts. */
function isReported(line: string): boolean {
  const [device = "", mountpoint = "", fstype = ""] = line.split(" ");
  const labels: Record<string, string> = {
    __name__: "node_filesystem_avail_bytes",
    device,
    mountpoint,
    fstype,
  };
  const drops = scrape_configs.find(({ job_name }) => job_name === "node")?.metric_relabel_configs ?? [];
  return (
    !excluded("mount-points").test(mountpoint) &&
    !excluded("fs-types").test(fstype) &&
    // Prometheus matches the whole of the labels, joined by ";".
    !drops.some(({ source_labels, regex }) =>
      new RegExp(`^(?:${regex})$`).test(source_labels.map((label) => labels[label] ?? "").join(";")),
    )
  );
}

test.each([
  "/dev/mmcblk0p2 / ext4 rw,noatime 0 0",
  "/dev/mmcblk0p1 /boot/firmware vfat rw,relatime 0 0",
  "/dev/nvme0n1p2 / btrfs rw,subvol=/@ 0 0",
  "/dev/sda1 /mnt/ssd ext4 rw,relatime 0 0",
  "/dev/sdb1 /media/pi/BACKUP fuseblk rw,nosuid,nodev 0 0",
  "/dev/sdb2 /media/pi/CAMERA exfat rw,nosuid,nodev 0 0",
  "tank/data /tank/data zfs rw,xattr 0 0",
  "/dev/mmcblk0p3 /media/root-ro ext4 ro,relatime 0 0",
  "overlay / overlay rw,relatime,lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work 0 0",
  "overlayroot / overlay rw,relatime,lowerdir=/media/root-ro,upperdir=/media/root-rw/overlay 0 0",
])("a disk of the node is reported: %s", (line) => {
  expect(isReported(line)).toBe(true);
});

test.each([
  "overlay /var/lib/docker/overlay2/0a1b2c/merged overlay rw,lowerdir=l,upperdir=u,workdir=w 0 0",
  "overlay /mnt/ssd/docker/overlay2/7a588b93/merged overlay rw,lowerdir=l,upperdir=u,workdir=w 0 0",
  "overlay /mnt/ssd/docker/rootfs/overlayfs/889627db overlay rw,lowerdir=l,upperdir=u 0 0",
  "overlay /home/pi/.local/share/containers/storage/overlay/81886160/merged overlay rw,lowerdir=l 0 0",
  "fuse-overlayfs /home/pi/.local/share/containers/storage/overlay/1/merged fuse.fuse-overlayfs rw 0 0",
  "nas.local:/volume1/media /mnt/nas nfs4 rw,relatime,vers=4.1 0 0",
  "//nas.local/share /mnt/share cifs rw,relatime,vers=3.1.1 0 0",
  "remote: /mnt/cloud fuse.rclone rw,nosuid,nodev,relatime 0 0",
  "pi@nas:/srv /mnt/ssh fuse.sshfs rw,nosuid,nodev 0 0",
  "1:2:3 /mnt/pool fuse.mergerfs rw,relatime 0 0",
  "/dev/sr0 /media/dvd iso9660 ro,relatime 0 0",
  "/dev/sr0 /media/bluray udf ro,relatime 0 0",
  "/dev/loop3 /snap/core22/1122 squashfs ro,nodev,relatime 0 0",
  "share /mnt/host virtiofs rw,relatime 0 0",
  "share /mnt/host 9p rw,trans=virtio 0 0",
  "tmpfs /run/user/1000 tmpfs rw,nosuid,nodev 0 0",
])("what is no disk of the node is not: %s", (line) => {
  expect(isReported(line)).toBe(false);
});
