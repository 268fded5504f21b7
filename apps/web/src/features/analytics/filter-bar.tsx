/** What the figures are about: the project, the time, and a camera, line, version or defect of it; all in the address. */
import { Button, Group, Select, TextInput } from "@mantine/core";
import { mdiFilterRemoveOutline } from "@mdi/js";
import type { Project } from "@sightline/api/projects";
import { useApi } from "../../app/api.js";
import { Choice } from "../../components/choice.js";
import css from "../../components/filter-bar.module.css";
import { Icon } from "../../components/icon.js";
import { ProjectSelect } from "../../components/project-select.js";
import { type AnalysedTime, dayOf, spans } from "./times.js";
import type { AnalyticsFilters, SetFilters } from "./use-figures.js";

export interface FilterBarProps {
  filters: AnalyticsFilters;
  set: SetFilters;
  project: Project;
  time: AnalysedTime;
}

const dayMs = 86_400_000;
const named = (ids: readonly string[]) => ids.map((id) => ({ value: id, label: id }));

export function FilterBar({ filters, set, project, time }: FilterBarProps) {
  const cameras = useApi("listCameras", { query: { project: project.id } }).data?.items ?? [];
  const models = useApi("listModels", { query: { project: project.id } }).data?.items ?? [];
  const lines = [...new Set(cameras.map(({ assemblyLineId }) => assemblyLineId))];
  const isNarrowed = (["camera", "line", "model", "defect"] as const).some((name) => filters[name] !== undefined);
  const clear = () => set({ camera: null, line: null, model: null, defect: null });
  return (
    <search aria-label="Choose what is counted">
      <div className={css.bar}>
        <ProjectSelect
          required
          allowDeselect={false}
          value={project.id}
          onChange={(id) => set({ project: id, camera: null, line: null, model: null, defect: null })}
        />
        <TimeChoice time={time} set={set} />
        <Choice
          label="Line"
          placeholder="Any line"
          value={filters.line}
          onChange={(line) => set({ line })}
          data={named(lines)}
        />
        <Choice
          label="Camera"
          placeholder="Any camera"
          value={filters.camera}
          onChange={(camera) => set({ camera })}
          data={named(cameras.map(({ id }) => id))}
        />
        <Choice
          label="Version"
          placeholder="Any version"
          value={filters.model}
          onChange={(model) => set({ model })}
          data={models.map(({ version }) => ({ value: String(version), label: `Version ${version}` }))}
        />
        {filters.defect !== undefined && (
          <Choice
            label="Defect"
            placeholder="Any defect"
            value={filters.defect}
            onChange={(defect) => set({ defect })}
            data={[]}
          />
        )}
        {isNarrowed && (
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
      </div>
      {time.span === null && <Days time={time} set={set} />}
    </search>
  );
}

const betweenDays = "days";

function TimeChoice({ time, set }: Pick<FilterBarProps, "time" | "set">) {
  const choose = (value: string | null) => {
    if (value !== betweenDays) set({ span: value, from: null, to: null });
    else set({ span: null, from: dayOf(Date.parse(time.from)), to: dayOf(Date.now()) });
  };
  return (
    <Select
      aria-label="Time"
      allowDeselect={false}
      value={time.span ?? betweenDays}
      onChange={choose}
      data={[
        ...Object.entries(spans).map(([value, { title }]) => ({ value, label: title })),
        { value: betweenDays, label: "Chosen days" },
      ]}
      comboboxProps={{ width: "max-content", position: "bottom-start" }}
    />
  );
}

/** The browser's own date fields: they know the reader's calendar and keyboard. */
function Days({ time, set }: Pick<FilterBarProps, "time" | "set">) {
  const first = dayOf(Date.parse(time.from));
  const last = dayOf(Date.parse(time.to ?? time.from) - dayMs / 2);
  const field = (name: "from" | "to", label: string, value: string) => (
    <TextInput
      type="date"
      label={label}
      value={value}
      max={dayOf(Date.now())}
      // A day that is only half typed is no day yet.
      onChange={({ currentTarget }) => currentTarget.value !== "" && set({ [name]: currentTarget.value })}
    />
  );
  return (
    <Group mt="sm" gap="sm" align="flex-end">
      {field("from", "From the beginning of", first)}
      {field("to", "To the end of", last)}
    </Group>
  );
}
