import { describe, expect, it } from 'vitest'
import { english } from '../../../src/main/electron/words/english.ts'
import { german } from '../../../src/main/electron/words/german.ts'
import {
  elsewhereText,
  endQuestion,
  type HeldCase,
  type HeldFacts,
  heldDetails,
  heldText,
} from '../../../src/main/electron/words/held-text.ts'
import { chooseLanguage } from '../../../src/main/electron/words/language.ts'

const facts: HeldFacts = {
  product: 'Notes',
  app: 'Notes',
  pid: 4242,
  program: '/opt/Notes/notes',
  version: '1.2.3',
  startedAt: '2026-03-04T05:06:07Z',
  place: 'here',
  isIdentified: true,
  dir: '/home/ada/.config/Notes/data',
}

const inEnglish = { words: english }

const cases: HeldCase[] = [
  { kind: 'answering' },
  { kind: 'starting' },
  { kind: 'migrating', done: 3, total: 7 },
  { kind: 'asking' },
  { kind: 'silent', since: new Date(2026, 2, 4, 15, 6, 7) },
  { kind: 'quitting' },
  { kind: 'no-server' },
]

const messageOf = (now: HeldCase, some: Partial<HeldFacts> = {}) =>
  heldText(now, { ...facts, ...some }, { words: english, locale: 'en-GB' }).message

describe('the message', () => {
  it('says in each case what the owner is doing', () => {
    expect(cases.map((now) => messageOf(now))).toEqual([
      'Notes is already open.',
      'Notes is starting.',
      'Notes is updating its data (3 of 7 steps done).',
      'Notes is waiting for your answer.',
      'Notes isn’t responding.',
      'Notes is quitting.',
      'Notes is already open.',
    ])
  })

  it('names another program as the kernel does', () => {
    expect(messageOf({ kind: 'no-server' }, { app: undefined, program: 'flock' })).toBe(
      'flock is using your Notes data.',
    )
    expect(messageOf({ kind: 'answering' }, { app: 'Other Notes' })).toBe(
      'Other Notes is using your Notes data.',
    )
  })

  it('names no program if none is known', () => {
    expect(messageOf({ kind: 'no-server' }, { app: undefined, program: undefined, pid: undefined })).toBe(
      'Another program is using your Notes data.',
    )
  })
})

describe('the buttons', () => {
  const actionsOf = (now: HeldCase, some: Partial<HeldFacts> = {}) =>
    heldText(now, { ...facts, ...some }, inEnglish).buttons.map(({ action }) => action)

  it('fit the case: Enter presses the first, Esc the last', () => {
    expect(actionsOf({ kind: 'answering' })).toEqual(['show', 'copyDetails', 'quit'])
    expect(actionsOf({ kind: 'starting' })).toEqual(['show', 'copyDetails', 'quit'])
    expect(actionsOf({ kind: 'migrating', done: 0, total: 1 })).toEqual(['show', 'copyDetails', 'quit'])
    expect(actionsOf({ kind: 'silent', since: new Date() })).toEqual([
      'tryAgain',
      'endProcess',
      'copyDetails',
      'quit',
    ])
    expect(actionsOf({ kind: 'quitting' })).toEqual(['tryAgain', 'copyDetails', 'quit'])
    expect(actionsOf({ kind: 'no-server' })).toEqual(['tryAgain', 'copyDetails', 'quit'])
  })

  it('do not include End Process if the process is not identified as the owner', () => {
    const actions = actionsOf({ kind: 'silent', since: new Date() }, { isIdentified: false })
    expect(actions).toEqual(['tryAgain', 'copyDetails', 'quit'])
  })

  it('warn of lost changes only together with End Process', () => {
    const detailOf = (isIdentified: boolean) =>
      heldText({ kind: 'silent', since: new Date() }, { ...facts, isIdentified }, inEnglish).detail
    expect(detailOf(true)).toContain('responds again. If you end the process, unsaved changes are lost.\n')
    expect(detailOf(false)).not.toContain('end the process')
  })
})

