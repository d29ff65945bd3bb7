import { Names } from './names.ts'
import { compile, type Statement } from './statements.ts'
import type { Action, Call, Limit, Step } from './steps.ts'

const names = new Names(0)

/** A list of steps as readable text: one line per step, with SQL. */
export function textOf(steps: readonly Step[]): string {
  return steps.map((step, index) => `  ${index}. ${step.step}: ${detailsOf(step)}`).join('\n')
}

function detailsOf(step: Step): string {
  switch (step.step) {
    case 'queries':
    case 'connection':
      return step.calls.map(callText).join(' | ')
    case 'batch':
      return step.statements.map(statementText).join(' | ') + limitText(step.limit)
    case 'outside':
      return step.statements.map(statementText).join(' | ')
    case 'snapshot':
      return `${step.statements.map(statementText).join(' | ')}${step.isLast ? ' | closed' : ''}`
    case 'transaction':
      return [...step.actions.map(actionText), step.end].join(' | ')
    case 'stream': {
      const left = step.leaveAfter === undefined ? '' : `, left after ${step.leaveAfter} rows`
      const meanwhile = step.meanwhile ? ` | meanwhile ${statementText(step.meanwhile)}` : ''
      return `${callText(step.call)} in chunks of ${step.chunkSize}${left}${meanwhile}`
    }
  }
}

function actionText(action: Action): string {
  if (action.do !== 'run') return `${action.do} ${action.savepoint}`
  return `${callText(action.call)}${action.isCaught ? ' (caught)' : ''}`
}

function callText({ statement, limit }: Call): string {
  return statementText(statement) + limitText(limit)
}

function limitText(limit: Limit | undefined): string {
  if (!limit) return ''
  return ` [${limit.by} ${typeof limit.at === 'number' ? `after ${limit.at} ms` : limit.at}]`
}

function statementText(statement: Statement): string {
  const { sql, parameters } = compile(statement, names)
  const bound = parameters.length === 0 ? '' : ` <- ${parameters.map(parameterText).join(', ')}`
  return sql.replaceAll(/\s+/g, ' ').replaceAll('_0"', '"') + bound
}

function parameterText(parameter: unknown): string {
  if (typeof parameter === 'string') return JSON.stringify(parameter)
  if (typeof parameter === 'bigint') return `${parameter}n`
  if (ArrayBuffer.isView(parameter)) return `${parameter.constructor.name}(${parameter.byteLength})`
  return String(parameter)
}
