import type { HeldWords } from './held-words.ts'

export const german: HeldWords = {
  pid: ' (PID {number})',
  answering: '{product} läuft bereits{pid}.',
  answeringOther: 'Die Daten von {product} benutzt gerade {app}{pid}.',
  starting: '{app} startet gerade{pid}.',
  migrating: '{app} bringt seine Daten auf den neuesten Stand, {done} von {total}{pid}.',
  asking: '{app} wartet auf eine Antwort{pid}.',
  silent: '{app} antwortet seit {time} nicht{pid}.',
  quitting: '{app} wird gerade beendet{pid}.',
  noServer: 'Die Daten von {product} benutzt gerade {app}{pid}.',
  elsewhere: '{app} hat diese Daten an anderer Stelle geöffnet{pid}.',
  anotherProgram: 'ein anderes Programm',

  soon: 'Das Fenster kommt nach vorn, sobald es da ist.',
  askingAdvice:
    'Die Frage steht in einem eigenen Dialog, vielleicht hinter anderen Fenstern oder auf einer anderen Arbeitsfläche. Nach der Antwort geht es hier weiter.',
  silentAdvice:
    'Vielleicht ist es nur beschäftigt; dieses Fenster meldet, wenn es wieder antwortet. Beim Beenden geht verloren, was es nicht gespeichert hat.',
  opensAfterwards: '{product} wird hier geöffnet, sobald das erledigt ist.',
  otherScreen:
    'Es ist auf einem anderen Bildschirm oder in einer anderen Sitzung geöffnet, {screen}. Beim Anzeigen kommt das Fenster dort nach vorn, nicht hier.',

  version: 'Version: {value}',
  started: 'Gestartet: {value}',
  program: 'Programm: {value}',
  folder: 'Datenordner: {value}',
  otherHost: 'Es läuft auf einem anderen Computer, {host}; die PID gilt dort.',
  otherHostUnnamed: 'Es läuft auf einem anderen Computer; die PID gilt dort.',
  otherNamespace:
    'Es läuft außerhalb dieses Containers oder dieser Sandbox, oder in anderen; die PID gilt dort.',
  computer: 'Computer: {value}',
  user: 'Benutzer: {value}',
  otherUser: 'Ein anderer Benutzer dieses Computers hat es geöffnet.',

  show: '{app} anzeigen',
  tryAgain: 'Erneut versuchen',
  endProcess: 'Prozess beenden …',
  copyDetails: 'Details kopieren',
  quit: 'Schließen',

  refused: 'Die Antwort: {reason}',
  noWindow: 'Es hat kein Fenster, das sich zeigen ließe.',
  noAnswer: 'Es hat nicht geantwortet.',
  notEnded: 'Es ließ sich nicht beenden: {reason}',

  endQuestion: '{app}{pid} beenden?',
  endConsequence:
    'Was es nicht gespeichert hat, geht verloren. Zuerst wird es gebeten, sich zu schließen; hat es nach 5 Sekunden nicht damit begonnen oder ist es nach 30 nicht fertig, wird es zwangsweise beendet.',
  endConfirm: 'Prozess beenden',
  endCancel: 'Abbrechen',
}