describe('the labels', () => {
  const labelsOf = (app: string, words = english) =>
    heldText({ kind: 'silent', since: new Date() }, { ...facts, app }, { words })
      .buttons.concat(heldText({ kind: 'answering' }, { ...facts, app }, { words }).buttons)
      .map(({ label }) => label)

  it('have an access key each, which no other button of the box has', () => {
    for (const words of [english, german]) {
      for (const now of cases) {
        const labels = heldText(now, facts, { words }).buttons.map(({ label }) => label)
        const keys = labels.map((label) => /&(\p{L})/u.exec(label)?.[1]?.toLowerCase())
        expect([labels, new Set(keys.filter(Boolean)).size]).toEqual([labels, labels.length])
      }
    }
  })

  it('show a name with an ampersand as it is, and a long one shortened', () => {
    expect(labelsOf('R&D_Notes')).toContain('&Show R&&D_Notes')
    expect(labelsOf('N'.repeat(220))).toContain(`&Show ${'N'.repeat(29)}…`)
  })
})

describe('the details', () => {
  it('say since when the owner does not respond', () => {
    const since = new Date(2026, 2, 4, 15, 6, 7)
    const { detail } = heldText({ kind: 'silent', since }, facts, { words: english, locale: 'en-GB' })
    expect(detail).toContain('PID: 4242\nNot responding since: 15:06:07\n')
  })

  it('are the facts, one per line', () => {
    expect(heldText({ kind: 'answering' }, facts, { words: english, locale: 'en-GB' }).detail).toMatch(
      /^PID: 4242\nVersion: 1\.2\.3\nStarted: \d+ Mar 2026, \d\d:\d\d\nProgram: \/opt\/Notes\/notes\nData folder: \/home\/ada\/\.config\/Notes\/data$/,
    )
  })

  it('name the file to open, and count the others', () => {
    const linesOf = (files: string[], words = english) =>
      heldText({ kind: 'answering' }, { ...facts, files }, { words }).detail.split('\n')
    expect(linesOf(['/home/ada/plan.md']).slice(0, 2)).toEqual(['File to open: plan.md', 'PID: 4242'])
    expect(linesOf(['C:\\a\\plan.md', '/b', '/c'])[0]).toBe('Files to open: plan.md and 2 more')
    expect(linesOf(['/a/plan.md', '/b'], german)[0]).toBe('Zu öffnende Dateien: plan.md und 1 weitere')
    expect(linesOf([`/a/\u202e\n${'x'.repeat(200)}`])[0]).toBe(`File to open: ??${'x'.repeat(57)}…`)
    expect(linesOf([])[0]).toBe('PID: 4242')
  })

  it('say where the PID is valid if it is not valid here', () => {
    const detailOf = (some: Partial<HeldFacts>) =>
      heldText(cases[0] as HeldCase, { ...facts, ...some }, inEnglish).detail
    expect(detailOf({ place: 'other-host', host: 'nas' })).toContain(
      'another computer, nas. The PID is valid only there.',
    )
    expect(detailOf({ place: 'other-pid-namespace' })).toContain('outside this container or sandbox')
    expect(detailOf({})).not.toContain('valid')
  })

  it('say that the owner belongs to another user', () => {
    const detailOf = (isOtherUser: boolean) =>
      heldText({ kind: 'no-server' }, { ...facts, isOtherUser }, inEnglish).detail
    expect(detailOf(true)).toContain('Another user of this computer has opened it.')
    expect(detailOf(false)).not.toContain('Another user')
  })

  it('name the screen of the owner if it is another one and the owner can be shown', () => {
    const detailOf = (now: HeldCase, words = english) =>
      heldText(now, { ...facts, otherScreen: ':1' }, { words }).detail
    expect(detailOf({ kind: 'answering' })).toMatch(
      /^It is open on another screen or in another session \(:1\)\./,
    )
    expect(detailOf({ kind: 'answering' }, german)).toMatch(
      /^Das Programm ist auf einem anderen Bildschirm .* \(:1\)\./,
    )
    expect(detailOf({ kind: 'no-server' })).not.toContain(':1')
    expect(heldText({ kind: 'answering' }, facts, inEnglish).detail).not.toContain('screen')
  })

  it('begin with the result of the button that was pressed before', () => {
    const text = heldText({ kind: 'answering' }, facts, inEnglish, { refused: 'not now' })
    expect(text.detail.split('\n')[0]).toBe('Its window couldn’t be shown: not now')
  })
})

