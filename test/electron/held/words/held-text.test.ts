import { describe, expect, it } from 'vitest'
import { english } from '../../../../src/main/electron/held/words/english.ts'
import { german } from '../../../../src/main/electron/held/words/german.ts'
import {
  chooseWords,
  elsewhereText,
  endQuestion,
  type HeldCase,
  type HeldFacts,
  heldDetails,
  heldText,
} from '../../../../src/main/electron/held/words/held-text.ts'

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
  it('says in each case what the owner is doing, and its PID', () => {
    expect(cases.map((now) => messageOf(now))).toEqual([
      'Notes is already running (PID 4242).',
      'Notes is starting (PID 4242).',
      'Notes is updating its data, 3 of 7 (PID 4242).',
      'Notes is waiting for an answer (PID 4242).',
      'Notes has not answered since 15:06:07 (PID 4242).',
      'Notes is closing (PID 4242).',
      'The data of Notes is in use by Notes (PID 4242).',
    ])
  })

  it('names another program as the kernel does', () => {
    expect(messageOf({ kind: 'no-server' }, { app: undefined, program: 'flock' })).toBe(
      'The data of Notes is in use by flock (PID 4242).',
    )
    expect(messageOf({ kind: 'answering' }, { app: 'Other Notes' })).toBe(
      'The data of Notes is in use by Other Notes (PID 4242).',
    )
  })

  it('leaves the PID out if it is not known', () => {
    expect(messageOf({ kind: 'no-server' }, { app: undefined, program: undefined, pid: undefined })).toBe(
      'The data of Notes is in use by another program.',
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
})

describe('the details', () => {
  it('are the facts, one per line', () => {
    expect(heldText({ kind: 'answering' }, facts, { words: english, locale: 'en-GB' }).detail).toMatch(
      /^Version: 1\.2\.3\nStarted: \d+ Mar 2026, \d\d:\d\d\nProgram: \/opt\/Notes\/notes\nData folder: \/home\/ada\/\.config\/Notes\/data$/,
    )
  })

  it('say where the PID is valid if it is not valid here', () => {
    const detailOf = (some: Partial<HeldFacts>) =>
      heldText(cases[0] as HeldCase, { ...facts, ...some }, inEnglish).detail
    expect(detailOf({ place: 'other-host', host: 'nas' })).toContain(
      'another computer, nas; the PID counts there',
    )
    expect(detailOf({ place: 'other-pid-namespace' })).toContain('outside of this container or sandbox')
    expect(detailOf({})).not.toContain('counts')
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
      /^It is open on another screen or in another session, :1\./,
    )
    expect(detailOf({ kind: 'answering' }, german)).toMatch(/^Es ist auf einem anderen Bildschirm .*, :1\./)
    expect(detailOf({ kind: 'no-server' })).not.toContain(':1')
    expect(heldText({ kind: 'answering' }, facts, inEnglish).detail).not.toContain('screen')
  })

  it('begin with the result of the button that was pressed before', () => {
    const text = heldText({ kind: 'answering' }, facts, inEnglish, { refused: 'not now' })
    expect(text.detail.split('\n')[0]).toBe('It says: not now')
  })
})

describe('the languages', () => {
  it('are chosen by the locale, and are English if that is not built in', () => {
    expect(chooseWords('de-CH')).toEqual(german)
    expect(chooseWords('DE')).toEqual(german)
    expect(chooseWords('fr')).toEqual(english)
    expect(chooseWords('')).toEqual(english)
  })

  it('are replaced by the words of the app', () => {
    const words = chooseWords('en', { quit: 'Leave' })
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
      expect(endQuestion(facts, words).message).toContain('4242')
    }
  })

  it('use the same placeholders', () => {
    const holes = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const key of Object.keys(english) as (keyof typeof english)[]) {
      expect([key, holes(german[key])]).toEqual([key, holes(english[key])])
    }
  })
})

describe('writing from right to left', () => {
  it('isolates only what is filled in', () => {
    const hebrew = chooseWords('en', { answering: '{product} כבר פועל{pid}.', pid: ' (PID {number})' })
    expect(heldText({ kind: 'answering' }, facts, { words: hebrew }).message).toBe(
      '\u2068Notes\u2069 כבר פועל\u2068 (PID 4242)\u2069.',
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
    ['en', 'Notes has this data open elsewhere (PID 7).', 'Computer: desk-12\nUser: ana\nStarted: '],
    [
      'de',
      'Notes hat diese Daten an anderer Stelle geöffnet (PID 7).',
      'Computer: desk-12\nBenutzer: ana\nGestartet: ',
    ],
  ])('is named in the language %s', (locale, message, facts) => {
    const text = elsewhereText(
      owner,
      { product: 'Notes', dir: '/data' },
      { words: chooseWords(locale), locale },
    )
    expect(text.message).toBe(message)
    expect(text.detail).toContain(facts)
    expect(text.detail).toContain('/data')
    expect(text.buttons.map(({ action }) => action)).toEqual(['tryAgain', 'copyDetails', 'quit'])
  })

  it('leaves out what is not known, and cleans what comes from there', () => {
    const text = elsewhereText({ host: 'desk\u202e\n12' }, { product: 'Notes', dir: '/data' }, inEnglish)
    expect(text.message).toBe('Notes has this data open elsewhere.')
    expect(text.detail).not.toMatch(/User|Started|\u202e/)
    expect(text.detail).toContain('Computer: desk')
  })
})
