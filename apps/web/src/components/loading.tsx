/** Faces of waiting: a quiet outline of what will come, never a jumping spinner. */
import { Center, Group, Loader, Skeleton, Stack, VisuallyHidden } from "@mantine/core";

export function PageLoading() {
  return (
    <Center mih="60dvh" role="status">
      <Loader type="dots" aria-hidden />
      <VisuallyHidden>Loading</VisuallyHidden>
    </Center>
  );
}

export function RowsLoading({ rows = 5 }: { rows?: number }) {
  return (
    <Stack gap="md" p="md" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <Group key={row} wrap="nowrap">
          <Skeleton width={48} height={48} radius="md" />
          <Stack gap={8} flex={1}>
            <Skeleton height={12} width={`${70 - (row % 3) * 12}%`} />
            <Skeleton height={10} width={`${40 - (row % 2) * 8}%`} />
          </Stack>
        </Group>
      ))}
    </Stack>
  );
}
