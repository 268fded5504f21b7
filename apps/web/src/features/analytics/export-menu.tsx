/** Takes the chosen results away as a file. */
import { Button, Menu } from "@mantine/core";
import { mdiTrayArrowDown } from "@mdi/js";
import { addresses } from "@sightline/api/addresses";
import { Icon } from "../../components/icon.js";
import type { Subject } from "./use-figures.js";

const formats = [
  { route: "exportCsv", title: "CSV", note: "for spreadsheets" },
  { route: "exportParquet", title: "Parquet", note: "for DuckDB, Pandas and the like" },
] as const;

export function ExportMenu({ subject }: { subject: Subject }) {
  const search = new URLSearchParams(subject.query).toString();
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <Button variant="default" leftSection={<Icon path={mdiTrayArrowDown} size={18} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>The chosen results, a row each</Menu.Label>
        {formats.map(({ route, title, note }) => (
          <Menu.Item key={route} component="a" href={`${addresses[route].path}?${search}`} download>
            {title} {note}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
