/** The architecture as data: who may import whom, and which outside library belongs to which folder. check-layers.mjs enforces it. */

/**
 * `mayImport`: our packages (a subpath after the name allows only that one).
 * `outside`: library → where in `src/` it may be imported: a file, a folder ending in "/", or "" for anywhere.
 *   A name ending in "/*" stands for a whole scope.
 * `browser`: runs in a browser too, so no module of Node's.
 */
export const layers = {
  "packages/vision": {
    purpose: "pixels, the one resize, heat maps",
    mayImport: [],
    outside: {},
    browser: true,
  },
  "packages/nn": {
    purpose: "ONNX graphs and files, the TFLite reader, sessions; knows no image",
    mayImport: [],
    outside: {
      "onnxruntime-node": "session/",
      "onnxruntime-common": "session/",
      "onnx-buf": "",
      "@bufbuild/protobuf": "onnx-file.ts",
    },
  },
  "packages/dataset": {
    purpose: "labelled pictures: formats, the training part and the test part, decoding",
    mayImport: ["vision"],
    outside: { sharp: "image-file.ts" },
  },
  "packages/models": {
    purpose: "picture in, prediction out: a folder per method, one registry, metrics, thresholds, the model file",
    mayImport: ["vision", "nn", "dataset"],
    outside: { "@mediapipe/objectron": "" },
  },
  "packages/api": {
    purpose: "what travels over HTTP and WebSocket: schemas, routes, OpenAPI",
    mayImport: [],
    outside: { zod: "" },
    browser: true,
  },
  "packages/client": {
    purpose: "what other programs import: typed calls, uploads, live events",
    mayImport: ["api"],
    outside: {},
    browser: true,
  },
  "packages/simulator": {
    purpose: "cameras that do not exist: rendered castings with exact ground truth",
    mayImport: ["vision", "dataset"],
    outside: {},
  },
  "apps/server": {
    purpose: "the self-hosted service",
    mayImport: ["vision", "nn", "dataset", "models", "api", "client", "simulator"],
    outside: {
      fastify: "http/",
      "@fastify/*": "http/",
      kysely: "store/",
      libsql: "store/",
      ws: "http/",
      nodemailer: "actions/",
      "@aws-sdk/client-s3": "objects/",
      mqtt: "actions/",
      "@duckdb/node-api": "analytics/",
      "prom-client": "monitor/",
      pino: "",
      ulid: "",
      zod: "",
    },
  },
  "apps/web": {
    purpose: "the browser UI",
    mayImport: ["vision", "api", "client"],
    outside: {
      react: "",
      "react-dom": "",
      "react-router": "",
      "@fontsource-variable/inter": "",
      "@mantine/*": "",
      "@tanstack/react-query": "",
      uplot: "components/",
      "@mdi/js": "",
    },
    browser: true,
  },
  "apps/cli": {
    purpose: "the command line: `sightline …`",
    mayImport: ["vision", "nn", "dataset", "models", "api", "client", "simulator", "server"],
    outside: { commander: "", "cli-progress": "" },
  },
};

/** Modules that only the named files may import: reading test pictures anywhere else would make every figure a lie. */
export const guarded = [
  {
    module: "@sightline/dataset/test-part",
    file: "packages/dataset/src/test-part.ts",
    importers: ["packages/models/src/evaluate.ts", "apps/cli/src/import-plan.ts"],
    why: "only `evaluate` opens a test part, and the import that hands it to a server marked as the test, so that no test picture can take part in training",
  },
];

/** The only places where SQL may be written: over the records, and DuckDB's over the result files. */
export const sqlFolders = ["apps/server/src/store/", "apps/server/src/analytics/"];

/** Names that say nothing about what is inside. */
export const emptyNames = [
  "util",
  "utils",
  "helper",
  "helpers",
  "common",
  "manager",
  "managers",
  "types",
  "misc",
  "lib",
];
