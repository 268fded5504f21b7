/** Which of the dropped files are pictures. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isPicture, mediaTypeOf, sortOut } from "./dropped-files.js";

test("pictures are kept in the order people number them, other files are named, hidden ones are silent", () => {
  const files = ["img10.jpg", "img2.JPG", "notes.txt", ".DS_Store", "Thumbs.db", "a.png"].map(
    (name) => new File(["x"], name),
  );
  const { pictures, others } = sortOut(files);
  assert.deepEqual(
    pictures.map(({ name }) => name),
    ["a.png", "img2.JPG", "img10.jpg"],
  );
  assert.deepEqual(others, ["notes.txt"]);
});

test("the browser's type counts before the name", () => {
  assert.equal(isPicture({ name: "photo.jpg", type: "image/heic" }), false);
  assert.equal(isPicture({ name: "photo", type: "image/png" }), true);
  assert.equal(mediaTypeOf({ name: "photo.png", type: "" }), "image/png");
  assert.equal(mediaTypeOf({ name: "photo.JPEG", type: "" }), "image/jpeg");
});
