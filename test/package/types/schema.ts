// Compiled against the package with Kysely, whose types are then not `any`.
import { connect } from 'electron-datadir/node'

interface Notes {
  readonly note: { readonly id: number; readonly text: string }
}

export async function textsOf(): Promise<string[]> {
  const { db } = await connect<Notes>({ dir: '/data' })
  // @ts-expect-error: the table has no such column.
  await db.selectFrom('note').select('title').execute()
  const rows = await db.selectFrom('note').select('text').execute()
  return rows.map(({ text }) => text)
}
