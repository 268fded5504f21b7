/** Outgoing mails: what was sent, what is on its way, what needs a person. */
import { Alert, SegmentedControl, Stack } from "@mantine/core";
import { mdiEmailOffOutline, mdiEmailOutline } from "@mdi/js";
import { useApi } from "../../app/api.js";
import { Answer } from "../../components/answer.js";
import { Face } from "../../components/face.js";
import { Icon } from "../../components/icon.js";
import { PageHeader } from "../../components/page-header.js";
import { Panel } from "../../components/panel.js";
import { useUrlFilters } from "../../components/url-filters.js";
import { MailRows } from "./mail-rows.js";

const states = ["pending", "delivered", "parked"] as const;
const choices = [
  { value: "", label: "All" },
  { value: "pending", label: "On their way" },
  { value: "delivered", label: "Delivered" },
  { value: "parked", label: "Not delivered" },
];

export function Page() {
  const { filters, set } = useUrlFilters(["status"]);
  const status = states.find((state) => state === filters.status);
  const mails = useApi(
    "listActions",
    { query: { status, limit: 100 } },
    { refetchEveryMs: 10_000, keepPrevious: true },
  );
  const system = useApi("getSystem").data;
  return (
    <>
      <PageHeader
        title="Mails"
        note="A defect sends a mail to the project’s recipients. Nothing is lost: what can’t be delivered stays here."
      />
      <Stack gap="lg">
        {system?.mailConfigured === false && (
          <Alert color="yellow" variant="light" radius="lg" icon={<Icon path={mdiEmailOffOutline} />}>
            No mail server is set, so mails wait here. Start Sightline with{" "}
            <code>--smtp-url smtp://user:password@host:587</code> and they are sent.
          </Alert>
        )}
        <SegmentedControl
          aria-label="Which mails"
          value={status ?? ""}
          onChange={(value) => set({ status: value })}
          data={choices}
          style={{ alignSelf: "flex-start", maxWidth: "100%" }}
        />
        <Panel flush>
          <Answer query={mails} compact>
            {({ items }) =>
              items.length > 0 ? (
                <MailRows mails={items} linked />
              ) : (
                <Face compact icon={mdiEmailOutline} title="No mail here">
                  Mails appear when a defect is found and the project has recipients.
                </Face>
              )
            }
          </Answer>
        </Panel>
      </Stack>
    </>
  );
}
