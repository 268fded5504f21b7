/** Whom an alarm tells: chosen in its form, told on its page. Nobody named means all recipients and targets of the project. */
import { MultiSelect } from "@mantine/core";
import type { Receivers } from "@sightline/api/monitoring";
import { useApi } from "../../app/api.js";

function useReceivers(projectId: string, isWanted = true) {
  const params = { projectId };
  const options = { enabled: isWanted && projectId !== "" };
  const recipients = useApi("listRecipients", { params }, options).data?.items;
  const targets = useApi("listTargets", { params }, options).data?.items;
  return { recipients, targets };
}

export interface ReceiversSelectProps {
  projectId: string;
  value: Receivers | null;
  onChange: (value: Receivers | null) => void;
}

export function ReceiversSelect({ projectId, value, onChange }: ReceiversSelectProps) {
  const { recipients = [], targets = [] } = useReceivers(projectId);
  const choose = (ids: string[]) => {
    const of = (all: readonly { id: string }[]) => all.flatMap(({ id }) => (ids.includes(id) ? [id] : []));
    onChange(ids.length === 0 ? null : { recipientIds: of(recipients), targetIds: of(targets) });
  };
  const chosen = value === null ? [] : [...value.recipientIds, ...value.targetIds];
  const groups = [
    { group: "Recipients", items: recipients.map(({ id, address }) => ({ value: id, label: address })) },
    { group: "Targets", items: targets.map(({ id, name }) => ({ value: id, label: name })) },
  ];
  return (
    <MultiSelect
      label="Whom it tells"
      description="Nobody chosen: all recipients and targets of the project"
      placeholder={chosen.length === 0 ? "All of the project" : undefined}
      nothingFoundMessage="The project has no recipients and no targets yet."
      data={groups.filter(({ items }) => items.length > 0)}
      value={chosen}
      onChange={choose}
      clearable
      searchable
    />
  );
}

/** "the project’s recipients and targets", or those named. */
export function ReceiverNames({ projectId, tells }: { projectId: string; tells: Receivers | null }) {
  const { recipients, targets } = useReceivers(projectId, tells !== null);
  if (tells === null) return "the project’s recipients and targets";
  if (recipients === undefined || targets === undefined) return "those it names";
  const names = [
    ...recipients.flatMap(({ id, address }) => (tells.recipientIds.includes(id) ? [address] : [])),
    ...targets.flatMap(({ id, name }) => (tells.targetIds.includes(id) ? [name] : [])),
  ];
  return names.length === 0 ? "nobody any more, since those it named were removed" : names.join(", ");
}
