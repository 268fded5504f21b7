/** Outgoing mails and messages: what was sent, what is on its way, what needs a person. */
import { Alert, Group, SegmentedControl, Select, Stack } from "@mantine/core";
import { mdiEmailOffOutline, mdiMessageOutline } from "@mdi/js";
import { targetKindNames } from "@sightline/api/target-kinds";
import { useApi, useChange } from "../../app/api.js";
import { ActionButton } from "../../components/action-button.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { kindWord, MessageRows } from "./message-rows.js";

const states = ["pending", "delivered", "parked"] as const;
const choices = [
  { value: "", label: "All" },
  { value: "pending", label: "On their way" },
  { value: "delivered", label: "Delivered" },
  { value: "parked", label: "Not delivered" },
];
const kinds = ["mail", ...targetKindNames] as const;

export function Page() {
  const { filters, set } = useUrlFilters(["status", "kind"]);
  const status = states.find((state) => state === filters.status);
  const kind = kinds.find((one) => one === filters.kind);
  const messages = useApi(
    "listActions",
    { query: { status, kind, limit: 100 } },
    { refetchEveryMs: 10_000, keepPrevious: true },
  );
  const system = useApi("getSystem").data;
  const retry = useChange("retryActions", { done: ({ count }) => `${plural(count, "message")} in the queue again.` });
  const hasParked = messages.data?.items.some((one) => one.status === "parked") === true;
  return (
    <>
      <PageHeader
        title="Messages"
        note="Mails to recipients and messages to targets. Nothing is lost: what can’t be delivered stays here."
      >
        {hasParked && (
          <ActionButton route="retryActions" loading={retry.isPending} onClick={() => retry.mutate({ body: {} })}>
            Send all again
          </ActionButton>
        )}
      </PageHeader>
      <Stack gap="lg">
        {system?.mailConfigured === false && (
          <Alert color="yellow" variant="light" radius="lg" icon={<Icon path={mdiEmailOffOutline} />}>
            No mail server is set, so mails wait here. Start Sightline with{" "}
            <code>--smtp-url smtp://user:password@host:587</code> and they are sent.
          </Alert>
        )}
        <Group gap="sm">
          <SegmentedControl
            aria-label="Which messages"
            value={status ?? ""}
            onChange={(value) => set({ status: value })}
            data={choices}
            style={{ maxWidth: "100%" }}
          />
          <Select
            aria-label="Kind"
            placeholder="Any kind"
            value={kind ?? null}
            onChange={(value) => set({ kind: value })}
            data={kinds.map((value) => ({ value, label: kindWord(value) }))}
            clearable
            w={150}
          />
        </Group>
        <Panel flush>
          <Answer query={messages} compact>
            {({ items }) =>
              items.length > 0 ? (
                <MessageRows messages={items} linked />
              ) : (
                <Face compact icon={mdiMessageOutline} title="No message here">
                  They appear when a defect is found and the project has recipients, or when a rule tells a target.
                </Face>
              )
            }
          </Answer>
        </Panel>
      </Stack>
    </>
  );
}
