import { scryptSync, timingSafeEqual } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expanded } from "./provisioningFiles";
import { dataFolder } from "./paths";

const file = join(dataFolder, "admin");

/** Takes the admin password from its variable on the first start only, as Grafana does. */
export function rememberAdmin(): void {
  if (!existsSync(file)) {
    // The entry point of the official image reads the second one.
    const { GF_SECURITY_ADMIN_PASSWORD: value = "admin", GF_SECURITY_ADMIN_PASSWORD__FILE: path } =
      process.env;
    setAdminPassword(path === undefined ? expanded(value) : readFileSync(path, "utf8").trim());
  }
}

export function setAdminPassword(password: string): void {
  writeFileSync(file, hash(password), { mode: 0o600 });
}

/** @param header the request's `Authorization` */
export function isAdmin(header: string | undefined): boolean {
  const basic = /^Basic (.+)$/.exec(header ?? "")?.[1] ?? "";
  const [user = "", ...password] = Buffer.from(basic, "base64").toString().split(":");
  return isAdminPassword(user, password.join(":"));
}

export function isAdminPassword(user: string, password: string): boolean {
  return user === "admin" && timingSafeEqual(hash(password), readFileSync(file));
}

/** What the admin's sessions are made from: a new password ends them. */
export function sessionSecret(): Buffer {
  return readFileSync(file);
}

function hash(password: string): Buffer {
  return scryptSync(password, "stand-in", 32);
}
