import { bufferFindings } from "../../../../../scripts/doctor/server/buffer";

const onDisk = { place: "disk", usedKb: 10, limitKb: 100, freeKb: 1000, setAside: [] } as const;

test("a buffer on the disk is healthy", () => {
  expect(bufferFindings(onDisk)).toEqual([]);
});

test.each([
  [
    "a full disk",
    { usedKb: 10 },
    "its disk is full",
    "make room on the server's disk, or bring InfluxDB back",
  ],
  ["its own limit", { usedKb: 100 }, "its buffer has reached its limit", "bring InfluxDB back"],
])("in memory because of %s, it says so", (_, more, cause, remedy) => {
  expect(bufferFindings({ ...onDisk, place: "memory", ...more })).toEqual([
    {
      subject: "telegraf",
      problem: `${cause}: samples wait in memory alone, and are lost if they must wait long`,
      remedy: `${remedy}; Telegraf finds it by itself`,
      mayPassByItself: true,
    },
  ]);
});

test("no state, and files that were set aside, are findings", () => {
  expect(bufferFindings(null)).toMatchObject([{ problem: "it does not report the state of its buffer" }]);
  expect(bufferFindings({ ...onDisk, setAside: ["1.wal"] })).toMatchObject([
    { remedy: expect.stringContaining("/set-aside/1.wal") as string },
  ]);
});
