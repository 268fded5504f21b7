/** The filters above the inspection list; each choice goes into the address. */
import { Button, Group } from "@mantine/core";
import { mdiFilterRemoveOutline } from "@mdi/js";
import { useApi } from "../../app/api.js";
import { Choice } from "../../components/choice.js";
import css from "../../components/filter-bar.module.css";
import { Icon } from "../../components/icon.js";
import { ProjectSelect } from "../../components/project-select.js";
import { type FilterName, type InspectionFilters, spans } from "./filters.js";

export interface FilterBarProps {
  filters: InspectionFilters;
  set: (changes: { [K in FilterName]?: string | null }) => void;
  clear: (() => void) | undefined;
}

const statuses = [
  { value: "inspected", label: "Inspected" },
  { value: "queued", label: "In the queue" },
  { value: "waiting", label: "Waiting for a model" },
  { value: "failed", label: "Failed" },
];

export function FilterBar({ filters, set, clear }: FilterBarProps) {
  const cameras = useApi("listCameras", { query: { project: filters.project } }).data?.items ?? [];
  const models = useApi("listModels", { query: { project: filters.project } }).data?.items ?? [];
  const lines = [...new Set(cameras.map((camera) => camera.assemblyLineId))];
  const labels = [
    ...new Set(models.flatMap((model) => (model.task === "anomaly" ? ["normal", "anomaly"] : model.labels))),
  ];
  const choose = (name: FilterName) => (value: string | null) => set({ [name]: value });
  return (
    <search className={css.bar} aria-label="Filter the inspections">
      <ProjectSelect
        value={filters.project ?? null}
        onChange={(project) => set({ project, camera: null, line: null, verdict: null })}
        placeholder="Any project"
      />
      <Choice
        label="Verdict"
        placeholder="Any verdict"
        value={filters.verdict}
        onChange={choose("verdict")}
        data={labels.map((label) => ({ value: label, label: { normal: "Good", anomaly: "Defect" }[label] ?? label }))}
      />
      <Choice
        label="Camera"
        placeholder="Any camera"
        value={filters.camera}
        onChange={choose("camera")}
        data={cameras.map(({ id }) => ({ value: id, label: id }))}
      />
      <Choice
        label="Line"
        placeholder="Any line"
        value={filters.line}
        onChange={choose("line")}
        data={lines.map((id) => ({ value: id, label: id }))}
      />
      <Choice
        label="Status"
        placeholder="Any status"
        value={filters.status}
        onChange={choose("status")}
        data={statuses}
      />
      <Choice
        label="Time"
        placeholder="Any time"
        value={filters.since}
        onChange={choose("since")}
        data={Object.entries(spans).map(([value, { title }]) => ({ value, label: title }))}
      />
      {clear && (
        <Group>
          <Button
            variant="subtle"
            color="gray"
            leftSection={<Icon path={mdiFilterRemoveOutline} size={18} />}
            onClick={clear}
          >
            Clear
          </Button>
        </Group>
      )}
    </search>
  );
}
