import type { HeldWords } from './held-words.ts'

export const german: HeldWords = {
  answering: '{product} ist bereits geöffnet.',
  answeringOther: '{app} verwendet gerade die Daten von {product}.',
  starting: '{app} wird gerade gestartet.',
  migrating: '{app} aktualisiert gerade seine Daten ({done} von {total}).',
  asking: '{app} wartet auf Ihre Antwort.',
  silent: '{app} reagiert nicht.',
  quitting: '{app} wird gerade beendet.',
  noServer: '{app} verwendet gerade die Daten von {product}.',
  elsewhere: 'Die Daten von {product} sind bereits an anderer Stelle geöffnet.',
  anotherProgram: 'Ein anderes Programm',

  soon: 'Das Fenster erscheint, sobald es bereit ist.',
  askingAdvice:
    'Die Frage steht in einem anderen Fenster. Es kann hinter diesem oder auf einer anderen Arbeitsfläche liegen. Nach Ihrer Antwort geht es mit {product} weiter.',
  silentAdvice:
    'Vielleicht ist das Programm nur beschäftigt. Diese Meldung ändert sich, sobald {app} wieder reagiert. Wenn Sie den Prozess beenden, gehen nicht gespeicherte Änderungen verloren.',
  opensAfterwards: '{product} wird hier geöffnet, sobald die Daten nicht mehr verwendet werden.',
  otherScreen:
    'Das Programm ist auf einem anderen Bildschirm oder in einer anderen Sitzung geöffnet ({screen}). Beim Anzeigen erscheint das Fenster dort, nicht hier.',

  pid: 'PID: {value}',
  silentSince: 'Reagiert nicht seit: {value}',
  version: 'Version: {value}',
  started: 'Gestartet: {value}',
  program: 'Programm: {value}',
  folder: 'Datenordner: {value}',
  otherHost: 'Das Programm läuft auf einem anderen Computer, {host}. Die PID gilt nur dort.',
  otherHostUnnamed: 'Das Programm läuft auf einem anderen Computer. Die PID gilt nur dort.',
  otherNamespace:
    'Das Programm läuft außerhalb dieses Containers oder dieser Sandbox oder in einem anderen Container. Die PID gilt nur dort.',
  computer: 'Computer: {value}',
  user: 'Benutzer: {value}',
  otherUser: 'Ein anderer Benutzer dieses Computers hat das Programm geöffnet.',

  show: '{app} an&zeigen',
  tryAgain: '&Erneut versuchen',
  endProcess: '&Prozess beenden …',
  copyDetails: 'Details &kopieren',
  quit: '&Schließen',

  refused: 'Antwort: {reason}',
  noWindow: 'Das Programm hat kein Fenster, das angezeigt werden kann.',
  noAnswer: 'Das Programm hat nicht reagiert.',
  notEnded: 'Der Prozess konnte nicht beendet werden: {reason}',

  endQuestion: 'Den Prozess von {app} beenden?',
  endConsequence:
    'Nicht gespeicherte Änderungen gehen verloren. {app} wird zuerst zum Beenden aufgefordert. Wenn das nach 5 Sekunden nicht begonnen hat oder nach 30 Sekunden nicht abgeschlossen ist, wird das Beenden erzwungen.',
  endConfirm: '&Prozess beenden',
  endCancel: '&Abbrechen',
  ending: 'Der Prozess von {app} wird beendet.',
  endingAdvice: 'Das kann etwa eine halbe Minute dauern.',
}
