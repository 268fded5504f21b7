/** The form of a new target, made from the table of target kinds. */
import { Group, PasswordInput, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { type TargetField, type TargetKindName, targetKindNames, targetKinds } from "@sightline/api/target-kinds";
import { type FormEvent, useState } from "react";
import { useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { CopyLine } from "../../components/copy-line.js";

const initialOf = (kind: TargetKindName): Record<string, string> =>
  Object.fromEntries(targetKinds[kind].fields.map(({ name, initial }) => [name, initial]));

export function AddTarget({ projectId }: { projectId: string }) {
  const [kind, setKind] = useState<TargetKindName>("webhook");
  const [name, setName] = useState("");
  const [settings, setSettings] = useState(initialOf("webhook"));
  const [secret, setSecret] = useState("");
  const choose = (chosen: TargetKindName) => {
    setKind(chosen);
    setSettings(initialOf(chosen));
    setSecret("");
  };
  const add = useChange("addTarget", {
    done: (target) => `${target.name} is added. Now add a rule that sends to it.`,
    onDone: () => {
      setName("");
      choose(kind);
    },
  });
  const row = targetKinds[kind];
  const isGiven = row.secret.from === "given";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate({
      params: { projectId },
      body: { kind, name: name.trim(), settings, ...(isGiven && secret !== "" ? { secret } : {}) },
    });
  };
  const fields: readonly TargetField[] = row.fields;
  return (
    <form onSubmit={submit}>
      <Stack px={20} py={16} gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <Select
            label="Kind"
            data={targetKindNames.map((value) => ({ value, label: targetKinds[value].title }))}
            value={kind}
            onChange={(value) => choose(targetKindNames.find((one) => one === value) ?? kind)}
            allowDeselect={false}
          />
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            placeholder="MES"
            required
            maxLength={120}
            autoComplete="off"
          />
          {fields.map((field) => (
            <FieldInput
              key={field.name}
              field={field}
              value={settings[field.name] ?? ""}
              set={(value) => setSettings({ ...settings, [field.name]: value })}
            />
          ))}
          {isGiven && (
            <PasswordInput
              label={row.secret.title}
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
              autoComplete="new-password"
            />
          )}
        </SimpleGrid>
        <Group>
          <ActionButton
            route="addTarget"
            type="submit"
            onClick={() => undefined}
            loading={add.isPending}
            blocked={name.trim() === "" ? "Give it a name first." : undefined}
          >
            Add the target
          </ActionButton>
        </Group>
        {add.data?.secret && (
          <div role="status">
            <CopyLine
              label={`Signing secret of “${add.data.name}”: copy it now, it is not shown again`}
              text={add.data.secret}
            />
          </div>
        )}
      </Stack>
    </form>
  );
}

function FieldInput({ field, value, set }: { field: TargetField; value: string; set: (value: string) => void }) {
  if (field.choices !== undefined) {
    return (
      <Select
        label={field.title}
        data={field.choices.map((choice) => ({ value: choice.value, label: choice.title }))}
        value={value}
        onChange={(chosen) => set(chosen ?? field.initial)}
        allowDeselect={false}
      />
    );
  }
  return (
    <TextInput
      label={field.title}
      description={field.hint}
      inputWrapperOrder={["label", "input", "description", "error"]}
      placeholder={field.placeholder}
      value={value}
      onChange={(event) => set(event.currentTarget.value)}
      autoComplete="off"
    />
  );
}
