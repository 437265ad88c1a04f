const kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** nginx's temporary folders, which are the system's otherwise, as directives of `http`. */
export function nginxFolders(folder: string): string {
  return kinds.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ");
}
