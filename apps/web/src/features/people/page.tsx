/** People and tokens: who may come in, and with what right. */
import { SimpleGrid, Stack } from "@mantine/core";
import { Guard } from "../../components/faces.js";
import { PageHeader } from "../../components/page-header.js";
import { AccessKeysPanel } from "./access-keys-panel.js";
import { InvitePanel } from "./invite-panel.js";
import { NewTokenPanel } from "./new-token-panel.js";
import { TokensPanel } from "./tokens-panel.js";

export function Page() {
  return (
    <Guard route="listTokens">
      <PageHeader
        title="People & tokens"
        note="People sign in with a link that works once; programs and cameras use tokens."
      />
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <InvitePanel />
          <NewTokenPanel />
        </SimpleGrid>
        <TokensPanel />
        <AccessKeysPanel />
      </Stack>
    </Guard>
  );
}
