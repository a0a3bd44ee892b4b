/**
 * address-isemail: addresses with their diagnoses. idna-uts46: Unicode's own test of UTS 46.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AddressStanding,
  type Diagnosis,
  type DomainParse,
  diagnoseAddress,
  toALabel,
  toULabel,
} from 'mailwright/address';
import { type Case, filesOf, suite } from './suite.ts';

suite('address-isemail', 'address-isemail', function* (folder) {
  for (const file of filesOf(folder, '.xml')) {
    for (const element of readFileSync(join(folder, file), 'utf8').split('<test ').slice(1)) {
      yield isemailCase(`${file}:${/id="(\d+)"/.exec(element)?.[1]}`, element);
    }
  }
});

function isemailCase(name: string, element: string): Case {
  // The control picture U+2400 + n stands for the control character n.
  const address = content(element, 'address').replace(/[\u2400-\u241F]/g, (picture) =>
    String.fromCharCode(picture.charCodeAt(0) - 0x2400),
  );
  const category = content(element, 'category').replace('ISEMAIL_', '');
  const diagnosis = content(element, 'diagnosis').replace('ISEMAIL_', '');
  // The suite asks DNS: a domain that exists makes an address VALID, one that does not a DNSWARN, and a
  // single label is called a top-level domain only where it does not exist. We look nothing up.
  if (category === 'DNSWARN' || category === 'VALID_CATEGORY') {
    const expected = address.includes('.', address.lastIndexOf('@')) ? 'valid' : 'top-level-domain';
    return { name, check: () => assert.equal(diagnoseAddress(address).diagnosis, expected, address) };
  }
  return {
    name,
    check() {
      const { mailbox: _, ...found } = diagnoseAddress(address);
      // One file has the old category of this one; meta.xml, newer than both, says DEPREC.
      const standing = categories[diagnosis === 'RFC5321_IPV6DEPRECATED' ? 'DEPREC' : category];
      const expected = { standing, diagnosis: names[diagnosis] };
      assert.deepEqual(
        found,
        expected,
        `${JSON.stringify(address)}: ${found.diagnosis}, not ${expected.diagnosis}`,
      );
    },
  };
}

function content(element: string, tag: string): string {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(element)?.[1] ?? '';
  return text
    .replace(/&#(?:x([0-9A-Fa-f]+)|([0-9]+));/g, (_, hex, decimal) =>
      String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
    )
    .replace(/&(lt|gt|quot|apos|amp);/g, (_, entity) => entities[entity] ?? '');
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** isemail's names of the standings. */
const categories: Record<string, AddressStanding> = {
  RFC5321: 'unusual',
  CFWS: 'header-only',
  DEPREC: 'deprecated',
  RFC5322: 'rfc5322-only',
  ERR: 'invalid',
};

/** isemail's names of the diagnoses. */
const names: Record<string, Diagnosis> = {
  RFC5321_TLD: 'top-level-domain',
  RFC5321_TLDNUMERIC: 'numeric-top-level-domain',
  RFC5321_QUOTEDSTRING: 'quoted-string',
  RFC5321_ADDRESSLITERAL: 'address-literal',
  RFC5321_IPV6DEPRECATED: 'ipv6-single-elision',
  CFWS_COMMENT: 'comment',
  CFWS_FWS: 'folding-white-space',
  DEPREC_LOCALPART: 'obsolete-local-part',
  DEPREC_FWS: 'obsolete-folding',
  DEPREC_QTEXT: 'obsolete-quoted-text',
  DEPREC_QP: 'obsolete-quoted-pair',
  DEPREC_COMMENT: 'obsolete-comment',
  DEPREC_CTEXT: 'obsolete-comment-text',
  DEPREC_CFWS_NEAR_AT: 'comment-near-at',
  RFC5322_DOMAIN: 'domain-characters',
  RFC5322_TOOLONG: 'address-length',
  RFC5322_LOCAL_TOOLONG: 'local-part-length',
  RFC5322_DOMAIN_TOOLONG: 'domain-length',
  RFC5322_LABEL_TOOLONG: 'label-length',
  RFC5322_DOMAINLITERAL: 'domain-literal',
  RFC5322_DOMLIT_OBSDTEXT: 'obsolete-domain-literal',
  RFC5322_IPV6_GRPCOUNT: 'ipv6-group-count',
  RFC5322_IPV6_2X2XCOLON: 'ipv6-two-elisions',
  RFC5322_IPV6_BADCHAR: 'ipv6-bad-group',
  RFC5322_IPV6_MAXGRPS: 'ipv6-too-many-groups',
  RFC5322_IPV6_COLONSTRT: 'ipv6-leading-colon',
  RFC5322_IPV6_COLONEND: 'ipv6-trailing-colon',
  ERR_EXPECTING_DTEXT: 'bad-literal-character',
  ERR_NOLOCALPART: 'no-local-part',
  ERR_NODOMAIN: 'no-domain',
  ERR_CONSECUTIVEDOTS: 'consecutive-dots',
  ERR_ATEXT_AFTER_CFWS: 'text-after-comment',
  ERR_ATEXT_AFTER_QS: 'text-after-quoted-string',
  ERR_ATEXT_AFTER_DOMLIT: 'text-after-literal',
  ERR_EXPECTING_QPAIR: 'bad-quoted-pair',
  ERR_EXPECTING_ATEXT: 'bad-character',
  ERR_EXPECTING_QTEXT: 'bad-quoted-character',
  ERR_EXPECTING_CTEXT: 'bad-comment-character',
  ERR_BACKSLASHEND: 'trailing-backslash',
  ERR_DOT_START: 'leading-dot',
  ERR_DOT_END: 'trailing-dot',
  ERR_DOMAINHYPHENSTART: 'leading-hyphen',
  ERR_DOMAINHYPHENEND: 'trailing-hyphen',
  ERR_UNCLOSEDQUOTEDSTR: 'unclosed-quoted-string',
  ERR_UNCLOSEDCOMMENT: 'unclosed-comment',
  ERR_UNCLOSEDDOMLIT: 'unclosed-literal',
  ERR_FWS_CRLF_X2: 'consecutive-folds',
  ERR_FWS_CRLF_END: 'trailing-fold',
  ERR_CR_NO_LF: 'bare-cr',
};

