/** Refuses a Node.js that is too old, in syntax that one of 2019 can still read (so no `node:`, no `??`, no top-level await). */

const wanted = [20, 19, 0];

export function requireNodeVersion(command) {
  const found = process.versions.node.split(".").map(Number);
  const at = wanted.findIndex((part, i) => part !== found[i]);
  if (at < 0 || found[at] > wanted[at]) return;
  console.error(
    `Sightline needs Node.js ${wanted.join(".")} or newer (20, 22 or 24); this is ${process.versions.node}. ` +
      `Install one from https://nodejs.org/en/download, then run \`${command}\` again.`,
  );
  process.exit(1);
}
