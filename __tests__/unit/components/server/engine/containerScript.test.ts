import { spawnSync } from "node:child_process";
import { scriptWords, unlessGone } from "../../../../../components/server/engine/containerScript";

test("a verb is the script's argument", () => {
  expect(scriptWords({ name: "influxdb" }, "remove").join(" ")).toBe("exec -i influxdb sh -s -- remove");
  expect(scriptWords({ image: "telegraf:1", network: "influxdb" }, "remove").join(" ")).toBe(
    "run --rm -i --network influxdb --entrypoint sh telegraf:1 -s -- remove",
  );
});

describe("a removal", () => {
  const remove = (command: string): object => {
    const { status, stderr } = spawnSync("sh", ["-c", unlessGone(command)], {
      input: "echo undone >&2; exit $1",
      encoding: "utf8",
    });
    return { status, stderr };
  };

  test("runs the script that it gets on standard input", () => {
    expect(remove("sh -s -- 0")).toEqual({ status: 0, stderr: "" });
  });

  test("fails with what the script prints", () => {
    expect(remove("sh -s -- 3")).toEqual({ status: 1, stderr: "undone\n" });
  });

  test("succeeds where the container was removed by hand", () => {
    const gone = "echo 'Error response from daemon: No such container: gate' >&2; false";
    expect(remove(`{ ${gone}; }`)).toEqual({ status: 0, stderr: "" });
  });
});
