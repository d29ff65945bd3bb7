// @ts-check
import { createServer } from 'node:net'

/** What she answers to whatever arrives. `undefined` is no answer, and then the owner is silent. */
const answers = [
  undefined,
  undefined,
  undefined,
  undefined,
  '{"v":1,"type":"launched","outcome":"focused"}\n',
  '{"v":1,"type":"status","status":{"state":"ready","silentFor":60000,"pid":1}}\n',
  'nonsense',
  '',
]

/** Sockets of the hostile user. All that arrives is searched for the mark. */
export class HerSockets {
  #onMark
  /** @type {import('node:net').Server[]} */
  #servers = []
  /** @type {Set<import('node:net').Socket>} */
  #callers = new Set()

  /** @param {(path: string) => void} onMark a stranger has got what no stranger may get */
  constructor(onMark) {
    this.#onMark = onMark
  }

  /**
   * @param {string} path
   * @param {string} mark
   * @param {number} draw from 0 to 1, for the answer
   * @returns {Promise<void>} when it listens; rejected if the path is in use
   */
  listen(path, mark, draw) {
    const answer = answers[Math.floor(draw * answers.length)]
    const server = createServer((socket) => this.#meet(socket, path, mark, answer))
    this.#servers.push(server)
    return new Promise((resolve, reject) => server.once('error', reject).listen(path, resolve))
  }

  /**
   * @param {import('node:net').Socket} socket
   * @param {string} path
   * @param {string} mark
   * @param {string | undefined} answer
   */
  #meet(socket, path, mark, answer) {
    this.#callers.add(socket)
    let heard = ''
    socket.setEncoding('latin1').on('data', (text) => {
      heard += text
      if (heard.includes(mark)) this.#onMark(path)
      if (answer === '') socket.destroy()
      else if (answer) socket.write(answer)
    })
    socket.on('error', () => undefined).on('close', () => this.#callers.delete(socket))
  }

  close() {
    for (const server of this.#servers.splice(0)) server.close()
    for (const socket of this.#callers) socket.destroy()
  }
}
