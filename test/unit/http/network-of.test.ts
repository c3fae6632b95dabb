import assert from "node:assert/strict";
import test from "node:test";
import { networkOf } from "../../../src/http/network-of.ts";

const networks = {
  "10.0.0.7": "10.0.0.7",
  "::ffff:10.0.0.7": "10.0.0.7",
  "64:ff9b::10.0.0.7": "64:ff9b::10.0.0.7",
  "2001:db8:1:2:3:4:5:6": "2001:db8:1:2",
  "2001:db8:1:2::6": "2001:db8:1:2",
  "2001:db8::1": "2001:db8:0:0",
  "2001:db8::": "2001:db8:0:0",
  "::1": "0:0:0:0",
  "::": "0:0:0:0",
  "1::4:5:6:7:8": "1:0:0:4",
  "no address": "no address",
};

test("one customer is an IPv4 address, or 64 bits of an IPv6 address", () => {
  for (const [address, network] of Object.entries(networks))
    assert.equal(networkOf(address), network, address);
});
