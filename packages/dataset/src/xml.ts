/**
 * Reads the XML of annotation files: elements and text, nothing else. Strict on purpose: no document types, no entities
 * but the five of XML itself and numbered characters, so that no file can refer to another or grow while it is read.
 */

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** The text directly inside, without space around it. */
  readonly text: string;
}

/** What is wrong with the text, and on which line. */
export class XmlError extends Error {
  constructor(message: string, line: number) {
    super(`${message} (line ${line})`);
    this.name = "XmlError";
  }
}

const maxDepth = 32;
const namePattern = /[A-Za-z_][\w.:-]*/y;
const namedCharacters: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

/**
 * The root element of a document. Throws XmlError.
 *
 * @example
 * child(parseXml("<a><b>5</b></a>"), "b")?.text; // "5"
 */
export function parseXml(document: string): XmlElement {
  return new XmlReader(document.replace(/^\uFEFF/, "")).root();
}

/** The first child with this name. */
export function child(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((inner) => inner.name === name);
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

class XmlReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  root(): XmlElement {
    if (this.#text.startsWith("<?xml")) this.#skipTo("?>", "the XML declaration");
    this.#skipBetween();
    const root = this.#element();
    this.#skipBetween();
    if (this.#at < this.#text.length) this.#fail("Nothing may follow the first element");
    return root;
  }

  /** From a start tag to its end tag, without recursion: depth is bounded by a number, not by the stack. */
  #element(): XmlElement {
    const open: OpenElement[] = [];
    for (;;) {
      if (this.#text.startsWith("<!--", this.#at)) {
        this.#skipTo("-->", "a comment");
      } else if (this.#text.startsWith("<!", this.#at) || this.#text.startsWith("<?", this.#at)) {
        this.#fail("Document types, entities, CDATA and instructions are not read");
      } else if (this.#text.startsWith("</", this.#at)) {
        const done = this.#close(open);
        const parent = open.at(-1);
        if (!parent) return done;
        parent.children.push(done);
      } else if (this.#text[this.#at] === "<") {
        const { name, isEmpty } = this.#startTag();
        if (!isEmpty) open.push({ name, children: [], text: "" });
        else if (open.length === 0) return { name, children: [], text: "" };
        else open.at(-1)?.children.push({ name, children: [], text: "" });
        if (open.length > maxDepth) this.#fail(`Elements may lie at most ${maxDepth} deep`);
      } else {
        this.#readText(open);
      }
    }
  }

  #close(open: OpenElement[]): XmlElement {
    this.#at += 2;
    const name = this.#name();
    this.#skipSpace();
    this.#expect(">");
    const last = open.pop();
    if (last?.name !== name) this.#fail(`</${name}> must close <${last?.name ?? "nothing"}>`);
    return { name, children: last?.children ?? [], text: last?.text.trim() ?? "" };
  }

  #startTag(): { name: string; isEmpty: boolean } {
    this.#expect("<");
    const name = this.#name();
    for (;;) {
      this.#skipSpace();
      if (this.#text.startsWith("/>", this.#at)) {
        this.#at += 2;
        return { name, isEmpty: true };
      }
      if (this.#text[this.#at] === ">") {
        this.#at += 1;
        return { name, isEmpty: false };
      }
      this.#attribute();
    }
  }

  /** Attributes are checked and passed over: annotations keep nothing in them. */
  #attribute(): void {
    this.#name();
    this.#skipSpace();
    this.#expect("=");
    this.#skipSpace();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail("An attribute's value must stand in quotes");
    this.#at += 1;
    this.#skipTo(quote as string, "an attribute's value");
  }

  #readText(open: readonly OpenElement[]): void {
    const end = this.#text.indexOf("<", this.#at);
    if (end < 0) this.#fail("The text ends inside an element");
    const raw = this.#text.slice(this.#at, end);
    const inside = open.at(-1);
    if (!inside) this.#fail("There must be an element, not text");
    else {
      inside.text += raw.replaceAll(/&([^;&<\s]*);?/g, (reference, name: string) => {
        const character = characterOf(name);
        if (character === null || !reference.endsWith(";")) this.#fail(`"${reference}" is no character of XML's own`);
        return character ?? "";
      });
    }
    this.#at = end;
  }

  #name(): string {
    namePattern.lastIndex = this.#at;
    const found = namePattern.exec(this.#text)?.[0];
    if (found === undefined) this.#fail("A name was expected");
    this.#at = namePattern.lastIndex;
    return found as string;
  }

  #skipBetween(): void {
    for (;;) {
      this.#skipSpace();
      if (!this.#text.startsWith("<!--", this.#at)) return;
      this.#skipTo("-->", "a comment");
    }
  }

  #skipSpace(): void {
    while (this.#at < this.#text.length && /\s/.test(this.#text[this.#at] as string)) this.#at += 1;
  }

  #skipTo(end: string, what: string): void {
    const found = this.#text.indexOf(end, this.#at);
    if (found < 0) this.#fail(`The text ends inside ${what}`);
    this.#at = found + end.length;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) this.#fail(`"${character}" was expected`);
    this.#at += 1;
  }

  #fail(message: string): never {
    throw new XmlError(message, this.#text.slice(0, this.#at).split("\n").length);
  }
}

function characterOf(reference: string): string | null {
  if (Object.hasOwn(namedCharacters, reference)) return namedCharacters[reference] as string;
  const digits = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(reference);
  if (!digits) return null;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : null;
}