describe('the languages', () => {
  it('are replaced by the words of the app', () => {
    const words = chooseLanguage('en', { quit: 'Leave' }).words
    expect(heldText({ kind: 'answering' }, facts, { words }).buttons.at(-1)?.label).toBe('Leave')
  })

  it('have all braces filled in, in every case and place', () => {
    for (const words of [english, german]) {
      for (const now of cases) {
        for (const place of ['here', 'other-host', 'other-pid-namespace'] as const) {
          const text = heldText(now, { ...facts, place, host: 'nas' }, { words }, { notEnded: 'EPERM' })
          expect(`${text.message}${text.detail}${text.buttons.map(({ label }) => label)}`).not.toMatch(/[{}]/)
        }
      }
      expect(endQuestion(facts, words).detail).toContain('PID: 4242')
    }
  })
})

describe('writing from right to left', () => {
  it('isolates only what is filled in', () => {
    const hebrew = chooseLanguage('en', { answering: '{product} כבר פתוח.' }).words
    expect(heldText({ kind: 'answering' }, facts, { words: hebrew }).message).toBe(
      '\u2068Notes\u2069 כבר פתוח.',
    )
    const detail = heldText({ kind: 'answering' }, { ...facts, dir: '/home/דנה/data' }, inEnglish).detail
    expect(detail).toContain('Data folder: \u2068/home/דנה/data\u2069')
    expect(heldText({ kind: 'answering' }, facts, inEnglish).message).not.toMatch(/[\u2066-\u2069]/)
  })

  it('leaves no invisible marks in the copied text', () => {
    const text = heldText({ kind: 'answering' }, { ...facts, dir: '/home/דנה/data' }, inEnglish)
    expect(heldDetails(text)).toContain('Data folder: /home/דנה/data')
  })
})

describe('a store that is in use elsewhere', () => {
  const owner = {
    app: 'Notes',
    host: 'desk-12',
    user: 'ana',
    pid: 7,
    since: new Date('2026-03-04T05:06:07Z'),
  }

  it.each([
    ['en', 'Your Notes data is already in use elsewhere.', 'Computer: desk-12\nUser: ana\nPID: 7\nStarted: '],
    [
      'de',
      'Die Daten von Notes werden bereits an anderer Stelle verwendet.',
      'Computer: desk-12\nBenutzer: ana\nPID: 7\nGestartet: ',
    ],
  ])('is named in the language %s', (locale, message, facts) => {
    const text = elsewhereText(
      owner,
      { product: 'Notes', dir: '/data' },
      { words: chooseLanguage(locale).words, locale },
    )
    expect(text.message).toBe(message)
    expect(text.detail).toContain(facts)
    expect(text.detail).toContain('/data')
    expect(text.buttons.map(({ action }) => action)).toEqual(['tryAgain', 'copyDetails', 'quit'])
  })

  it('leaves out what is not known, and cleans what comes from there', () => {
    const text = elsewhereText({ host: 'desk\u202e\n12' }, { product: 'Notes', dir: '/data' }, inEnglish)
    expect(text.message).toBe('Your Notes data is already in use elsewhere.')
    expect(text.detail).not.toMatch(/User|Started|\u202e/)
    expect(text.detail).toContain('Computer: desk')
  })
})
