/** The Grafana dashboard in docs/: everything it asks Prometheus for is told by a service that has inspected and refused a picture. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { addPlayedModel, greyJpeg, openTestService, type TestService } from "../http/test-service.js";

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}
const file = new URL("../../../../docs/grafana/sightline.json", import.meta.url);
const dashboard = JSON.parse(readFileSync(file, "utf8")) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
};
const asked = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr }))),
  ...dashboard.templating.list.flatMap(({ name, definition }) =>
    definition === undefined ? [] : [{ title: `variable ${name}`, expr: definition }],
  ),
];

/** Every label that a query names: in its matchers, after `by`, and as what a variable lists. */
function labelsOf(expr: string): string[] {
  const matchers = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~|!=|=)/g)].map(([, name]) => name);
  const groups = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, names]) => names?.split(/,\s*/));
  const listed = /label_values\(.*,\s*(\w+)\)$/.exec(expr)?.[1];
  return [...matchers, ...groups, listed].filter((name) => name !== undefined);
}

describe("the Grafana dashboard", () => {
  let service: TestService;
  /** Labels of each series that the service tells, by metric. */
  const told = new Map<string, Set<string>>();

  before(async () => {
    service = await openTestService();
    const headers = await service.tokenOf("admin");
    const projectId = (await service.call("createProject", { headers, body: { name: "shown" } })).json.id;
    await service.call("addCamera", { headers, body: { id: "cam-g", projectId, assemblyLineId: "line-g" } });
    const modelId = await addPlayedModel(service.services, projectId);
    await service.call("startModel", { headers, params: { modelId } });
    for (const payload of [Buffer.from(await greyJpeg(1)), Buffer.from("no picture")]) {
      const query = { cameraid: "cam-g", assemblylineid: "line-g", imageid: "part" };
      const { pathname, search } = new URL((await service.call("getSignedUrl", { headers, query })).json.uploadURL);
      const type = { host: "127.0.0.1", "content-type": "image/jpeg" };
      await service.http.app.inject({ method: "PUT", url: pathname + search, headers: type, payload });
    }
    await service.services.store.write((tx) =>
      tx.drifts.put({
        projectId,
        cameraId: "cam-g",
        modelId,
        modelVersion: 1,
        comparedAt: new Date().toISOString(),
        pictures: 60,
        scoreDrift: 0.4,
        pictureDrift: 1.2,
        featureDrift: 0.7,
        farShare: 0.1,
        mostChanged: null,
        health: [],
      }),
    );
    await service.services.alarmWatch.look();
    await service.services.refusals.close();
    const read = async () =>
      (await service.http.app.inject({ method: "GET", url: "/metrics", headers: { host: "127.0.0.1", ...headers } }))
        .body;
    let text = await read();
    while (!text.includes("sightline_anomalies_total{")) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      text = await read();
    }
    for (const [, name, labels] of text.matchAll(/^(sightline_\w+)(?:\{(.*)\})? /gm)) {
      if (name === undefined) continue;
      const known = told.get(name) ?? new Set();
      for (const [, label] of (labels ?? "").matchAll(/(\w+)="/g)) if (label !== undefined) known.add(label);
      told.set(name, known);
    }
  });
  after(() => service.close());

  test("has panels, and each asks for something", () => {
    assert.ok(dashboard.panels.length >= 10);
    for (const { title, targets } of dashboard.panels) assert.ok(targets.length > 0, title);
  });

  for (const { title, expr } of asked) {
    test(`"${title}" asks for what there is: ${expr}`, () => {
      const names = [...expr.matchAll(/sightline_\w+/g)].map(([name]) => name);
      assert.ok(names.length > 0, "it asks for nothing of ours");
      const labels = new Set<string>();
      for (const name of names) {
        const own = told.get(name);
        assert.ok(own !== undefined, `the service tells no ${name}`);
        for (const label of own) labels.add(label);
      }
      for (const label of labelsOf(expr)) assert.ok(labels.has(label), `no label "${label}" in ${names.join(", ")}`);
    });
  }
});