suite('idna-uts46', 'idna-uts46', function* (folder) {
  for (const file of filesOf(folder, '.txt')) {
    for (const [index, line] of readFileSync(join(folder, file), 'utf8').split('\n').entries()) {
      const columns = line.replace(/#.*/s, '').split(';');
      if (columns.length >= 4)
        yield idnaCase(
          `${file}:${index + 1}`,
          columns.map((column) => column.trim()),
        );
    }
  }
});

/** Columns: type, source, toUnicode, toASCII; blank means as the one before, brackets hold error codes. */
function idnaCase(name: string, columns: readonly string[]): Case {
  const [type = '', source = '', unicode = '', ascii = ''] = columns;
  const given = unescapeColumn(source);
  const unicodeColumn = unicode === '' ? source : unicode;
  const asciiColumn = ascii === '' ? unicodeColumn : ascii;
  return {
    name,
    skip: toULabel(given).ok && isOfOlderUnicode(given, unicodeColumn) ? 'Unicode has changed' : undefined,
    check() {
      expectDomain(toULabel(given), unicodeColumn, given);
      // Transitional processing has been withdrawn (UTS 46 §2.3), and is not offered.
      if (type !== 'T') expectDomain(toALabel(given), asciiColumn, given);
    },
  };
}

function expectDomain(parsed: DomainParse, column: string, given: string): void {
  const expected = column.startsWith('[') ? 'refused' : unescapeColumn(column);
  assert.equal(
    parsed.ok ? parsed.domain : 'refused',
    expected,
    `${JSON.stringify(given)} ${column} ${JSON.stringify(parsed)}`,
  );
}

function unescapeColumn(column: string): string {
  return column.replace(/\\u([0-9A-F]{4})|\\x\{([0-9A-F]+)\}/g, (_, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    return code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
  });
}

/**
 * The file is that of Unicode 10; the runtime's tables are newer. A case differs with reason when it
 * complains of a code point's status (P1, V6), and holds a code point whose status has changed since.
 */
function isOfOlderUnicode(given: string, column: string): boolean {
  if (!/^\[.*(?:P1|V6)/.test(column)) return false;
  const decoded = given.replace(/xn--[a-z0-9-]+/gi, (label) => {
    const parsed = toULabel(label);
    return parsed.ok ? parsed.domain : label;
  });
  return changedStatus.test(decoded) || assignedLater.test(decoded);
}

/** Disallowed in Unicode 10; mapped (capitals), ignored (fillers) or valid (`≠≮≯` and their parts) now. */
const changedStatus =
  /[\u04C0\u10A0-\u10C5\u10C7\u10CD\u2132\u2183\u115F\u1160\u17B4\u17B5\u3164\uFFA0\u{1D173}-\u{1D17A}\u2260\u226E\u226F]|[=<>]\u0338/u;

/** Scripts and blocks that Unicode 11 to 17 added. */
const assignedLater =
  /[\p{Script=Dogra}\p{Script=Gunjala_Gondi}\p{Script=Hanifi_Rohingya}\p{Script=Makasar}\p{Script=Medefaidrin}\p{Script=Old_Sogdian}\p{Script=Sogdian}\p{Script=Elymaic}\p{Script=Nandinagari}\p{Script=Nyiakeng_Puachue_Hmong}\p{Script=Wancho}\p{Script=Chorasmian}\p{Script=Dives_Akuru}\p{Script=Khitan_Small_Script}\p{Script=Yezidi}\p{Script=Cypro_Minoan}\p{Script=Old_Uyghur}\p{Script=Tangsa}\p{Script=Toto}\p{Script=Vithkuqi}\p{Script=Kawi}\p{Script=Nag_Mundari}\u{105C0}-\u{105FF}\u{10940}-\u{1095F}\u{10D40}-\u{10D8F}\u{11380}-\u{113FF}\u{11BC0}-\u{11BFF}\u{11DB0}-\u{11DEF}\u{16100}-\u{1613F}\u{16D40}-\u{16D7F}\u{16EA0}-\u{16EDF}\u{18B00}-\u{18DFF}\u{1E5D0}-\u{1E5FF}\u{1E6C0}-\u{1E6FF}\u{2EBF0}-\u{2EE5D}\u{30000}-\u{33479}\u{13430}-\u{143FF}\u{1CC00}-\u{1CEFF}\u{1DF00}-\u{1DFFF}\u{1FA00}-\u{1FBFF}]/u;
