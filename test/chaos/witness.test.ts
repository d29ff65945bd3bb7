import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { enter, judge, noticeLimit, ownersIn, testify } from '../../chaos/witness.mjs'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const testimony = (...lines: string[]) => lines.map((line) => `${line}\n`).join('')

test('owners one after another do not overlap', () => {
  const text = testimony(
    'enter 1 10.5',
    'leave 1 11.5',
    'enter 2 12',
    'leave 2 13',
    'enter 1 14',
    'leave 1 15',
  )
  expect(judge(text)).toEqual({ acquisitions: 3, overlaps: [], waits: [], unreadable: [] })
})

test('an owner that enters while another is inside overlaps it, in whichever order they leave', () => {
  const overlaps = ['2 became owner while 1 was']
  const inside = testimony('enter 1 10', 'enter 2 11', 'leave 2 12', 'leave 1 13')
  expect(judge(inside)).toMatchObject({ acquisitions: 2, overlaps })
  expect(judge(testimony('enter 1 10', 'enter 2 11', 'leave 1 12', 'leave 2 13'))).toMatchObject({ overlaps })
  expect(judge(testimony('enter 1 10', 'enter 2 11'))).toMatchObject({ overlaps })
})

test('a third owner overlaps both that are there', () => {
  const { overlaps } = judge(testimony('enter 1 10', 'enter 2 11', 'enter 3 12'))
  expect(overlaps).toEqual([
    '2 became owner while 1 was',
    '3 became owner while 1 was',
    '3 became owner while 2 was',
  ])
})

test('the successor of a killed owner does not overlap it, and the time between them is the wait', () => {
  const text = testimony(
    'enter 1 10',
    'killing 1 12.25',
    'enter 2 20',
    'leave 2 21',
    'enter 3 22',
    'leave 3 23',
  )
  expect(judge(text)).toEqual({ acquisitions: 3, overlaps: [], waits: [7.75], unreadable: [] })
})

test('two successors of a killed owner overlap each other', () => {
  const text = testimony('enter 1 10', 'killing 1 12', 'enter 2 20', 'enter 3 21')
  expect(judge(text).overlaps).toEqual(['3 became owner while 2 was'])
})

test('two owners do not overlap if the first one notices in time that it has lost the lock', () => {
  const overlap = (time: number) => testimony('enter 1 10', 'enter 2 20', `lost 1 ${time}`, 'leave 2 9000')
  expect(judge(overlap(20 + noticeLimit))).toMatchObject({ acquisitions: 2, overlaps: [] })
  expect(judge(overlap(21 + noticeLimit)).overlaps).toEqual(['2 became owner while 1 was'])
})

test('two owners overlap if the second one has lost the lock', () => {
  const text = testimony('enter 1 10', 'enter 2 20', 'lost 2 21', 'leave 1 22')
  expect(judge(text).overlaps).toEqual(['2 became owner while 1 was'])
})

test('after an owner has lost the lock, a new owner does not overlap it', () => {
  const text = testimony('enter 1 10', 'lost 1 20', 'enter 2 21', 'leave 2 22')
  expect(judge(text)).toEqual({ acquisitions: 2, overlaps: [], waits: [], unreadable: [] })
})

test('owners are the processes that entered and were not killed', () => {
  const path = witnessFile()
  appendFileSync(path, testimony('enter 1 10', 'enter 2 11', 'enter 3 12', 'enter 4 13', 'killing 4 14'))
  appendFileSync(path, testimony('leave 1 15', 'lost 2 16'))
  expect(ownersIn(path)).toEqual([3])
})

test('the kill of a process that is not inside starts no wait', () => {
  const text = testimony('enter 1 10', 'killing 2 11', 'leave 1 12', 'enter 3 13', 'leave 3 14')
  expect(judge(text)).toEqual({ acquisitions: 2, overlaps: [], waits: [], unreadable: [] })
})

test('a killed owner that still ran when its successor entered is an overlap', () => {
  const text = testimony('enter 1 10', 'killing 1 11', 'enter 2 12', 'alive 1 2', 'leave 2 13')
  expect(judge(text).overlaps).toEqual(['2 became owner while 1, killed but not dead, was'])
})

test('a line that is not one of the five, or is incomplete, is reported', () => {
  const text = `${testimony('enter 1 10', 'entre 2 11', '', 'enter x 12', 'leave 1 13')}enter 3`
  expect(judge(text)).toMatchObject({
    acquisitions: 1,
    unreadable: ['entre 2 11\n', '\n', 'enter x 12\n', 'enter 3'],
  })
})

test('an empty file has no acquisitions and no overlaps', () => {
  expect(judge('')).toEqual({ acquisitions: 0, overlaps: [], waits: [], unreadable: [] })
})

function witnessFile(): string {
  const path = join(temporaryDirectory(), 'witness')
  writeFileSync(path, '')
  return path
}

test('the process that enters first is the first one', () => {
  const path = witnessFile()
  expect(enter(path)).toEqual({ isFirst: true })
  testify(path, 'leave', process.pid)
  const other = witnessFile()
  appendFileSync(other, 'enter 1 10\nleave 1 11\n')
  expect(enter(other)).toEqual({ isFirst: false })
})

test.skipIf(process.platform !== 'linux')(
  'a successor looks up the killed owner: a running or stopped one is an overlap, a zombie is not',
  async () => {
    const child = spawn('sleep', ['1000'])
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const pid = child.pid ?? 0
    const succeed = () => {
      const path = witnessFile()
      testify(path, 'enter', pid)
      testify(path, 'killing', pid)
      enter(path)
      return judge(readFileSync(path, 'utf8')).overlaps
    }
    const overlaps = [`${process.pid} became owner while ${pid}, killed but not dead, was`]
    expect(succeed()).toEqual(overlaps)
    child.kill('SIGSTOP')
    expect(succeed()).toEqual(overlaps)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    expect(succeed()).toEqual([])
  },
)
