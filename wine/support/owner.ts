import { claim } from '../../src/main/claim/claim.ts'
import { migrations, type Schema } from './migrations.ts'
import { optionsOf } from './options.ts'
import { untilAsked } from './until-asked.ts'

const owned = await claim<Schema>({
  ...optionsOf('owner'),
  migrations,
  onLaunch: async ({ argv }) => {
    await addNote(argv.join(' '))
    return 'focused'
  },
})
await addNote('first')
console.log('ready')
await untilAsked()
await owned.close()

async function addNote(body: string): Promise<void> {
  await owned.pool.db.insertInto('note').values({ body }).execute()
}
