// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'
import { App, electron, startLimit } from './app.mjs'

/** @typedef {import('./guest.mjs').Guest} Guest */
/** @typedef {import('./rows.mjs').Row} Row */
/** @typedef {import('./app.mjs').Account} Account */

/**
 * @typedef {object} Outcome
 * @property {Row} row
 * @property {Account} first
 * @property {Account} second what the other host's app said, while the first one runs
 * @property {number | undefined} noticedAfter until the first one noticed that, in milliseconds
 * @property {Away | undefined} away
 * @property {{ missing: number, of: number, integrity: string } | undefined} end rows that were acknowledged
 */

/**
 * @typedef {object} Away
 * @property {{ code: number, seconds: number, usual: number }} wait `electron-datadir wait --timeout 2` while the server is
 * away, and how long it takes otherwise: mostly the start of Electron
 * @property {number | undefined} writesAfter until the next row after the server was back, in milliseconds
 */

const noticeLimit = 30_000
// The client of NFS answers from its caches for up to a minute. After 90 s the server would forget the lock.
const awayFor = 75_000
// TCP tries again ever more rarely.
const backLimit = 90_000

/**
 * @param {Row} row
 * @param {{ a: Guest, b: Guest }} guests
 * @param {(text: string) => void} say
 * @returns {Promise<Outcome>}
 */
export async function runRow(row, { a, b }, say) {
  /** @param {Guest} guest */
  const folderOf = (guest) => row.folders?.[guest.name === 'host-a' ? 'host-a' : 'host-b'] ?? '/mnt'
  const mounting = [a, b].filter((guest) => folderOf(guest) === '/mnt')
  for (const guest of mounting) await guest.do(`mkdir -p /mnt; ${row.mount}`)
  const [owner, other] = row.bOwns ? [b, a] : [a, b]
  /**
   * @param {Guest} guest
   * @param {string} name
   */
  const appOn = (guest, name) => new App(guest, `${folderOf(guest)}/${row.id}`, `${row.id}-${name}`)
  try {
    // The app creates it, with the permissions that apps get.
    await owner.do(`rm -rf ${folderOf(owner)}/${row.id}`)
    const first = appOn(owner, 'first')
    const second = appOn(other, 'second')
    say(`both start, and ${owner.name} tries first`)
    await Promise.all([first.start(), second.start('second')])
    await first.until(['opened', 'closed'], startLimit)
    await second.until(['ready'], startLimit)
    const away = row.unreachable ? await takeServerAway(first, { a, b }, say) : undefined
    say(`${other.name} tries`)
    await second.goOn()
    await second.until(['opened', 'ready-to-steal'], startLimit)
    /** @type {number | undefined} */
    let noticedAfter
    if (!away && (await first.account()).plain.owned && !(await second.account()).plain.owned) {
      say(`${other.name} removes the lock file, and tries again`)
      await second.goOn()
      await second.until(['removed'], startLimit)
      const removed = performance.now()
      if (await first.until(['lost'], noticeLimit)) noticedAfter = performance.now() - removed
      await second.until(['opened', 'closed'], startLimit)
    }
    // Time for both to write.
    await sleep(3_000)
    say('both stop')
    for (const app of [first, second]) await app.stop()
    const accounts = { first: await first.account(), second: await second.account() }
    for (const guest of mounting) await guest.do('umount /mnt')
    const end = await countAtEnd(row, b, [
      [first.output, accounts.first.acknowledged],
      [second.output, accounts.second.acknowledged],
    ])
    return { row, ...accounts, noticedAfter, away, end }
  } finally {
    for (const guest of mounting) await guest.run('umount /mnt 2>/dev/null || umount -l /mnt')
  }
}

/**
 * The cable of the server is pulled: for host A, host B is gone.
 * @param {App} first
 * @param {{ a: Guest, b: Guest }} guests
 * @param {(text: string) => void} say
 * @returns {Promise<Away>}
 */
async function takeServerAway(first, { a, b }, say) {
  const wait = async () => {
    const { code, output } = await a.run(
      `start=$(date +%s); ${electron} dist/main/cli/main.js wait ${first.dir} --name notes --timeout 2 >/dev/null 2>&1
       code=$?; echo $(($(date +%s) - start)); exit $code`,
    )
    return { code, seconds: Number(output) }
  }
  const usual = await wait()
  say('the server goes away')
  await b.do('ip link set eth0 down')
  const [cli, isWarned] = await Promise.all([
    wait(),
    first.until(['warning","code":"DATADIR_NOT_CHECKED'], awayFor),
  ])
  say(isWarned ? 'warned' : 'not warned')
  await b.do('ip link set eth0 up')
  say('the server is back')
  const { acknowledged } = await first.account()
  const back = performance.now()
  /** @type {number | undefined} */
  let writesAfter
  while (writesAfter === undefined && performance.now() - back < backLimit) {
    await sleep(500)
    if ((await first.account()).acknowledged > acknowledged) writesAfter = performance.now() - back
  }
  return { wait: { ...cli, usual: usual.seconds }, writesAfter }
}

/**
 * @param {Row} row
 * @param {Guest} b
 * @param {[app: string, rows: number][]} acknowledged
 */
async function countAtEnd(row, b, acknowledged) {
  const of = acknowledged.reduce((sum, [, rows]) => sum + rows, 0)
  if (of === 0) return undefined
  // On the server's own disk. What has no server is mounted again.
  const isShared = row.filesystem === '9p'
  if (isShared) await b.do(row.mount)
  const file = `${isShared ? '/mnt' : '/srv/data'}/${row.id}/notes.db`
  const { integrity, rows } = JSON.parse(await b.do(`${electron} guest/count.mjs ${file}`))
  if (isShared) await b.do('umount /mnt')
  let missing = 0
  for (const [app, last] of acknowledged) {
    const found = new Set(rows[app])
    for (let n = 1; n <= last; n++) if (!found.has(n)) missing++
  }
  return { missing, of, integrity: integrity.split('\n')[0] }
}
