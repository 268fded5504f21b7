import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { addressRules } from "./address-rules.js";

const local = { host: "127.0.0.1", publicUrl: null, allowedHosts: [], corsOrigins: [] };

const hosts: readonly [
  name: string,
  config: Partial<Parameters<typeof addressRules>[0]>,
  host: string | undefined,
  allowed: boolean,
][] = [
  ["the loopback address", {}, "127.0.0.1:8080", true],
  ["localhost in capitals", {}, "LOCALHOST:8080", true],
  ["the IPv6 loopback", {}, "[::1]:8080", true],
  ["a foreign name that resolves to us", {}, "attacker.example:8080", false],
  ["a name that only begins like ours", {}, "localhost.attacker.example", false],
  ["an address of the network while listening on loopback", {}, "192.168.1.9:8080", false],
  ["an address of the network while listening everywhere", { host: "0.0.0.0" }, "192.168.1.9:8080", true],
  ["the machine's own name while listening everywhere", { host: "0.0.0.0" }, `${hostname()}:8080`, true],
  ["a foreign name while listening everywhere", { host: "0.0.0.0" }, "attacker.example", false],
  ["the public address", { publicUrl: "https://sight.plant.example" }, "sight.plant.example", true],
  ["a configured name", { allowedHosts: ["Camera-Gateway"] }, "camera-gateway:8080", true],
  ["no Host header", {}, undefined, false],
  ["a Host with a path in it", {}, "127.0.0.1/../x", false],
  ["a Host with credentials in it", {}, "evil@127.0.0.1", false],
];

for (const [name, config, host, allowed] of hosts) {
  test(`${allowed ? "answers to" : "refuses"} ${name}`, () => {
    assert.equal(addressRules({ ...local, ...config }).allowsHost(host), allowed);
  });
}

test("a page of this service may call it, whatever name it was reached by", () => {
  const rules = addressRules(local);
  assert.equal(rules.allowsOrigin("http://localhost:8080", "localhost:8080"), true);
  assert.equal(rules.allowsOrigin("https://sight.plant.example", "sight.plant.example"), true);
});

test("pages of other ports, other sites, sandboxed frames and files may not", () => {
  const rules = addressRules(local);
  for (const origin of ["http://localhost:3000", "https://attacker.example", "null", "file://", "javascript:1"]) {
    assert.equal(rules.allowsOrigin(origin, "localhost:8080"), false, origin);
  }
});

test("a configured origin may call and read, the public address may call", () => {
  const rules = addressRules({ ...local, publicUrl: "https://sight.example/x", corsOrigins: ["https://mes.example"] });
  assert.equal(rules.allowsOrigin("https://mes.example", "127.0.0.1:8080"), true);
  assert.equal(rules.isCorsOrigin("https://mes.example"), true);
  assert.equal(rules.allowsOrigin("https://sight.example", "127.0.0.1:8080"), true);
  assert.equal(rules.isCorsOrigin("https://sight.example"), false);
});
