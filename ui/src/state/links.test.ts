import { describe, expect, it } from "vitest";
import { pageOf, searchPage } from "./links";

describe("a page", () => {
  it.each([
    "https://a.example/",
    "https://a.example",
    "HTTPS://A.example/x?y#z",
    "https://[2001:db8::1]:8443/",
    "https://bücher.example/",
  ])("may be %s", (uri) => expect(pageOf(uri)?.protocol).toBe("https:"));
  it.each([
    "http://a.example/",
    "https:///etc/passwd",
    "https:/etc/passwd",
    "https:etc",
    "https://",
    "https://?a",
    "https://user@a.example/",
    "https://user:password@a.example/",
    "https://google.com\\@evil.example/",
    "https://a.example/\u0000",
    "https://a.example/\nb",
    "https://a.example/\u202egnp.exe",
    "https://a\u200bb.example/",
    " https://a.example/",
    "javascript:alert(1)//https://a.example/",
    "file:///etc/passwd",
    "data:text/html,x",
    "",
    "https://%",
    `https://a.example/${"x".repeat(5000)}`,
  ])("is not %j", (uri) => expect(pageOf(uri)).toBeNull());
  it("shows the host as it is looked up", () =>
    expect(pageOf("https://xn--80ak6aa92e.com/")?.host).toBe(pageOf("https://аррӏе.com/")?.host));
});

it("a query that is half a character leads to a page still", () =>
  expect(pageOf(searchPage("a\ud800"))?.host).toBe("www.google.com"));
