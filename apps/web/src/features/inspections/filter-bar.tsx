/** The filters above the inspection list; each choice goes into the address. */
import { Button, Group, Select } from "@mantine/core";
import { mdiFilterRemoveOutline } from "@mdi/js";
import { useApi } from "../../app/api.js";
import { Icon } from "../../components/icon.js";
import { ProjectSelect } from "../../components/project-select.js";
import css from "./filter-bar.module.css";
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

interface ChoiceProps {
  label: string;
  placeholder: string;
  value: string | undefined;
  onChange: (value: string | null) => void;
  data: { value: string; label: string }[];
}

function Choice({ label, placeholder, value, onChange, data }: ChoiceProps) {
  // A value from the address that is in no list (a removed camera) still shows and can be cleared.
  const known = value === undefined || data.some((item) => item.value === value);
  const items = known ? data : [...data, { value, label: value }];
  return (
    <Select
      aria-label={label}
      placeholder={placeholder}
      value={value ?? null}
      onChange={(next) => onChange(typeof next === "string" ? next : null)}
      data={items}
      clearable
      searchable={items.length > 8}
      comboboxProps={{ width: "max-content", position: "bottom-start" }}
    />
  );
}
