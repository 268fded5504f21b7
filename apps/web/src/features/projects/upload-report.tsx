/** How far the uploads are, and which pictures were refused and why. */
import { Alert, Button, Group, List, Progress, Stack, Text } from "@mantine/core";
import { mdiAlertCircleOutline, mdiLanDisconnect } from "@mdi/js";
import { plural } from "../../components/format.js";
import { Icon } from "../../components/icon.js";
import type { Uploads } from "./use-uploads.js";

export function UploadReport({ uploads: { uploads, counts, isBusy, queue } }: { uploads: Uploads }) {
  const refused = uploads.filter((upload) => upload.state === "refused");
  if (!isBusy && refused.length === 0 && counts.interrupted === 0) return null;
  return (
    <Stack gap="sm" role="status">
      {isBusy && (
        <div>
          <Group justify="space-between" mb={6}>
            <Text size="sm">
              Sending {counts.done + 1 > counts.total ? counts.total : counts.done + 1} of {counts.total}
            </Text>
            <Text size="sm" c="dimmed">
              {Math.round(counts.share * 100)} %
            </Text>
          </Group>
          <Progress value={counts.share * 100} radius="xl" aria-label="Sent" />
        </div>
      )}
      {counts.interrupted > 0 && (
        <Alert color="yellow" variant="light" radius="lg" icon={<Icon path={mdiLanDisconnect} />}>
          <Group justify="space-between">
            {plural(counts.interrupted, "picture")} could not be sent:{" "}
            {uploads.find((one) => one.state === "interrupted")?.reason}
            <Button size="xs" variant="default" onClick={() => queue.retry()}>
              Try again
            </Button>
          </Group>
        </Alert>
      )}
      {refused.length > 0 && (
        <Alert
          color="defect"
          variant="light"
          radius="lg"
          icon={<Icon path={mdiAlertCircleOutline} />}
          title={`${plural(refused.length, "picture was", "pictures were")} refused; the others are fine`}
          withCloseButton
          closeButtonLabel="Dismiss"
          onClose={() => queue.dismiss("refused")}
        >
          <List size="sm" spacing={4}>
            {refused.slice(0, 8).map(({ key, file, reason }) => (
              <List.Item key={key}>
                <b>{file.name}</b>: {reason}
              </List.Item>
            ))}
          </List>
          {refused.length > 8 && <Text size="sm">and {refused.length - 8} more</Text>}
        </Alert>
      )}
    </Stack>
  );
}
