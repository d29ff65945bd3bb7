/** Waits for standard input to be closed. */
export async function untilAsked(): Promise<void> {
  for await (const _ of process.stdin);
}
