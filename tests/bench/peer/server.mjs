// The peer of `make bench`: the same two requests as plainly as Node does them: Express, better-sqlite3, SQL by hand, no
// validation and no documents of the API. The same pragmas, the same number of rows, the same sealing of personal data.
// Reads its members as JSON from standard input; prints its address.
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import express from 'express';

const key = crypto.randomBytes(32);
const seal = (text) => {
  const nonce = crypto.randomBytes(12);
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
};
const open = (sealed) => {
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
};
const digest = (token) => crypto.createHash('sha256').update(token).digest();

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'peer-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
const db = new Database(path.join(folder, 'peer.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.exec(`
  create table session (token_hash blob primary key, account_id text, member_id text, expires_at text) without rowid;
  create table account (id text primary key, name text unique);
  create table member (id text primary key, account_id text, mobile blob, wechat text);
  create index member_wechat on member (wechat);
  create table person (id text primary key, member_id text unique, status text, fields blob);
  create table company (id text primary key, account_id text unique, status text, role text, applicant_id text, fields blob, reading blob);
  create table company_paper (id text primary key, company_id text, kind text);
  create index paper_company on company_paper (company_id);
  create table event (id text primary key, at text, name text, subject_id text, account_id text, actor text);
  create index event_account on event (account_id, id);
  create index event_subject on event (subject_id, id);
`);

const fields = JSON.stringify({
  name: '王芳', resident_id: '11010519491231002X', address: '福建省福州市样例路 1 号', valid_from: '2020-01-01', valid_until: null,
});
const members = JSON.parse(fs.readFileSync(0, 'utf8'));
db.transaction(() => {
  const until = new Date(Date.now() + 86_400_000).toISOString();
  for (const [i, { account, member, token }] of members.entries()) {
    db.prepare('insert into session values (?, ?, ?, ?)').run(digest(token), account, member, until);
    db.prepare('insert into account values (?, ?)').run(account, `account${i}`);
    db.prepare('insert into member values (?, ?, ?, ?)').run(member, account, seal(`1991000${i}`), `wechat${i}`);
    db.prepare('insert into person values (?, ?, ?, ?)').run(crypto.randomUUID(), member, 'verified', seal(fields));
  }
})();

const sql = {
  session: db.prepare('select account_id, member_id from session where token_hash = ? and expires_at > ?'),
  account: db.prepare('select name from account where id = ?'),
  member: db.prepare('select mobile, wechat from member where id = ? and account_id = ?'),
  belongs: db.prepare('select member.id, account.name from member join account on account.id = member.account_id where member.wechat = ?'),
  person: db.prepare('select status, fields from person where member_id = ?'),
  company: db.prepare('select * from company where account_id = ?'),
  begin: db.prepare('insert into company values (?, ?, ?, ?, ?, ?, ?)'),
  update: db.prepare('update company set role = ?, applicant_id = ?, fields = ? where id = ?'),
  event: db.prepare('insert into event values (?, ?, ?, ?, ?, ?)'),
  papers: db.prepare('select kind from company_paper where company_id = ?'),
};

const signedIn = (request) => {
  const token = request.get('authorization')?.replace('Bearer ', '');
  return token && sql.session.get(digest(token), new Date().toISOString());
};

const LABELS = ['name', 'code', 'legal_form', 'address', 'capital', 'founded', 'valid_until', 'scope', 'representative_name',
  'representative_id_number', 'representative_mobile', 'email', 'has_seal_number', 'seal_number', 'has_representative_seal_number',
  'representative_seal_number'];
const state = (who) => {
  const person = sql.person.get(who.member_id);
  const company = sql.company.get(who.account_id);
  const typed = JSON.parse(open(company.fields));
  const read = JSON.parse(open(company.reading));
  const papers = sql.papers.all(company.id);
  return {
    person_verified: person.status === 'verified',
    status: company.status,
    role: company.role,
    editable: company.status === 'draft',
    fields: LABELS.map((field) => ({
      field, label: field, placeholder: '', text: typed[field] ?? '', origin: read[field] ? 'read' : 'typed', open: true, asked: true,
      must_fix: false,
    })),
    papers: ['business_licence', 'company_seal', 'representative_seal'].map((kind) => ({
      kind, label: kind, hint: '', open: true, must_fix: false, uploaded: papers.some((paper) => paper.kind === kind),
    })),
    longest_field: 200,
  };
};

const choose = db.transaction((who, role, person) => {
  const now = new Date().toISOString();
  const own = sql.company.get(who.account_id);
  const typed = own ? JSON.parse(open(own.fields)) : {};
  if (role === 'representative') typed.representative_name ||= person.name;
  const id = own?.id ?? crypto.randomUUID();
  if (own) sql.update.run(role, who.member_id, seal(JSON.stringify(typed)), id);
  else sql.begin.run(id, who.account_id, 'draft', role, who.member_id, seal(JSON.stringify(typed)), seal('{}'));
  sql.event.run(crypto.randomUUID(), now, 'company.choose_role', id, who.account_id, `member:${who.member_id}`);
});

const app = express();
app.disable('x-powered-by');
app.use(express.json());
app.get('/api/me', (request, response) => {
  const who = signedIn(request);
  if (!who) return response.status(401).json({ code: 'sign_in' });
  const account = sql.account.get(who.account_id);
  const member = sql.member.get(who.member_id, who.account_id);
  const mobile = open(member.mobile);
  response.json({
    member_id: who.member_id,
    account_name: account.name,
    mobile_masked: `${mobile.slice(0, 3)}****${mobile.slice(-4)}`,
    accounts: sql.belongs.all(member.wechat).map((other) => ({
      member_id: other.id, account_name: other.name, current: other.id === who.member_id,
    })),
  });
});
app.post('/api/company/role', (request, response) => {
  const who = signedIn(request);
  if (!who) return response.status(401).json({ code: 'sign_in' });
  const person = sql.person.get(who.member_id);
  if (person?.status !== 'verified') return response.status(409).json({ code: 'person_first' });
  choose.immediate(who, request.body.role, JSON.parse(open(person.fields)));
  response.json(state(who));
});
const server = app.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
