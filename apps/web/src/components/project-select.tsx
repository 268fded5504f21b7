/** Chooses a project by name; the value is its id. */
import { Select, type SelectProps } from "@mantine/core";
import { useApi } from "../app/api.js";

export interface ProjectSelectProps extends Omit<SelectProps, "data" | "value" | "onChange"> {
  value: string | null;
  onChange: (projectId: string | null) => void;
}

export function ProjectSelect({ value, onChange, ...rest }: ProjectSelectProps) {
  const projects = useApi("listProjects");
  const data = (projects.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Select
      data={data}
      value={value}
      onChange={(id) => onChange(typeof id === "string" ? id : null)}
      aria-label="Project"
      searchable={data.length > 8}
      clearable={rest.required !== true}
      disabled={projects.isPending}
      {...rest}
    />
  );
}
