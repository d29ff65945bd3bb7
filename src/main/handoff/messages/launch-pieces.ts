import { launchWith } from './launch.ts'
import { type Launch, messageBytes } from './protocol.ts'

/** What a request may carry besides the launch, in bytes: its token and what it is. */
const envelopeBytes = 512

/**
 * A launch in the shape in which it is handed over: one that is larger than a request may be, of some hundred files for
 * instance, becomes several, each with some of its arguments, in their order. Their ids are the same each time.
 *
 * An argument that is too long by itself is left out, and stderr told: the owner can be shown all the same.
 */
export function piecesOf(launch: Launch): Launch[] {
  if (fits(launch)) return [launch]
  const { id, argv, cwd } = launch
  const piece = (words: readonly string[], mark: string) =>
    piecesOf({ ...launchWith(words, cwd), id: `${id}${mark}` })
  if (argv.length > 1) {
    const half = argv.length >> 1
    return [...piece(argv.slice(0, half), '0'), ...piece(argv.slice(half), '1')]
  }
  // A file or URL is in it twice, and the app goes by the second.
  const once = { ...launch, argv: [] }
  if (fits(once)) return [once]
  console.error(`An argument of ${Buffer.byteLength(argv[0] ?? '')} bytes is too long to be handed over.`)
  return [{ id, argv: [], cwd, files: [], urls: [] }]
}

function fits(launch: Launch): boolean {
  return Buffer.byteLength(JSON.stringify(launch)) <= messageBytes - envelopeBytes
}
