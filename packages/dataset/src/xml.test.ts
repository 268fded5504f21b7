import assert from "node:assert/strict";
import { test } from "node:test";
import { child, parseXml, XmlError } from "./xml.js";

test("elements, text, comments and characters are read", () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<!-- made by hand -->\n<a verified="no">\n <b>x &lt; y &#38; &#x7A;</b><c/>\n <!-- <d> --><b> 2 </b></a>\n',
  );
  assert.equal(root.name, "a");
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ["b", "x < y & z"],
      ["c", ""],
      ["b", "2"],
    ],
  );
  assert.equal(child(root, "b")?.text, "x < y & z");
});

test("what could refer to other files or grow is refused, with the line", () => {
  const billion = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "bb">]>\n<a>&b;</a>';
  for (const [text, reason] of [
    [billion, /Document types.*line 2/],
    ["<a>&b;</a>", /"&b;" is no character/],
    ["<a>\n<![CDATA[x]]></a>", /CDATA.*line 2/],
    ["<a><b></a></b>", /<\/a> must close <b>/],
    ["<a>", /ends inside an element/],
    ["<a></a><b/>", /Nothing may follow/],
    ["plain", /an element, not text|ends inside/],
    ["<a b=c></a>", /in quotes/],
    ["<a>".repeat(40), /at most 32 deep/],
    ["<a>fish & chips</a>", /no character/],
    ["", /ends inside/],
  ] as const) {
    assert.throws(
      () => parseXml(text),
      (error) => error instanceof XmlError && reason.test(error.message),
      text.slice(0, 30),
    );
  }
});
