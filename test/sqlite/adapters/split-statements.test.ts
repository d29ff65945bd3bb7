import { expect, test } from 'vitest'
import { splitStatements } from '../../../src/main/sqlite/adapters/split-statements.ts'

const trigger = `create trigger t after insert on a when new.x > case 1 when 1 then 0 end begin
  update a set x = case x when 1 then 2 end; -- end;
  delete from b where y = 'end;'; ; END`

test.each([
  ['two statements', 'select 1; select 2', ['select 1', 'select 2']],
  ['empty statements and a comment', ';; select 1 ;\n-- select 2;\n /* ; */ ; ', ['select 1']],
  ['a comment that is not closed', 'select 1; /* select 2; ', ['select 1']],
  [
    'comments around a statement and in it',
    '-- one;\nselect /* ; */ 1 -- one;\n; /* two */ select 2',
    ['select /* ; */ 1', 'select 2'],
  ],
  ['quotes', `select ';''' ";""", \`;\`, [;] ; select 2`, [`select ';''' ";""", \`;\`, [;]`, 'select 2']],
  ['a quote that is not closed', `select 1; select ';`, ['select 1', `select ';`]],
  ['a trigger', `${trigger}; select 1`, [trigger, 'select 1']],
  [
    'a temporary trigger',
    `${trigger.replace('create', 'CREATE Temp')}; select 1`,
    [trigger.replace('create', 'CREATE Temp'), 'select 1'],
  ],
  ['an explained trigger', `explain query plan ${trigger};`, [`explain query plan ${trigger}`]],
  [
    'a table called trigger',
    'create table trigger_log (x); select 1',
    ['create table trigger_log (x)', 'select 1'],
  ],
  [
    'a transaction',
    'begin; insert into a values (1); end; select 1',
    ['begin', 'insert into a values (1)', 'end', 'select 1'],
  ],
  ['words of other scripts', 'create table ÄÖ (x); select 1', ['create table ÄÖ (x)', 'select 1']],
  ['nothing', '', []],
])('a text with %s is split where SQLite ends a statement', (_what, text, statements) => {
  expect(splitStatements(text)).toEqual(statements)
})
