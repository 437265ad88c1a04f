import { explainSilence } from "../../../../scripts/remote/sshGreeting";

test("each way of not answering has its own explanation", () => {
  const codes = ["ENOTFOUND", "ECONNREFUSED", "EPROTO", "EHOSTUNREACH", "ETIMEDOUT"];
  const said = codes.map((code) => explainSilence(code, "vps.example.com", 22));
  expect(new Set(said).size).toBe(codes.length);
  expect(said.filter((each) => !each.includes("vps.example.com"))).toEqual([]);
});
