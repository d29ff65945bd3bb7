import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { attempt } from '../../../shared/attempt.ts'
import { socketNameOf, userFolderFor } from '../../handoff/endpoint/endpoint.ts'
import { tryFlock, unlockAndClose } from '../../platform/flock.ts'
import { ownScreen } from './screens.ts'

/** How long a launch may take to find the box of another one, in milliseconds. After that it shows its own. */
const patience = 3_000
/** How long the process with the box may take to answer, in milliseconds. A stopped one does not. */
const answerTime = 1_000
const pause = 50

/** What the user chose for all launches that share a box. `show`: each hands its launch over. */
export type SharedChoice = 'show' | 'quit'

/** This process shows the box for all. */
export interface BoxHost {
  /** The files of the other launches. */
  files(): string[]
  /** Makes the launches that wait now follow a choice. */
  tell(choice: SharedChoice): void
  /** Lets the next process show the box. */
  close(): void
}

/** Another process shows the box. The choice is undefined if that process has ended without one. */
export interface BoxGuest {
  readonly choice: Promise<SharedChoice | undefined>
}

/**
 * Returns the socket at which launches of one user, of one data directory and on one screen share a box.
 *
 * @param dir the data directory's real path.
 * @returns undefined if this user has no private folder for it, and on Windows.
 */
export function sharedBoxPath(dir: string, name: string): string | undefined {
  if (process.platform === 'win32') return undefined
  const screen = createHash('sha256').update(JSON.stringify(ownScreen())).digest('hex').slice(0, 8)
  return attempt(() => {
    const socket = socketNameOf(dir, `${name}-box-${screen}`)
    const folder = userFolderFor(socket)
    return folder && join(folder, socket)
  })
}

/**
 * Shares a box with the other launches: the process that has a lock shows the box, and the others are connected to it. The
 * kernel ends both with the process, so the next one can show the box.
 *
 * @param path of {@link sharedBoxPath}.
 * @param files of this launch.
 * @param onJoin is called when another launch has joined the box of this process.
 * @returns undefined if the process with the box does not answer, or the system has no lock or socket there.
 */
export async function shareBox(
  path: string,
  files: readonly string[],
  onJoin: () => void,
): Promise<BoxHost | BoxGuest | undefined> {
  const deadline = performance.now() + patience
  try {
    do {
      const lock = tryLock(`${path}.lock`)
      if (lock !== undefined) return await host(path, lock, onJoin)
      const guest = await joinBox(path, files)
      if (guest) return guest
      await sleep(pause)
    } while (performance.now() < deadline)
  } catch (error) {
    // Only the number of boxes depends on it.
    console.error(error)
  }
  return undefined
}

/** @returns a descriptor that keeps the lock. */
function tryLock(path: string): number | undefined {
  const fd = openSync(path, 'w', 0o600)
  try {
    // The last host may have removed the file between these two calls.
    if (tryFlock(fd) === 'acquired' && fstatSync(fd).nlink > 0) return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
  closeSync(fd)
  return undefined
}

async function host(path: string, lock: number, onJoin: () => void): Promise<BoxHost> {
  const sockets = new Set<Socket>()
  const guests = new Map<Socket, readonly string[]>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(socket)
        guests.delete(socket)
      })
    void firstLine(socket).then((line) => {
      // A destroyed one may have its line already. It must not wait for a choice.
      if (line === undefined || socket.destroyed) return
      guests.set(socket, attempt(() => JSON.parse(line) as string[]) ?? [])
      socket.write('joined\n')
      onJoin()
    })
  })
  const close = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    rmSync(`${path}.lock`, { force: true })
    unlockAndClose(lock)
  }
  try {
    // A killed host has left it.
    rmSync(path, { force: true })
    await once(server.listen(path), 'listening')
  } catch (error) {
    close()
    throw error
  }
  return {
    files: () => [...guests.values()].flat(),
    tell(choice) {
      for (const guest of guests.keys()) guest.end(`${choice}\n`)
      guests.clear()
    },
    close,
  }
}

/** @returns undefined if no process answers there. */
async function joinBox(path: string, files: readonly string[]): Promise<BoxGuest | undefined> {
  const socket = connect(path)
  let text = ''
  socket
    .on('error', () => undefined)
    .on('data', (part) => {
      text += part
    })
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.write(`${JSON.stringify(files)}\n`)
  const isJoined = await Promise.race([firstLine(socket), sleep(answerTime)])
  if (isJoined === undefined) {
    socket.destroy()
    return undefined
  }
  return { choice: closed.then(() => (['show', 'quit'] as const).find((choice) => text.includes(choice))) }
}

/** @returns undefined if the other end closes before the line is complete. */
function firstLine(socket: Socket): Promise<string | undefined> {
  let text = ''
  return new Promise((resolve) => {
    socket.once('close', () => resolve(undefined))
    socket.setEncoding('utf8').on('data', (part) => {
      text += part
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
  })
}
