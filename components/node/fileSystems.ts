/**
 * File systems that are not on a disk of the node: the kernel's own, images that are always full, and those of other
 * machines, whose failure would also block the collector. `fuseblk` is not among them: it is NTFS or exFAT on a disk.
 */
const otherFileSystems = [
  "autofs|bpf|binfmt_misc|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fusectl|hugetlbfs|mqueue|nsfs|proc|pstore",
  "ramfs|rpc_pipefs|securityfs|selinuxfs|sysfs|tmpfs|tracefs",
  "cramfs|erofs|iso9660|romfs|squashfs|udf",
  "9p|afs|ceph|cifs|fuse[.].+|glusterfs|lustre|ncpfs|nfs4?|smb3|smbfs|virtiofs",
].join("|");

/** Arguments of node_exporter: which file systems it leaves out. */
export const fileSystemArguments = [
  // Mounts there say nothing about the node.
  "--collector.filesystem.mount-points-exclude=^/(dev|etc|proc|run|sys|tmp|var/lib/(docker|containers|kubelet))(/|$)",
  // Debian's default has `overlay`, too. It is / of a node with a write-protected SD card; other overlays are dropped in
  // prometheus.yml.mustache.
  `--collector.filesystem.fs-types-exclude=^(${otherFileSystems})$`,
] as const;
