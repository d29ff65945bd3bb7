import { expect, test } from 'vitest'
import { transactionControl } from '../../../src/main/sqlite/adapters/transaction-control.ts'

test.each([
  ['begin', 'begin'],
  ['BEGIN;', 'begin'],
  ['begin immediate transaction ;', 'begin'],
  ['begin\n  exclusive', 'begin'],
  ['COMMIT;', 'commit'],
  ['end transaction', 'commit'],
  ['ROLLBACK', 'rollback'],
  ['rollback transaction;', 'rollback'],
  ['savepoint sp0', 'savepoint'],
  ['SAVEPOINT trx2;', 'savepoint'],
  ['release savepoint sp0', 'savepoint'],
  ['release "a ""b"', 'savepoint'],
  ['rollback to savepoint sp0', 'savepoint'],
  ['ROLLBACK TRANSACTION TO `x`', 'savepoint'],
])('%j controls a transaction: %s', (sql, control) => {
  expect(transactionControl(sql)).toBe(control)
})

test.each([
  'begin; insert into note (text) values (1)',
  'savepoint a; commit',
  'savepoint',
  'beginning',
  'select 1',
  'attach database a as b',
  '',
])('%j is not one such statement', (sql) => {
  expect(transactionControl(sql)).toBeUndefined()
})
