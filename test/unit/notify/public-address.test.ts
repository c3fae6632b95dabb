import assert from "node:assert/strict";
import test from "node:test";
import { isPublicAddress } from "../../../src/notify/public-address.ts";

for (const address of [
  // Those of code review's second defect: doctor took them for public, the sender did not.
  "192.0.0.1",
  "192.0.2.1",
  "198.18.0.1",
  "224.0.0.1",
  "240.0.0.1",
  "64:ff9b::a00:1",
  "2002:a00:1::",
  "0.0.0.0",
  "10.0.0.1",
  "100.64.0.1",
  "100.100.100.200",
  "127.0.0.1",
  "168.63.129.16",
  "169.254.169.254",
  "172.31.255.255",
  "192.168.0.1",
  "203.0.113.7",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::8.8.8.8",
  "::ffff:127.0.0.1",
  "::ffff:8.8.8.8",
  "::ffff:0:127.0.0.1",
  "64:ff9b:1::a00:1",
  "2001::1",
  "2001:db8::1",
  "4000::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "receiver.example",
  "",
])
  test(`bug: ${address || "nothing"} is a public address`, () => {
    assert.equal(isPublicAddress(address), false);
  });

for (const address of ["1.1.1.1", "8.8.8.8", "168.63.129.17", "2606:4700:4700::1111", "2a00:1450::8"])
  test(`${address} is a public address`, () => {
    assert.equal(isPublicAddress(address), true);
  });
